import { setTimeout as sleep } from 'node:timers/promises';
import { seededRng } from '../../src/shared/rng.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { percentile, type Measurement } from './benchmark.ts';
import { createShopRetriever, distinctQueries, fillCollection, searchShop, type ShopSearch } from './synthetic-shop.ts';

const parameters = {
  ...{
    documents: 300,
    searches: 600,
    batch: 1_000,
    batchClients: 4,
    batches: 60,
    eventsAVisit: 4,
    singleClients: 64,
    singles: 6_000,
  },
  types: ['CLICK', 'VIEW', 'ADD_TO_CART', 'WISHLIST', 'BOOKMARK', 'SHARE', 'COPY', 'PURCHASE'],
};
const POLL_MS = 200;

interface Event {
  executionId: string;
  position: number;
  interactionTypes: string[];
}

/**
 * Events a second that one server takes and has committed when it answers: a thousand a call, and one a call by many clients;
 * and how far the way to ClickHouse is behind meanwhile. On the embedded engines, and on the pair of servers that
 * ATTUNE_TEST_DATABASE_URL and ATTUNE_TEST_CLICKHOUSE_URL name.
 */
export async function benchmarkInteractions(say: (line: string) => void): Promise<Measurement> {
  const { ATTUNE_TEST_DATABASE_URL: database, ATTUNE_TEST_CLICKHOUSE_URL: clickHouse } = process.env;
  const stores: [string, Record<string, string>][] = [['embedded', {}]];
  if (database !== undefined) {
    const servers = { DATABASE_URL: database, ...(clickHouse !== undefined && { CLICKHOUSE_URL: clickHouse }) };
    stores.push([clickHouse === undefined ? 'Postgres, embedded ClickHouse' : 'Postgres, ClickHouse', servers]);
  }
  const rows = [];
  for (const [name, env] of stores) {
    const attune = await startAttune({ ...env, ...NO_LIMITS });
    try {
      const events = await eventsOf(attune, say);
      const batched = events.splice(0, parameters.batches * parameters.batch);
      const calls = Array.from({ length: parameters.batches }, (_, n) =>
        batched.slice(n * parameters.batch, (n + 1) * parameters.batch),
      );
      rows.push({
        stores: name,
        ...(await measure(attune, 'a thousand a call', calls, parameters.batchClients, sendMany)),
      });
      const singles = events.slice(0, parameters.singles);
      rows.push({ stores: name, ...(await measure(attune, 'one a call', singles, parameters.singleClients, sendOne)) });
      say(`  ${name} measured`);
    } finally {
      await attune.close();
    }
  }
  return { parameters, rows };
}

const NO_LIMITS = { ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0' };

/** As many different ones as there are hits and types. */
async function eventsOf(attune: RunningAttune, say: (line: string) => void): Promise<Event[]> {
  const rng = seededRng('interactions');
  const { collectionId } = await fillCollection(attune, parameters.documents, rng, say);
  const retrieverId = await createShopRetriever(attune, collectionId, 'LEARNED');
  const searches: ShopSearch[] = [];
  for (const query of distinctQueries(rng, parameters.searches))
    searches.push(await searchShop(attune, retrieverId, query));
  say(`  ${searches.length} searches to react to`);
  const byVisit = searches.map(({ executionId, hits }) =>
    hits.flatMap(({ position }) =>
      parameters.types.map((type) => ({ executionId, position, interactionTypes: [type] })),
    ),
  );
  // a few at a time of each search, as people send them
  const visits = Math.max(...byVisit.map((events) => Math.ceil(events.length / parameters.eventsAVisit)));
  return Array.from({ length: visits }, (_, visit) => visit * parameters.eventsAVisit).flatMap((from) =>
    byVisit.flatMap((events) => events.slice(from, from + parameters.eventsAVisit)),
  );
}

async function measure<Call>(
  attune: RunningAttune,
  how: string,
  calls: readonly Call[],
  clients: number,
  send: (attune: RunningAttune, call: Call) => Promise<number>,
): Promise<Record<string, string | number>> {
  const lagsMs: number[] = [];
  const over = new AbortController();
  const polling = pollLag(attune, lagsMs, over.signal);
  const callMs: number[] = [];
  let next = 0;
  let accepted = 0;
  const startedAt = performance.now();
  const client = async () => {
    for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
      const sentAt = performance.now();
      const taken = await send(attune, call);
      accepted += taken;
      callMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - startedAt) / 1_000;
  await attune.attune.drain();
  const drainedSeconds = (performance.now() - startedAt) / 1_000;
  over.abort();
  await polling;
  return {
    how,
    ...{ clients, events: accepted, aSecond: Math.round(accepted / seconds) },
    ...{ callP50Ms: percentile(callMs, 50), callP99Ms: percentile(callMs, 99) },
    ...{ lagP99Ms: percentile(lagsMs, 99), drainedASecond: Math.round(accepted / drainedSeconds) },
  };
}

async function pollLag({ url, adminKey }: RunningAttune, lagsMs: number[], over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
    const [, seconds] = /^attune_outbox_lag_seconds (\S+)$/m.exec(await response.text()) ?? [];
    if (seconds !== undefined) lagsMs.push(Number(seconds) * 1_000);
    await sleep(POLL_MS, undefined, { signal: over }).catch(() => undefined);
  }
}

async function sendMany({ ask }: RunningAttune, interactions: readonly Event[]): Promise<number> {
  const { data } = await ask<{ recordInteractions: { accepted?: number; message?: string } }>(
    `mutation ($input: RecordInteractionsInput!) { recordInteractions(input: $input) {
      ... on RecordInteractionsPayload { accepted } ... on Error { message } } }`,
    { input: { interactions } },
  );
  if (data.recordInteractions.accepted !== interactions.length) throw new Error(JSON.stringify(data));
  return interactions.length;
}

async function sendOne({ ask }: RunningAttune, input: Event): Promise<number> {
  const { data } = await ask<{ recordInteraction: { duplicate?: boolean } }>(
    `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) {
      ... on RecordInteractionPayload { duplicate } ... on Error { message } } }`,
    { input },
  );
  if (data.recordInteraction.duplicate !== false) throw new Error(JSON.stringify(data));
  return 1;
}
