import { setTimeout as sleep } from 'node:timers/promises';
import { seededRng, type Rng } from '../../src/shared/rng.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { percentile, type Measurement } from './benchmark.ts';
import { startInteractionLoad } from './steady-load.ts';
import { createEngine, engineNames, type EngineName } from './movies/engines.ts';
import { clickHit, createShopRetriever, distinctQueries, fillCollection, searchShop } from './synthetic-shop.ts';
import { watchWeights } from './watch-weights.ts';

const parameters = {
  ...{ documents: 500, warmUp: 10, clicks: 100, settleMs: 50 },
  load: { interactionsASecond: 1_000, aCall: 100 },
};

type Row = Record<string, string | number>;

/**
 * How long after a click is acknowledged a subscriber has the weights that it changed: one click at a time, with nothing
 * else going on, and while interactions of another retriever come in all the time; on the embedded engines, and with the
 * Postgres that ATTUNE_TEST_DATABASE_URL names.
 */
export async function benchmarkFreshness(say: (line: string) => void): Promise<Measurement> {
  const rows: Row[] = [];
  for (const engine of engineNames()) rows.push(...(await measureEngine(engine, say)));
  return { parameters, rows };
}

async function measureEngine(name: EngineName, say: (line: string) => void): Promise<Row[]> {
  const engine = await createEngine(name);
  try {
    const attune = await startAttune({ ...engine.env, ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0' });
    try {
      const rng = seededRng('freshness');
      const { collectionId } = await fillCollection(attune, parameters.documents, rng, say);
      const retrieverId = await createShopRetriever(attune, collectionId, 'LEARNED');
      const idle = await measureClicks(attune, retrieverId, rng);
      say(`  ${name}, idle, measured`);
      const load = await startInteractionLoad(attune, collectionId, rng, parameters.load);
      const loaded = await measureClicks(attune, retrieverId, rng);
      const taken = await load.stop();
      say(`  ${name}, beside ${taken} interactions a second, measured`);
      return [
        ...idle.map((row) => ({ engine: name, interactionsASecond: 0, ...row })),
        ...loaded.map((row) => ({ engine: name, interactionsASecond: taken, ...row })),
      ];
    } finally {
      await attune.close();
    }
  } finally {
    await engine.dispose();
  }
}

async function measureClicks(attune: RunningAttune, retrieverId: string, rng: Rng): Promise<Row[]> {
  const queries = distinctQueries(rng, parameters.warmUp + parameters.clicks);
  const watched = watchWeights(attune, retrieverId);
  await watched.after('');
  const fromAckMs: number[] = [];
  const fromRequestMs: number[] = [];
  for (const [i, query] of queries.entries()) {
    const { executionId, hits } = await searchShop(attune, retrieverId, query);
    const known = watched.latest();
    const requestedAt = performance.now();
    await clickHit(attune, executionId, hits[i % 5]!.position);
    const acknowledgedAt = performance.now();
    const { at } = await watched.after(known);
    // the new weights may overtake the answer of the mutation
    if (i >= parameters.warmUp) {
      fromAckMs.push(Math.max(0, at - acknowledgedAt));
      fromRequestMs.push(at - requestedAt);
    }
    await sleep(parameters.settleMs);
  }
  watched.close();
  const row = (span: string, values: number[]) => ({
    span,
    clicks: values.length,
    p50Ms: percentile(values, 50),
    p95Ms: percentile(values, 95),
    maxMs: percentile(values, 100),
  });
  return [
    row('click acknowledged to new weights at the subscriber', fromAckMs),
    row('click sent to new weights at the subscriber', fromRequestMs),
  ];
}
