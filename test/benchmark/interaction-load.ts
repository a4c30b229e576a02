import { setTimeout as sleep } from 'node:timers/promises';
import { seededRng } from '../../src/shared/rng.ts';
import { percentile, type Measurement } from './benchmark.ts';
import type { CpuTimes, ServerProcess } from './server-process.ts';
import { createShopRetriever, distinctQueries, fillCollection, searchShop, type ShopSearch } from './synthetic-shop.ts';
import type { Worker } from './worker.ts';

/** What there is to react to, in a fresh shop. */
export const shop = {
  // each search by another user, so that every list teaches a context of its own
  ...{ documents: 300, searches: 3_000, segments: 5, searchesAtOnce: 8, eventsAVisit: 4 },
  types: ['CLICK', 'VIEW', 'ADD_TO_CART', 'WISHLIST', 'BOOKMARK', 'SHARE', 'COPY', 'PURCHASE'],
};

export interface Load {
  how: string;
  clients: number;
  /** Events a call. */
  batch: number;
  /** Events a second at the most; absent: as many as the server takes. */
  aSecond?: number;
}

type Row = Measurement['rows'][number];

const POLL_MS = 200;
const DRAIN_MS = 180_000;
const EVENTS_A_MESSAGE = 20_000;

/** Makes the shop and its searches, and hands what may be done with them to the clients. Nothing waits for ClickHouse then. */
export async function prepareEvents(
  server: ServerProcess,
  clients: Worker,
  say: (line: string) => void,
): Promise<void> {
  const events = await eventsOf(server, say);
  for (let from = 0; from < events.length; from += EVENTS_A_MESSAGE) {
    await clients.tell({ kind: 'events', events: events.slice(from, from + EVENTS_A_MESSAGE) });
  }
  await emptied(server);
}

interface Event {
  executionId: string;
  position: number;
  interactionTypes: string[];
}

/** As many different ones as there are hits and types, a few at a time of each search, as people send them. */
async function eventsOf(server: ServerProcess, say: (line: string) => void): Promise<Event[]> {
  const rng = seededRng('interactions');
  const { collectionId } = await fillCollection(server, shop.documents, rng, say);
  const retrieverId = await createShopRetriever(server, collectionId, 'LEARNED');
  const searches: ShopSearch[] = [];
  const queries = distinctQueries(rng, shop.searches);
  const searcher = async () => {
    for (let query = queries.pop(); query !== undefined; query = queries.pop()) {
      const who = { userId: `user-${queries.length}`, segment: `segment-${queries.length % shop.segments}` };
      searches.push(await searchShop(server, retrieverId, query, who));
    }
  };
  await Promise.all(Array.from({ length: shop.searchesAtOnce }, searcher));
  say(`  ${searches.length} searches to react to`);
  const byVisit = searches.map(({ executionId, hits }) =>
    hits.flatMap(({ position }) => shop.types.map((type) => ({ executionId, position, interactionTypes: [type] }))),
  );
  const visits = Math.max(...byVisit.map((events) => Math.ceil(events.length / shop.eventsAVisit)));
  return Array.from({ length: visits }, (_, visit) => visit * shop.eventsAVisit).flatMap((from) =>
    byVisit.flatMap((events) => events.slice(from, from + shop.eventsAVisit)),
  );
}

interface Sent {
  callMs: number[];
  seconds: number;
  cpuSeconds: number;
}

/** Sends for so many seconds, and waits until nothing of it is left to do. */
export async function sendAll(server: ServerProcess, worker: Worker, load: Load, seconds: number): Promise<void> {
  await send(server, worker, load, seconds);
  await emptied(server);
}

function send(server: ServerProcess, worker: Worker, load: Load, seconds: number): Promise<Sent> {
  const { clients, batch, aSecond } = load;
  const { url, adminKey: key } = server;
  return worker.tell<Sent>({ kind: 'send', url, key, clients, batch, aSecond, seconds });
}

/** Sends for so many seconds, then waits until all of it is in ClickHouse; how far behind that is, is watched meanwhile. */
export async function measureLoad(
  server: ServerProcess,
  worker: Worker,
  load: Load,
  secondsToSend: number,
): Promise<Row> {
  const { how, clients, batch } = load;
  const lags: Lags = { log: [], weights: [] };
  const over = new AbortController();
  const polling = pollLags(server, lags, over.signal);
  const before = server.cpu();
  const startedAt = performance.now();
  const { callMs, seconds, cpuSeconds } = await send(server, worker, load, secondsToSend);
  const cpu = server.cpu();
  await emptied(server);
  const cpuDrained = server.cpu();
  const drainedSeconds = (performance.now() - startedAt) / 1_000;
  over.abort();
  await polling;
  const events = callMs.length * batch;
  return {
    how,
    ...{ clients, events, aSecond: Math.round(events / seconds) },
    ...{ callP50Ms: percentile(callMs, 50), callP99Ms: percentile(callMs, 99) },
    ...{ weightsLagP50Ms: percentile(lags.weights, 50), weightsLagP99Ms: percentile(lags.weights, 99) },
    ...{ logLagP50Ms: percentile(lags.log, 50), logLagP99Ms: percentile(lags.log, 99) },
    drainedASecond: Math.round(events / drainedSeconds),
    ...cpuShares(before, cpu, seconds),
    clientsCpu: Math.round((cpuSeconds / seconds) * 100),
    ...cpuAnEvent(before, cpuDrained, events),
  };
}

/** Percent of a core each, while events were sent. */
function cpuShares(before: CpuTimes, after: CpuTimes, seconds: number): Row {
  const share = (who: keyof CpuTimes) => Math.round(((after[who] - before[who]) / seconds) * 100);
  return {
    ...{ mainThreadCpu: share('main'), otherThreadsCpu: share('threads') },
    ...{ postgresCpu: share('postgres'), clickHouseCpu: share('clickHouse') },
  };
}

/** Microseconds of CPU for an event's whole way, to ClickHouse: what does not depend on who else is busy. */
function cpuAnEvent(before: CpuTimes, after: CpuTimes, events: number): Row {
  const micros = (who: keyof CpuTimes) => Number((((after[who] - before[who]) / events) * 1e6).toFixed(1));
  return {
    ...{ mainThreadMicros: micros('main'), otherThreadsMicros: micros('threads') },
    ...{ postgresMicros: micros('postgres'), clickHouseMicros: micros('clickHouse') },
  };
}

/** Until nothing waits for ClickHouse. */
async function emptied(server: ServerProcess): Promise<void> {
  const giveUpAt = performance.now() + DRAIN_MS;
  while ((await metricsOf(server))('attune_outbox_rows') > 0) {
    if (performance.now() > giveUpAt) throw new Error(`The outbox was not empty after ${DRAIN_MS} ms.`);
    await sleep(POLL_MS / 4);
  }
}

/** Ages, in milliseconds, of the oldest event that is not in the log, and that weights do not know, time after time. */
interface Lags {
  log: number[];
  weights: number[];
}

async function pollLags(server: ServerProcess, lags: Lags, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const metric = await metricsOf(server);
    lags.log.push(metric('attune_outbox_lag_seconds') * 1_000);
    lags.weights.push(metric('attune_posterior_age_seconds') * 1_000);
    await sleep(POLL_MS, undefined, { signal: over }).catch(() => undefined);
  }
}

async function metricsOf({ url, adminKey }: ServerProcess): Promise<(name: string) => number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
  const text = await response.text();
  return (name) => {
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`The server has no metric ${name}.`);
    return Number(value);
  };
}
