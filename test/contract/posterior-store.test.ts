import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import type { EventLog } from '../../src/interactions/event-log.ts';
import { DeltaSum } from '../../src/interactions/posterior-deltas.ts';
import type { ContextRef } from '../../src/learning/context.ts';
import { decayStamp } from '../../src/learning/decay.ts';
import { decidePosterior } from '../../src/learning/decide-posterior.ts';
import { evidenceBasis, evidenceOf } from '../../src/learning/evidence.ts';
import { defaultLearningConfig } from '../../src/learning/learning-config.ts';
import { createClickHousePosteriorStore } from '../../src/learning/posterior-store.clickhouse.ts';
import type { ContextTotals, PosteriorStore } from '../../src/learning/posterior-store.ts';
import { testWarehouses } from '../fixtures/clickhouse.ts';
import { batchOf, deltaOf, everyone, person } from '../fixtures/outbox-batch.ts';

describe.each(testWarehouses())('posterior store on $name', ({ open }) => {
  let warehouse: Warehouse;
  let log: EventLog;
  let store: PosteriorStore;

  beforeAll(async () => {
    warehouse = await open();
    log = createClickHouseEventLog(warehouse);
    store = createClickHousePosteriorStore(warehouse);
  });
  afterAll(() => warehouse.close());

  test('a retriever that nobody used is at version 0 and has nothing to tell', async () => {
    expect(await store.read(randomUUID(), [person('ada'), everyone])).toEqual({ version: 0, totals: [null, null] });
  });

  test('asking for no context still tells the version', async () => {
    const retrieverId = randomUUID();
    await log.append(batchOf({ deltas: [deltaOf(retrieverId, everyone, 1, { text: [1, 0] })] }));
    expect(await store.read(retrieverId, [])).toEqual({ version: 1, totals: [] });
  });

  test('batches add up, an arm at a time, in the order that was asked for', async () => {
    const retrieverId = randomUUID();
    const before = Date.now();
    await log.append(
      batchOf({
        deltas: [
          deltaOf(retrieverId, everyone, 2, { text: [1, 0.5], image: [0, 2] }),
          deltaOf(retrieverId, person('ada'), 2, { text: [1, 0.5], image: [0, 2] }),
        ],
      }),
    );
    await log.append(batchOf({ deltas: [deltaOf(retrieverId, everyone, 1, { text: [0.25, 0] })] }));
    const { version, totals } = await store.read(retrieverId, [person('ada'), person('bob'), everyone]);
    expect(version).toBe(2);
    expect(totals).toMatchObject([
      { interactions: 2, changedAt: expect.any(Number), arms: arms({ text: [1, 0.5], image: [0, 2] }) },
      null,
      { interactions: 3, changedAt: expect.any(Number), arms: arms({ text: [1.25, 0.5], image: [0, 2] }) },
    ]);
    expect(totals[2]?.changedAt).toBeGreaterThanOrEqual(totals[0]?.changedAt ?? Infinity);
    expect(Math.abs((totals[0]?.changedAt ?? 0) - before)).toBeLessThan(3_600_000);
  });

  test('the version grows by one with every batch that moves the retriever, and not with those of others', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    const versions: number[] = [];
    for (let batch = 0; batch < 5; batch += 1) {
      const deltas = [
        deltaOf(mine, everyone, 1, { text: [1, 0] }),
        deltaOf(mine, person(`user-${batch}`), 1, { text: [1, 0] }),
      ];
      await log.append(batchOf({ deltas }));
      await log.append(batchOf({ deltas: [deltaOf(other, everyone, 1, { text: [1, 0] })] }));
      versions.push((await store.read(mine, [])).version);
    }
    expect(versions).toEqual([1, 2, 3, 4, 5]);
  });

  test('what it counts does not depend on whether the engine has merged its rows', async () => {
    const retrieverId = randomUUID();
    for (let batch = 0; batch < 4; batch += 1) {
      await log.append(batchOf({ deltas: [deltaOf(retrieverId, everyone, 1, { text: [1, 0.5] })] }));
    }
    const apart = await store.read(retrieverId, [everyone]);
    await warehouse.client.command({ query: 'OPTIMIZE TABLE posteriors FINAL' });
    expect(await store.read(retrieverId, [everyone])).toEqual(apart);
    expect(apart.totals[0]?.arms).toEqual(arms({ text: [4, 2] }));
  });

  test('what was given and taken back leaves no dust, and a context that has nothing left is without a signal', async () => {
    const retrieverId = randomUUID();
    const fractions = [0.1, 0.2, -0.3];
    for (const reward of fractions) {
      await log.append(
        batchOf({
          deltas: [
            deltaOf(retrieverId, everyone, 1, { text: [reward, 0], image: [1, 0] }),
            deltaOf(retrieverId, person('ada'), 0, { text: [reward, 0] }),
          ],
        }),
      );
    }
    const { totals } = await store.read(retrieverId, [everyone, person('ada')]);
    expect(totals[0]?.arms).toEqual(arms({ text: [0, 0], image: [3, 0] }));
    expect(totals[1]).toBeNull();
  });

  test('evidence adds up number by number, that on other features apart, before and after its rows are merged', async () => {
    const retrieverId = randomUUID();
    const both = evidenceBasis(['text', 'image']);
    const long = Array.from({ length: 305 }, (_, index) => (index - 150) * 1_000_003);
    for (const evidence of [
      { basis: both, sums: [1, -2, 3] },
      { basis: 'only text', sums: long },
      { basis: both, sums: [10, 20, -3] },
    ]) {
      const deltas = [everyone, person('ada')].map((context) =>
        deltaOf(retrieverId, context, 1, { text: [1, 0] }, { evidence }),
      );
      await log.append(batchOf({ deltas }));
    }
    const read = async () => (await store.read(retrieverId, [everyone, person('ada')])).totals;
    const apart = await read();
    for (const total of apart) {
      expect(new Map(total?.evidence.map(({ basis, sums }) => [basis, sums]))).toEqual(
        new Map([
          [both, [11, 18, 0]],
          ['only text', long],
        ]),
      );
    }
    await warehouse.client.command({ query: 'OPTIMIZE TABLE posteriors FINAL' });
    const byBasis = (total: ContextTotals | null) =>
      total?.evidence.toSorted((one, other) => (one.basis < other.basis ? -1 : 1));
    expect((await read()).map(byBasis)).toEqual(apart.map(byBasis));
  });

  test('what fades counts by its age when the context last changed, whichever epochs it lies in', async () => {
    const retrieverId = randomUUID();
    const halfLifeHours = 24;
    for (const ageInHalfLives of [0, 5, 12]) {
      const { growth, epoch } = decayStamp(halfLifeHours, Date.now() - ageInHalfLives * halfLifeHours * 3_600_000);
      const change = {
        decay: { halfLifeHours, epoch },
        evidence: { basis: 'text', sums: [1_000_000, -500_000].map((sum) => growth * sum) },
      };
      const arms: Record<string, [number, number]> = { text: [growth, 2 * growth] };
      await log.append(batchOf({ deltas: [deltaOf(retrieverId, everyone, 1, arms, change)] }));
    }
    const {
      totals: [total],
    } = await store.read(retrieverId, [everyone]);
    const worth = 1 + 2 ** -5 + 2 ** -12;
    expect(total?.arms.get('text')?.rewards).toBeCloseTo(worth, 2);
    expect(total?.arms.get('text')?.failures).toBeCloseTo(2 * worth, 2);
    const [gain, loss] = total!.evidence[0]!.sums;
    expect(gain! / 1e6).toBeCloseTo(worth, 2);
    expect(loss! / 1e6).toBeCloseTo(-worth / 2, 2);
    // Interactions say how much is known, and are not forgotten.
    expect(total?.interactions).toBe(3);
  });

  describe('a person of a segment where everybody has rewarded the same feature for a year, ten times an hour', () => {
    const HOUR_MS = 3_600_000;
    const segment: ContextRef = { level: 'DEMOGRAPHIC', key: 'climbers' };
    const gained = {
      interactions: 10,
      arms: { text: [10, 0] as [number, number] },
      evidence: evidenceOf([], [], ['text']),
    };

    async function learn(retrieverId: string, halfLifeHours: number | null, change: { grown?: undefined } = {}) {
      const sum = new DeltaSum();
      const now = Date.now();
      for (let hour = 365 * 24; hour >= 0; hour -= 1) {
        sum.add(retrieverId, [segment], gained, decayStamp(halfLifeHours, now - hour * HOUR_MS));
      }
      await log.append(batchOf({ deltas: sum.deltas().map((delta) => ({ ...delta, ...change })) }));
      await log.append(batchOf({ deltas: [deltaOf(retrieverId, person('ada'), 5, { text: [0, 5] })] }));
    }

    /** What the feature has earned of what the person's weights are drawn from, but the prior. */
    async function drawnFrom(retrieverId: string, pooling: number) {
      const contexts = [person('ada'), segment];
      const { totals } = await store.read(retrieverId, contexts);
      const learningConfig = { ...defaultLearningConfig, algorithm: 'THOMPSON_SAMPLING' as const, pooling };
      const stage = { learningConfig, searches: [{ featureUri: 'text' }] };
      const { weights, interactions } = decidePosterior(stage, contexts, totals, Date.now());
      const [arm] = 'arms' in weights ? weights.arms : [];
      return { interactions, segment: totals[1]?.interactions, borrowed: arm!.alpha - 1, beta: arm!.beta };
    }

    test.each([null, 24, 1_000])('borrows what pooling says, by a half-life of %s hours', async (halfLifeHours) => {
      const retrieverId = randomUUID();
      await learn(retrieverId, halfLifeHours);
      const known = { interactions: 5, segment: 10 * (365 * 24 + 1), beta: 6 };
      expect(await drawnFrom(retrieverId, 100)).toEqual({ ...known, borrowed: expect.closeTo(100, 6) });
      expect(await drawnFrom(retrieverId, 0)).toEqual({ ...known, borrowed: 0 });
      // At most all that has not faded.
      if (halfLifeHours === 24) expect((await drawnFrom(retrieverId, 10_000)).borrowed).toBeCloseTo(351, 0);
    });

    test('borrows about as much of what was learned before it was counted how it fades', async () => {
      const retrieverId = randomUUID();
      await learn(retrieverId, 24, { grown: undefined });
      const { borrowed } = await drawnFrom(retrieverId, 100);
      expect(borrowed).toBeGreaterThan(95);
      expect(borrowed).toBeLessThan(105);
    });
  });

  test('what was learned before a half-life was set counts whole beside what fades', async () => {
    const retrieverId = randomUUID();
    const { growth, epoch } = decayStamp(24, Date.now() - 24 * 3_600_000);
    const of = (factor: number) => ({ basis: 'text', sums: [4_000_000 * factor] });
    const rewards: Record<string, [number, number]> = { text: [4, 0] };
    await log.append(batchOf({ deltas: [deltaOf(retrieverId, everyone, 1, rewards, { evidence: of(1) })] }));
    const fading = { decay: { halfLifeHours: 24, epoch }, evidence: of(growth) };
    await log.append(batchOf({ deltas: [deltaOf(retrieverId, everyone, 1, { text: [4 * growth, 0] }, fading)] }));
    const { version, totals } = await store.read(retrieverId, [everyone]);
    expect(version).toBe(2);
    expect(totals[0]?.arms.get('text')?.rewards).toBeCloseTo(6, 2);
    expect(totals[0]!.evidence[0]!.sums[0]! / 1e6).toBeCloseTo(6, 2);
  });

  test('evidence that was taken back leaves exactly nothing', async () => {
    const retrieverId = randomUUID();
    for (const sign of [1, 1, -1, -1]) {
      const evidence = { basis: 'text', sums: [123_456_789, -7].map((sum) => sign * sum) };
      const deltas = [
        deltaOf(retrieverId, everyone, 1, { text: [1, 0] }, { evidence }),
        deltaOf(retrieverId, person('ada'), sign, { text: [sign, 0] }, { evidence }),
      ];
      await log.append(batchOf({ deltas }));
    }
    const { totals } = await store.read(retrieverId, [everyone, person('ada')]);
    expect(totals[0]?.evidence).toEqual([{ basis: 'text', sums: [0, 0] }]);
    expect(totals[1]).toBeNull();
  });

  test('sessions are contexts like others', async () => {
    const retrieverId = randomUUID();
    const session: ContextRef = { level: 'SESSION', key: 'ada' };
    await log.append(batchOf({ deltas: [deltaOf(retrieverId, session, 2, { text: [1, 0] })] }));
    const { totals } = await store.read(retrieverId, [person('ada'), session]);
    expect(totals.map((total) => total?.interactions ?? null)).toEqual([null, 2]);
  });

  test('context keys and feature URIs are data, whatever characters they hold', async () => {
    const retrieverId = randomUUID();
    const keys = [
      "O'Brien",
      '"; DROP TABLE posteriors; --',
      'back\\slash\\',
      'tab\tnew\nline\r',
      '雪山 🏔️ é',
      '["ada","de"]',
      "')] , [('GLOBAL",
      '',
      ' ',
      'x'.repeat(2_000),
    ];
    const uri = 'mixpeek://text_extractor@v1/mul\'ti"lin\\gual_雪';
    await log.append(batchOf({ deltas: keys.map((key) => deltaOf(retrieverId, person(key), 1, { [uri]: [1, 0] })) }));
    const { totals } = await store.read(retrieverId, keys.map(person));
    expect(totals.map((total) => total?.arms)).toEqual(keys.map(() => arms({ [uri]: [1, 0] })));
  });

  test('levels with the same key are contexts of their own', async () => {
    const retrieverId = randomUUID();
    const segment: ContextRef = { level: 'DEMOGRAPHIC', key: 'ada' };
    await log.append(batchOf({ deltas: [deltaOf(retrieverId, segment, 1, { text: [1, 0] })] }));
    const { totals } = await store.read(retrieverId, [person('ada'), segment]);
    expect(totals.map((total) => total?.interactions ?? null)).toEqual([null, 1]);
  });

  test('a thousand contexts are read at once', async () => {
    const retrieverId = randomUUID();
    const people = Array.from({ length: 1_000 }, (_, index) => person(`Zoë "${index}" O'Neill, ${'長'.repeat(20)}`));
    const deltas = people.map((context, index) => deltaOf(retrieverId, context, index + 1, { text: [index, 1] }));
    await log.append(batchOf({ deltas }));
    const { totals } = await store.read(retrieverId, people.toReversed());
    expect(totals.map((total) => total?.interactions)).toEqual(people.map((_, index) => 1_000 - index));
  });

  test('an aborted read rejects with the reason of the abort', async () => {
    const reason = new Error('nobody waits any more');
    const controller = new AbortController();
    const reading = store.read(randomUUID(), [everyone], controller.signal);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(store.read(randomUUID(), [everyone], AbortSignal.abort(reason))).rejects.toBe(reason);
    expect((await store.read(randomUUID(), [everyone])).version).toBe(0);
  });
});

const arms = (totals: Record<string, [rewards: number, failures: number]>) =>
  new Map(Object.entries(totals).map(([uri, [rewards, failures]]) => [uri, { rewards, failures }]));
