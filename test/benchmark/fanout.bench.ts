import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRng } from '../../src/shared/rng.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { percentile, type Measurement } from './benchmark.ts';
import { clickHit, createShopRetriever, distinctQueries, fillCollection, searchShop } from './synthetic-shop.ts';

const parameters = { documents: 300, changesPerSecond: 10, changes: 100, features: 2 };
const shapes = [
  { connections: 1_000, each: 1 },
  { connections: 5_000, each: 1 },
  { connections: 10_000, each: 1 },
  { connections: 500, each: 100 },
];
const QUERY = `subscription ($id: ID!) { learnedWeights(retrieverId: $id) {
  version contextLevel interactions weights { featureUri weight mean alpha beta low high probabilityBest }
} }`;

/**
 * How long weights that change ten times a second take from where they are known to every subscriber, who are in another
 * process; what they cost. A reader that is behind gets the latest, so not every version reaches every one of them.
 */
export async function benchmarkFanOut(say: (line: string) => void): Promise<Measurement> {
  const attune = await startAttune({ ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0' });
  try {
    const rng = seededRng('fan-out');
    const { collectionId } = await fillCollection(attune, parameters.documents, rng, say);
    const retrieverId = await createShopRetriever(attune, collectionId, 'LEARNED');
    const rows = [];
    for (const shape of shapes) {
      const searches = await searchAhead(attune, retrieverId, distinctQueries(rng, parameters.changes));
      rows.push(await measure(attune, retrieverId, searches, shape));
      say(`  ${shape.connections} connections of ${shape.each} subscriptions`);
    }
    return { parameters, rows };
  } finally {
    await attune.close();
  }
}

async function searchAhead(attune: RunningAttune, retrieverId: string, queries: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const query of queries) ids.push((await searchShop(attune, retrieverId, query)).executionId);
  return ids;
}

interface Shape {
  connections: number;
  each: number;
}

async function measure(
  attune: RunningAttune,
  retrieverId: string,
  executionIds: readonly string[],
  { connections, each }: Shape,
): Promise<Record<string, number>> {
  const clients = await startClients();
  try {
    const before = memory();
    const wanted = { kind: 'connect', url: `${attune.url.replace('http', 'ws')}/graphql`, key: attune.adminKey };
    await tell(clients, { ...wanted, query: QUERY, retrieverId, connections, each });
    await sleep(1_000);
    const subscribers = connections * each;
    const bytesEach = (memory() - before) / subscribers;
    await tell(clients, { kind: 'forget' });
    const known = await publishTimes(attune, retrieverId);
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    for (const [n, executionId] of executionIds.entries()) {
      await clickHit(attune, executionId, 0);
      await sleep(Math.max(0, ((n + 1) * 1_000) / parameters.changesPerSecond - (performance.now() - startedAt)));
    }
    await sleep(1_000);
    const { user, system } = process.cpuUsage(cpu);
    const elapsedMs = performance.now() - startedAt;
    await known.end();
    const arrivals = (await tell(clients, { kind: 'arrivals' })) as [version: string, at: number[]][];
    return {
      connections,
      subscribers,
      ...summary(arrivals, known.at, subscribers),
      cpuPercent: Math.round((user + system) / elapsedMs / 10),
      kbASubscriber: Number((bytesEach / 1_000).toFixed(1)),
    };
  } finally {
    await tell(clients, { kind: 'close' }).catch(() => undefined);
    clients.kill();
    await once(clients, 'exit');
  }
}

/** To each subscriber, and to the last one of each version. */
function summary(arrivals: readonly [string, number[]][], knownAt: ReadonlyMap<string, number>, subscribers: number) {
  const delays: number[] = [];
  const last: number[] = [];
  for (const [version, times] of arrivals) {
    const at = knownAt.get(version);
    if (at === undefined) continue;
    for (const time of times) delays.push(Math.max(0, time - at));
    last.push(times.reduce((latest, time) => Math.max(latest, time), 0) - at);
  }
  return {
    versions: last.length,
    delivered: Number((delays.length / subscribers).toFixed(1)),
    p50Ms: percentile(delays, 50),
    p99Ms: percentile(delays, 99),
    lastP50Ms: percentile(last, 50),
    lastP99Ms: percentile(last, 99),
  };
}

/** When each version came to be known here, by a watcher that is first in line. */
async function publishTimes({ attune }: RunningAttune, retrieverId: string) {
  const at = new Map<string, number>();
  const query = { retrieverId, userId: null, segment: null };
  const changes = await attune.app.learning.watch(attune.defaultNamespace.id, query, null);
  const reading = (async () => {
    for await (const { version } of changes) at.set(version, performance.timeOrigin + performance.now());
  })();
  return {
    at,
    async end() {
      await changes.return?.();
      await reading;
    },
  };
}

function memory(): number {
  const { rss } = process.memoryUsage();
  return rss;
}

async function startClients(): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('./fanout-clients.mjs', import.meta.url));
  return fork(file, { execArgv: [] });
}

async function tell(clients: ChildProcess, message: object): Promise<unknown> {
  const answered = once(clients, 'message') as Promise<[{ done?: unknown; failed?: string }]>;
  clients.send(message);
  const [{ done, failed }] = await answered;
  if (failed !== undefined) throw new Error(failed);
  return done;
}
