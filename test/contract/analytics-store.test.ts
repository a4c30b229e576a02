import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClickHouseAnalyticsStore } from '../../src/analytics/analytics-store.clickhouse.ts';
import type { AnalyticsStore } from '../../src/analytics/analytics-store.ts';
import { outcomeGained, outcomeOf } from '../../src/analytics/search-outcome.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import type { EventLog } from '../../src/interactions/event-log.ts';
import type { OutboxBatch } from '../../src/interactions/outbox.ts';
import { defaultRewardMap } from '../../src/learning/reward.ts';
import type { Execution } from '../../src/search/execution.ts';
import { testWarehouses } from '../fixtures/clickhouse.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { batchOf } from '../fixtures/outbox-batch.ts';

const HOUR = 3_600_000;
/** The middle of the last full hour. */
const noon = Math.floor(Date.now() / HOUR) * HOUR - HOUR / 2;
const hourOf = (at: number) => Math.floor(at / HOUR) * HOUR;
const [text, image] = ['test://text@v1/a', 'test://image@v1/b'];

describe.each(testWarehouses())('analytics on $name', ({ open }) => {
  let warehouse: Warehouse;
  let log: EventLog;
  let analytics: AnalyticsStore;
  let retrieverId: string;

  beforeAll(async () => {
    warehouse = await open();
    log = createClickHouseEventLog(warehouse);
    analytics = createClickHouseAnalyticsStore(warehouse);
  });
  beforeEach(() => void (retrieverId = randomUUID()));
  afterAll(() => warehouse.close());

  const searchAt = (at: number, change: Partial<Execution> = {}) =>
    executionOf(['a', 'b', 'c'], { retrieverId, executedAt: at, ...change });
  const clicksOn = (execution: Execution, ...documentIds: string[]) => {
    const signals = documentIds.map((documentId) => ({ documentId, type: 'CLICK' as const, durationMs: null }));
    return { execution, ...outcomeGained(execution, outcomeOf(execution, signals, defaultRewardMap), null)! };
  };
  const window = (change: object = {}) => ({ retrieverId, since: noon - 24 * HOUR, segment: null, ...change });
  /** As a relay does that is interrupted and goes on: the same batch several times. */
  const append = async (parts: Partial<OutboxBatch>) => {
    const batch = batchOf(parts);
    for (let tries = 0; tries < 3; tries++) await log.append(batch);
  };

  test('a window begins with its hour in a server’s half-hour time zone too', async () => {
    const there = { session_timezone: 'Asia/Kolkata' };
    const query = (asked: Parameters<Warehouse['client']['query']>[0]) =>
      warehouse.client.query({ ...asked, clickhouse_settings: { ...asked.clickhouse_settings, ...there } });
    const elsewhere = createClickHouseAnalyticsStore({ ...warehouse, client: { query } as Warehouse['client'] });
    const hour = Math.floor(noon / HOUR) * HOUR;
    await append({ executions: [searchAt(hour + HOUR / 12)] });
    const asked = window({ since: hour + (2 / 3) * HOUR });
    for (const store of [analytics, elsewhere]) {
      expect((await store.searches(asked, 1)).total.searches).toBe(1);
    }
  });

  test('searches and their outcomes are summed once, in total, by time, by segment and by arm', async () => {
    const learned = { rollout: { arm: 'LEARNED', bucket: 1, reason: 'ROLLED_OUT', revision: 1 } } as const;
    const control = { rollout: { arm: 'CONTROL', bucket: 1, reason: 'CONTROL_GROUP', revision: 1 } } as const;
    const [one, two, three] = [
      searchAt(noon, learned),
      searchAt(noon - 2 * HOUR, { ...control, segment: 'writers' }),
      searchAt(noon, { hits: [] }),
    ];
    const old = searchAt(noon - 30 * HOUR);
    await append({
      executions: [one, two, three, old],
      searchOutcomes: [clicksOn(one, 'b', 'c'), clicksOn(two, 'a'), clicksOn(old, 'a')],
    });
    const { total, byTime, bySegment, learned: arm, baseline } = await analytics.searches(window(), 1);
    expect(total).toEqual({
      ...{ searches: 3, zeroResults: 1, clicked: 2, interacted: 2, penalised: 0, clicks: 3, reciprocalRanks: 1.5 },
    });
    expect(await analytics.positions(window())).toEqual({ shownAt: [2, 2, 2], clicksAt: [1, 1, 1] });
    expect(byTime).toMatchObject([
      { at: hourOf(noon - 2 * HOUR), searches: 1, clicked: 1 },
      { at: hourOf(noon), searches: 2, clicked: 1 },
    ]);
    expect(bySegment).toMatchObject([
      { segment: 'readers', searches: 2, clicked: 1 },
      { segment: 'writers', searches: 1, clicked: 1 },
    ]);
    expect(arm).toMatchObject({ searches: 1, clicked: 1 });
    expect(baseline).toMatchObject({ searches: 1, clicked: 1 });
    const writers = await analytics.searches(window({ segment: 'writers' }), 24);
    expect(writers).toMatchObject({ total: { searches: 1, clicked: 1 }, byTime: [{ searches: 1 }] });
    const nobody = await analytics.searches({ ...window(), retrieverId: randomUUID() }, 1);
    expect(nobody).toMatchObject({ total: { searches: 0 }, byTime: [], bySegment: [] });
    expect(await analytics.positions({ ...window(), retrieverId: randomUUID() })).toEqual({
      shownAt: [],
      clicksAt: [],
    });
  });

  test('a batch that broke off between a table and its views is healed by its retry', async () => {
    const batch = batchOf({ executions: [searchAt(noon), searchAt(noon)] });
    await log.append(batch);
    // what a crash leaves behind: the table and one view have the batch, the end of a chain of two views has not
    await warehouse.client.command({ query: 'TRUNCATE TABLE search_hours' });
    expect((await analytics.searches(window(), 1)).total.searches).toBe(0);
    await log.append(batch);
    expect((await analytics.searches(window(), 1)).total.searches).toBe(2);
    expect((await analytics.latency(window(), null)).find(({ stage }) => stage === 'total')?.searches).toBe(2);
  });

  test('weights: what was applied, what it was drawn about, and how far it strayed', async () => {
    const learnedSearch = (weight: number, change: Partial<Execution> = {}) =>
      searchAt(noon, {
        contextLevel: 'GLOBAL',
        weights: [
          { featureUri: text!, weight, alpha: 3, beta: 1 },
          { featureUri: image!, weight: 1 - weight, alpha: 1, beta: 1 },
        ],
        posterior: {
          ...{ algorithm: 'THOMPSON_SAMPLING', exploration: 1, minWeight: 0, maxWeight: 1 },
          featureUris: [image!, text!],
          arms: [
            { alpha: 1, beta: 1 },
            { alpha: 3, beta: 1 },
          ],
        },
        ...change,
      });
    await append({
      executions: [
        learnedSearch(0.5),
        learnedSearch(0.7, { userId: 'bob' }),
        learnedSearch(1, { contextLevel: 'PRIOR', posterior: null }),
        searchAt(noon),
        learnedSearch(0.9, { contextLevel: 'DEMOGRAPHIC', segment: 'writers' }),
      ],
    });
    const weights = await analytics.weights(window(), 1, null);
    const global = weights.filter(({ level }) => level === 'GLOBAL');
    expect(global.map(({ featureUri, searches }) => [featureUri, searches])).toEqual([
      [image, 2],
      [text, 2],
    ]);
    expect(global[1]).toMatchObject({
      ...{ at: hourOf(noon), applied: expect.closeTo(0.6, 9), mean: expect.closeTo(0.6, 9) },
      ...{ spread: expect.closeTo(0, 6), drawVariance: expect.closeTo((0.1 ** 2 + 0.1 ** 2) / 2, 9) },
    });
    expect(weights.map(({ level }) => level)).not.toContain('PRIOR');
    const bob = await analytics.weights(window(), 1, 'bob');
    expect(bob).toMatchObject([
      { featureUri: image },
      { featureUri: text, searches: 1, applied: expect.closeTo(0.7, 9) },
    ]);
    expect(await analytics.segmentWeights(window())).toMatchObject([
      { segment: 'writers', featureUri: image, searches: 1, mean: expect.closeTo(0.4, 9) },
      { segment: 'writers', featureUri: text, searches: 1, mean: expect.closeTo(0.6, 9) },
    ]);
    expect(await analytics.weights(window({ segment: 'nobody' }), 1, null)).toEqual([]);
  });

  const timed = (totalMs: number, textMs = 1) => ({
    weights: [{ featureUri: text!, weight: 1, alpha: 1, beta: 1 }],
    timing: {
      ...{ totalMs, embeddingMs: 2, fusionMs: 0.5, samplingMs: 0 },
      searches: [{ featureUri: text!, ms: textMs, candidates: 3 }],
    },
  });

  test('latency by stage, in all and by time', async () => {
    const executions = Array.from({ length: 100 }, (_, n) => searchAt(noon - (n % 2) * HOUR, timed(n + 1, 7)));
    await append({ executions });
    const latency = await analytics.latency(window(), null);
    expect(latency.map(({ stage }) => stage)).toEqual(['embedding', 'fusion', 'sampling', text, 'total']);
    const total = latency.at(-1)!;
    expect(total.searches).toBe(100);
    expect(Math.abs(total.p50Ms - 50)).toBeLessThan(2);
    expect(Math.abs(total.p95Ms - 95)).toBeLessThan(2);
    expect(Math.abs(total.p99Ms - 99)).toBeLessThan(2);
    expect(Math.abs(latency[3]!.p50Ms - 7)).toBeLessThan(0.1);
    expect(latency[3]!.p95Ms).toBe(latency[3]!.p50Ms);
    const byTime = await analytics.latency(window(), 1);
    expect(byTime.filter(({ stage }) => stage === 'total')).toMatchObject([
      { at: hourOf(noon - HOUR), searches: 50 },
      { at: hourOf(noon), searches: 50 },
    ]);
  });

  test('the slowest searches, with their queries and parts, over all hours', async () => {
    const executions = Array.from({ length: 30 }, (_, n) =>
      searchAt(noon - (n % 3) * HOUR, { ...timed(n + 1, n), inputs: n === 29 ? { image: [1] } : { query: `q${n}` } }),
    );
    await append({ executions });
    const slow = await analytics.slowSearches(window());
    expect(slow.map(({ totalMs }) => totalMs)).toEqual(Array.from({ length: 20 }, (_, n) => 30 - n));
    expect(slow[0]).toMatchObject({ executionId: executions[29]!.id, query: '{"image":[1]}', at: noon - 2 * HOUR });
    expect(slow[1]).toMatchObject({ query: 'q28' });
    expect(slow[1]!.parts).toEqual([
      { stage: 'embedding', ms: 2 },
      { stage: 'fusion', ms: 0.5 },
      { stage: 'sampling', ms: 0 },
      { stage: text, ms: 28 },
    ]);
  });

  test('queries that found nothing, the most frequent first', async () => {
    const empty = (query: string, at = noon) => searchAt(at, { hits: [], inputs: { query } });
    await append({ executions: [empty('lmap', noon - HOUR), empty('lmap'), empty('tabel'), searchAt(noon)] });
    expect(await analytics.emptyQueries(window(), 9)).toEqual([
      { query: 'lmap', searches: 2, lastAt: noon },
      { query: 'tabel', searches: 1, lastAt: noon },
    ]);
    expect(await analytics.emptyQueries(window(), 1)).toHaveLength(1);
  });

  test('features: what they find, what of it is shown, and what it counts', async () => {
    const both = {
      weights: [text!, image!].map((featureUri) => ({ featureUri, weight: 0.5, alpha: 1, beta: 1 })),
      timing: {
        ...{ totalMs: 1, embeddingMs: 0, fusionMs: 0, samplingMs: 0 },
        searches: [
          { featureUri: text!, ms: 1, candidates: 12 },
          { featureUri: image!, ms: 1, candidates: 0 },
        ],
      },
    };
    await append({ executions: [searchAt(noon, both), searchAt(noon - HOUR, both)] });
    expect(await analytics.features(window())).toEqual([
      {
        featureUri: image,
        searches: 2,
        empty: 2,
        candidates: 0,
        hitsFound: 6,
        hitsShown: 6,
        share: expect.closeTo(0.5, 9),
      },
      {
        featureUri: text,
        searches: 2,
        empty: 0,
        candidates: 24,
        hitsFound: 6,
        hitsShown: 6,
        share: expect.closeTo(0.5, 9),
      },
    ]);
  });

  test('interactions by the time they came, by type, and of one user', async () => {
    const execution = searchAt(noon);
    const event = (change: object) => interactionOn(execution, { receivedAt: noon, ...change });
    await append({
      interactions: [
        event({ interactionTypes: ['CLICK', 'PURCHASE'] }),
        event({ userId: 'bob' }),
        event({ receivedAt: noon - HOUR, segment: 'writers' }),
        event({ retrieverId: null }),
      ],
    });
    expect(await analytics.interactions(window(), 1, null)).toEqual([
      { at: hourOf(noon - HOUR), events: 1, types: { CLICK: 1 } },
      { at: hourOf(noon), events: 2, types: { CLICK: 2, PURCHASE: 1 } },
    ]);
    expect(await analytics.interactions(window(), 24, 'bob')).toMatchObject([{ events: 1, types: { CLICK: 1 } }]);
    expect(await analytics.interactions(window({ segment: 'writers' }), 1, null)).toMatchObject([{ events: 1 }]);
  });
});
