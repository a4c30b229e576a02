import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { eventually, rolloutPayload, shopOn } from './rollout-shop.ts';

describe('analytics', () => {
  let attune: RunningAttune;
  let shop: ReturnType<typeof shopOn>;

  beforeAll(async () => {
    attune = await startAttune();
    shop = shopOn(attune);
  });
  afterAll(() => attune.close());

  const performanceOf = async <Answer>(retrieverId: string, fields: string, args = '') => {
    const { data, errors } = await attune.ask<{ retrieverPerformance: Answer }>(
      `query ($id: ID!) { retrieverPerformance(retrieverId: $id ${args}) { ${fields} } }`,
      { id: retrieverId },
    );
    expect(errors).toBeUndefined();
    return data.retrieverPerformance;
  };
  const signalsOf = async (retrieverId: string, signalType: string, more = '') => {
    const { data, errors } = await attune.ask<{
      retrieverSignals: { at: string; contextLevel: string | null; data: Record<string, unknown> }[];
    }>(
      `query ($id: ID!) { retrieverSignals(retrieverId: $id, signalType: ${signalType} ${more}) {
        at signalType contextLevel data } }`,
      { id: retrieverId },
    );
    expect(errors).toBeUndefined();
    return data.retrieverSignals;
  };

  test('performance counts clicks once, by position, segment and arm', async () => {
    const id = await shop.createRetriever();
    await shop.done('updateRollout', { retrieverId: id, controlPct: 50 }, rolloutPayload);
    const users = Array.from({ length: 20 }, (_, n) => `user-${n}`);
    const searches = await Promise.all(users.map((userId) => shop.search(id, { userId, segment: 'readers' })));
    for (const [n, search] of searches.entries()) if (n < 8) await shop.click(search, n % 2);
    await attune.ask('mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { __typename } }', {
      input: { executionId: searches[0]!.executionId, position: 0, interactionTypes: ['CLICK', 'PURCHASE'] },
    });
    const fields = `searches ctr mrr mrrOfClicked interactionRate zeroResultRate ctrAt1 ctrAt2 ctrAt3
      byPosition { position shown clicks ctr } bySegment { segment searches ctr } byTime { at searches ctr }
      ctrUplift { learned baseline relative low high verdict } latency { stage searches p50Ms p95Ms p99Ms }
      slowQueries { executionId query totalMs parts } zeroResultQueries { query } deadFeatures { featureUri }
      weightVariance convergence { contextLevel state text }`;
    await eventually(async () => {
      const performance = await performanceOf<Record<string, unknown>>(id, fields);
      expect(performance).toMatchObject({
        ...{ searches: 20, ctr: 0.4, interactionRate: 0.4, zeroResultRate: 0 },
        ...{ mrr: expect.closeTo((4 + 4 / 2) / 20, 9), mrrOfClicked: expect.closeTo(0.75, 9) },
        ...{ ctrAt1: 0.2, ctrAt2: 0.2, ctrAt3: 0 },
        bySegment: [{ segment: 'readers', searches: 20, ctr: 0.4 }],
      });
    });
    const performance = await performanceOf<{
      byPosition: unknown[];
      ctrUplift: { learned: number; baseline: number };
      latency: { stage: string; searches: number }[];
      slowQueries: { query: string; parts: object }[];
    }>(id, fields);
    expect(performance.byPosition).toHaveLength(3);
    const learned = searches.filter(({ rollout }) => rollout.arm === 'LEARNED').length;
    const clicked = searches.slice(0, 8).filter(({ rollout }) => rollout.arm === 'LEARNED').length;
    expect(performance.ctrUplift.learned).toBeCloseTo(clicked / learned, 9);
    expect(performance.ctrUplift.baseline).toBeCloseTo((8 - clicked) / (20 - learned), 9);
    expect(performance.latency.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(['total', 'embedding', 'fusion', 'sampling', 'attune://lexical@v1/bm25']),
    );
    expect(performance.slowQueries).toHaveLength(20);
    expect(performance.slowQueries[0]).toMatchObject({ query: 'winter jacket' });
    expect(await performanceOf(id, 'searches', ', segment: "writers"')).toEqual({ searches: 0 });
  });

  test('learned weights over time, with a verdict, for everyone and for one user', async () => {
    const id = await shop.createRetriever();
    expect(await signalsOf(id, 'LEARNED_WEIGHTS')).toEqual([]);
    await shop.click(await shop.search(id, { userId: 'ann' }));
    await eventually(async () =>
      expect(await shop.search(id, { userId: 'ann' })).toMatchObject({ contextLevel: 'PERSONAL' }),
    );
    await eventually(async () => {
      const signals = await signalsOf(id, 'LEARNED_WEIGHTS', ', userId: "ann"');
      expect(signals.map(({ contextLevel }) => contextLevel)).toContain('PERSONAL');
    });
    const signals = await signalsOf(id, 'LEARNED_WEIGHTS');
    const personal = signals.filter(({ contextLevel }) => contextLevel === 'PERSONAL');
    expect(personal).toHaveLength(2);
    expect(personal[0]!.data).toMatchObject({
      ...{ featureUri: 'attune://lexical@v1/bm25', mean: expect.any(Number), spread: expect.any(Number) },
      ...{ drawVariance: expect.any(Number), verdict: { state: 'STILL_EXPLORING' } },
    });
    const means = personal.map(({ data }) => data['mean'] as number);
    expect(means[0]! + means[1]!).toBeCloseTo(1, 6);
    expect(await signalsOf(id, 'LEARNED_WEIGHTS', ', userId: "nobody"')).toEqual([]);
  });

  test('interactions, latency and queries without a result, by the hour', async () => {
    const id = await shop.createRetriever();
    const search = await shop.search(id, { segment: 'readers' });
    await shop.click(search);
    await shop.search(id, { inputs: { query: 'qqqq' } });
    await eventually(async () => {
      expect(await signalsOf(id, 'INTERACTIONS')).toMatchObject([
        { contextLevel: null, data: { events: 1, types: { CLICK: 1 }, searches: 2, ctr: 0.5 } },
      ]);
    });
    const stages = (await signalsOf(id, 'LATENCY', ', hours: 2')).map(({ data }) => data['stage']);
    expect(stages).toContain('total');
    const zero = await signalsOf(id, 'ZERO_RESULTS');
    expect(zero[0]!.data).toMatchObject({ searches: 2, zeroResults: expect.any(Number) });
  });

  test.each([
    ['retrieverSignals(retrieverId: "nonsense", signalType: LATENCY) { at }', 'RETRIEVER_NOT_FOUND', ['retrieverId']],
    ['retrieverSignals(retrieverId: "ID", signalType: LATENCY, hours: 0) { at }', 'INVALID_HOURS', ['hours']],
    ['retrieverSignals(retrieverId: "ID", signalType: LATENCY, userId: "a") { at }', 'INVALID_FILTER', ['userId']],
    [
      'retrieverSignals(retrieverId: "ID", signalType: INTERACTIONS, userId: "a", segment: "s") { at }',
      'INVALID_FILTER',
      ['segment'],
    ],
    ['retrieverPerformance(retrieverId: "ID", hours: 9601) { ctr }', 'INVALID_HOURS', ['hours']],
    ['retrieverPerformance(retrieverId: "nonsense") { ctr }', 'RETRIEVER_NOT_FOUND', ['retrieverId']],
  ])('%s is refused by name', async (field, code, inputPath) => {
    const id = await shop.createRetriever();
    const { errors } = await attune.ask(`{ ${field.replace('ID', id)} }`);
    expect(errors?.[0]).toMatchObject({ extensions: { code, inputPath } });
  });
});
