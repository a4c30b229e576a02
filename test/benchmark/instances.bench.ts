import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedClickHouse } from '../../src/clickhouse/embedded-clickhouse.ts';
import { seededRng, type Rng } from '../../src/shared/rng.ts';
import { asking, processAdminKey, startCommand, urlOf } from '../fixtures/attune-process.ts';
import { silentLogger } from '../fixtures/postgres.ts';
import { startRoundRobinProxy } from '../fixtures/round-robin-proxy.ts';
import { percentile, type Measurement } from './benchmark.ts';
import { createEngine } from './movies/engines.ts';
import { clickHit, createShopRetriever, distinctQueries, fillCollection, searchShop } from './synthetic-shop.ts';
import { watchWeights } from './watch-weights.ts';

const parameters = { documents: 500, warmUp: 10, clicks: 100, settleMs: 50, kills: 30 };

type Row = Record<string, string | number>;
type Server = { url: string; adminKey: string; ask: ReturnType<typeof asking> };

/**
 * Two servers, a process each, behind a load balancer, on the Postgres that ATTUNE_TEST_DATABASE_URL names and one ClickHouse:
 * how long after it is acknowledged on one a click has moved the weights at a subscriber of the other, beside one of the same
 * server; and how long a kill switch takes until no search on the other is learned any more.
 */
export async function benchmarkInstances(say: (line: string) => void): Promise<Measurement | null> {
  if (process.env.ATTUNE_TEST_DATABASE_URL === undefined) {
    say('Skipped: several servers need a Postgres; name one by ATTUNE_TEST_DATABASE_URL.');
    return null;
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  const engine = await createEngine('postgres');
  const clickHouse = await startEmbeddedClickHouse({
    directory: path.join(directory, 'clickhouse'),
    logger: silentLogger,
  });
  const env = { ...engine.env, CLICKHOUSE_URL: clickHouse.url, ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0' };
  const processes: ReturnType<typeof startCommand>[] = [];
  const start = async (name: string): Promise<Server> => {
    const server = startCommand(['start'], { dataDir: path.join(directory, name), env });
    processes.push(server);
    return serverAt(await urlOf(server));
  };
  try {
    const [one, other] = [await start('one'), await start('other')];
    const proxy = await startRoundRobinProxy([one.url, other.url]);
    try {
      return { parameters, rows: await measureAll(one, other, serverAt(proxy.url), say) };
    } finally {
      await proxy.close();
    }
  } finally {
    for (const server of processes) server.signal('SIGTERM');
    await Promise.all(processes.map(({ ended }) => ended));
    await clickHouse.stop();
    await engine.dispose();
    await rm(directory, { recursive: true, force: true });
  }
}

function serverAt(url: string): Server {
  return { url, adminKey: processAdminKey, ask: asking(url) };
}

async function measureAll(one: Server, other: Server, both: Server, say: (line: string) => void): Promise<Row[]> {
  const rng = seededRng('instances');
  const { collectionId } = await fillCollection(both, parameters.documents, rng, say);
  const retrieverId = await createShopRetriever(both, collectionId, 'LEARNED');
  const clicks = await measureClicks(one, other, retrieverId, rng);
  say('  clicks measured');
  const kills = await measureKills(one, other, retrieverId, rng);
  say('  kill switch measured');
  return [
    { what: 'click acknowledged to new weights at a subscriber of the same server', ...spread(clicks.here) },
    { what: 'click acknowledged to new weights at a subscriber of the other', ...spread(clicks.there) },
    { what: 'kill acknowledged to no learned search on the other', ...spread(kills) },
  ];
}

async function measureClicks(one: Server, other: Server, retrieverId: string, rng: Rng) {
  const [here, there] = [watchWeights(one, retrieverId), watchWeights(other, retrieverId)];
  await Promise.all([here.after(''), there.after('')]);
  const times = { here: [] as number[], there: [] as number[] };
  for (const [n, query] of distinctQueries(rng, parameters.warmUp + parameters.clicks).entries()) {
    const { executionId, hits } = await searchShop(one, retrieverId, query);
    const known = [here.latest(), there.latest()] as const;
    await clickHit(one, executionId, hits[n % 5]!.position);
    const acknowledgedAt = performance.now();
    const arrivals = await Promise.all([here.after(known[0]), there.after(known[1])]);
    if (n >= parameters.warmUp) {
      // the new weights may overtake the answer of the mutation
      times.here.push(Math.max(0, arrivals[0].at - acknowledgedAt));
      times.there.push(Math.max(0, arrivals[1].at - acknowledgedAt));
    }
    await sleep(parameters.settleMs);
  }
  here.close();
  there.close();
  return times;
}

/** One search after another: what is measured ends with the one that was asked first of those that were not learned. */
async function measureKills(one: Server, other: Server, retrieverId: string, rng: Rng): Promise<number[]> {
  const times: number[] = [];
  const queries = distinctQueries(rng, parameters.kills);
  const isLearned = async (query: string) => {
    const { data } = await other.ask<{ search: { fusion: string } }>(
      'query ($input: SearchInput!) { search(input: $input) { fusion } }',
      { input: { retrieverId, inputs: { query } } },
    );
    return data.search.fusion === 'LEARNED';
  };
  const flip = async (name: 'killLearnedFusion' | 'resumeLearnedFusion') => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    const { data } = await one.ask<Record<string, { __typename: string }>>(
      `mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`,
      { input: { retrieverId } },
    );
    if (!data[name]!.__typename.endsWith('Payload')) throw new Error(JSON.stringify(data));
  };
  for (const query of queries) {
    while (!(await isLearned(query))) await sleep(5);
    await flip('killLearnedFusion');
    const killedAt = performance.now();
    let askedAt = killedAt;
    while (await isLearned(query)) askedAt = performance.now();
    times.push(askedAt - killedAt);
    await flip('resumeLearnedFusion');
    await sleep(rng.next() * parameters.settleMs);
  }
  return times;
}

const spread = (times: readonly number[]): Row => ({
  times: times.length,
  p50Ms: percentile(times, 50),
  p95Ms: percentile(times, 95),
  maxMs: percentile(times, 100),
});
