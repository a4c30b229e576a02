import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { loadDemo, startShoppers } from '../../src/demo/start-demo.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { seededRng } from '../../src/shared/rng.ts';
import { startAttune, testAdminKey, type RunningAttune } from '../fixtures/attune.ts';
import { silentLogger } from '../fixtures/postgres.ts';
import { operation } from './operations.ts';

interface Evaluation {
  status: string;
  progress: { fraction: number };
  metrics: { k: number; ndcg: number }[] | null;
}

/** What the tutorial goes on with on the demo: simulated shoppers stand in for people. */
describe('monitoring, rolling out and evaluating the demo', { timeout: 120_000 }, () => {
  let attune: RunningAttune;
  let retrieverId = '';
  let datasetId = '';
  const shopping = new AbortController();

  beforeAll(async () => {
    attune = await startAttune();
    const { app, defaultNamespace } = attune.attune;
    await loadDemo(app, defaultNamespace.id, { onProgress: () => undefined, signal: shopping.signal });
    retrieverId = await startShoppers(app, defaultNamespace.id, {
      ratePerSecond: 100,
      signal: shopping.signal,
      rng: seededRng('tutorial'),
      clock: systemClock,
      logger: silentLogger,
    });
  }, 120_000);
  afterAll(async () => {
    shopping.abort();
    await attune.close();
  });

  const run = async <Data>(name: string, variables: object = {}): Promise<Data> => {
    const { data, errors } = await attune.ask<Data>(operation(name), { retrieverId, ...variables });
    expect(errors).toBeUndefined();
    return data;
  };

  test('shows how searches do, and whether the weights settle', async () => {
    interface Monitor {
      retrieverPerformance: { searches: number; convergence: { contextLevel: string; segmentsDiffer: boolean }[] };
      retrieverSignals: unknown[];
    }
    const monitor = () => run<Monitor>('10-monitor');
    await expect
      .poll(async () => (await monitor()).retrieverPerformance.searches, { timeout: 90_000 })
      .toBeGreaterThan(400);
    const { retrieverPerformance, retrieverSignals } = await monitor();
    expect(retrieverPerformance.convergence.map(({ contextLevel }) => contextLevel)).toContain('DEMOGRAPHIC');
    expect(retrieverSignals.length).toBeGreaterThan(0);
  });

  test('rolls out to half of the users, and keeps a control group', async () => {
    expect(await run('11-roll-out')).toEqual({
      updateRollout: { rollout: { rolloutPct: 50, controlPct: 10, shadowMode: false } },
    });
  });

  test('evaluates learned against static fusion by what shoppers clicked, with a verdict', async () => {
    shopping.abort();
    // What was clicked last is still on its way to the log that judgments are made of.
    await sleep(2_000);
    const judged = await run<{ generateEvaluationDataset: { dataset: { id: string; queryCount: number } } }>(
      '12-judge-by-clicks',
    );
    datasetId = judged.generateEvaluationDataset.dataset.id;
    expect(judged.generateEvaluationDataset.dataset.queryCount).toBeGreaterThan(5);

    const baselineId = await evaluate('RRF');
    const candidateId = await evaluate(null);
    const { compareEvaluations: comparison } = await run<{
      compareEvaluations: { verdict: string; summary: string; low: number; high: number };
    }>('15-compare', { baselineId, candidateId });
    expect(['BETTER', 'WORSE', 'NO_DIFFERENCE_SHOWN']).toContain(comparison.verdict);
    expect(comparison.summary).not.toBe('');
    expect(comparison.low).toBeLessThanOrEqual(comparison.high);
  });

  test('takes the learned fusion out of every search at once', async () => {
    expect(await run('16-kill')).toMatchObject({
      killLearnedFusion: { rollout: { killed: { reason: 'checking the brakes' } } },
    });
    const search =
      'query ($retrieverId: ID!) { search(input: { retrieverId: $retrieverId, inputs: { query: "jacket" }, userId: "ana" }) { fusion rollout { arm reason } } }';
    const served = async () => (await attune.ask<{ search: { fusion: string } }>(search, { retrieverId })).data.search;
    await expect.poll(served, { timeout: 10_000 }).not.toMatchObject({ fusion: 'LEARNED' });
  });

  /** Runs an evaluation to its end and returns its id. @param fusion in place of the retriever's own; null: its own */
  async function evaluate(fusion: string | null): Promise<string> {
    const started = await run<{ runEvaluation: { evaluation: { id: string } } }>('13-run-evaluation', {
      datasetId,
      fusion,
    });
    const { id } = started.runEvaluation.evaluation;
    const client = createClient({
      url: `${attune.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${testAdminKey}` },
    });
    let last: Evaluation | undefined;
    const query = operation('14-follow-evaluation');
    for await (const { data } of client.iterate<{ evaluationProgress: Evaluation }>({
      query,
      variables: { evaluationId: id },
    })) {
      last = data?.evaluationProgress;
      if (last?.status === 'COMPLETED' || last?.status === 'FAILED') break;
    }
    await client.dispose();
    expect(last).toMatchObject({ status: 'COMPLETED', progress: { fraction: 1 } });
    return id;
  }
});
