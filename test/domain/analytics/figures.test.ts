import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deadFeatures } from '../../../src/analytics/dead-features.ts';
import { latencyQuantile } from '../../../src/analytics/latency-histogram.ts';
import { positionCurve, ratesOf } from '../../../src/analytics/rates.ts';
import { outcomeGained, outcomeOf, type OutcomeSums } from '../../../src/analytics/search-outcome.ts';
import { upliftOf } from '../../../src/analytics/uplift.ts';
import { interactionTypes, type Signal } from '../../../src/interactions/interaction.ts';
import { defaultRewardMap } from '../../../src/learning/reward.ts';
import { executionOf } from '../../fixtures/interaction.ts';

describe('uplift', () => {
  // Ratio 1.2; variance of its logarithm 1/120 − 1/1000 + 1/100 − 1/1000 = 0.016333
  test('has the interval of the logarithm of the ratio', () => {
    const uplift = upliftOf({ hits: 120, trials: 1_000 }, { hits: 100, trials: 1_000 });
    expect(uplift.relative).toBeCloseTo(0.2, 12);
    expect(uplift.low).toBeCloseTo(1.2 * Math.exp(-1.96 * Math.sqrt(0.0163333)) - 1, 4);
    expect(uplift.high).toBeCloseTo(1.2 * Math.exp(1.96 * Math.sqrt(0.0163333)) - 1, 4);
    expect(uplift.verdict).toBe('NO_DIFFERENCE_SHOWN');
  });

  test('is better or worse where the interval says so', () => {
    const many = { hits: 12_000, trials: 100_000 };
    const fewer = { hits: 10_000, trials: 100_000 };
    expect(upliftOf(many, fewer).verdict).toBe('BETTER');
    expect(upliftOf(fewer, many).verdict).toBe('WORSE');
  });

  test('judges a side without a hit by how much was tried', () => {
    const [none, many, few] = [0, 1_500, 1].map((hits) => ({ hits, trials: 5_000 }));
    expect(upliftOf(none!, many!)).toMatchObject({ relative: -1, low: null, verdict: 'WORSE' });
    expect(upliftOf(many!, none!)).toMatchObject({ relative: null, low: null, verdict: 'BETTER' });
    expect(upliftOf(none!, few!)).toMatchObject({ relative: -1, verdict: 'NO_DIFFERENCE_SHOWN' });
    expect(upliftOf(none!, none!)).toMatchObject({ relative: null, verdict: 'NO_DIFFERENCE_SHOWN' });
  });

  test('compares nothing with nothing', () => {
    const nothing = { hits: 0, trials: 0 };
    expect(upliftOf({ hits: 1, trials: 9 }, nothing)).toMatchObject({ relative: null, verdict: 'NOTHING_TO_COMPARE' });
    expect(upliftOf(nothing, { hits: 1, trials: 9 })).toMatchObject({ relative: null, verdict: 'NOTHING_TO_COMPARE' });
    expect(upliftOf({ hits: 0, trials: 9 }, { hits: 1, trials: 9 })).toMatchObject({ relative: -1, low: null });
  });
});

const sums = {
  ...{ searches: 10, zeroResults: 1, clicked: 4, interacted: 5, penalised: 2, clicks: 6, reciprocalRanks: 3 },
  ...{ shownAt: [9, 9, 5], clicksAt: [3, 2] },
};

test('rates are shares of searches', () => {
  expect(ratesOf(sums)).toEqual({
    ...{ ctr: 0.4, mrr: 0.3, mrrOfClicked: 0.75, interactionRate: 0.5, penaltyRate: 0.2, zeroResultRate: 0.1 },
  });
  const none = { ...sums, searches: 0, clicked: 0 };
  expect(Object.values(ratesOf(none))).toEqual([0, 0, 0, 0, 0, 0]);
});

test('the curve has a point for every position that was shown', () => {
  expect(positionCurve(sums)).toEqual([
    { position: 0, shown: 9, clicks: 3, ctr: 1 / 3 },
    { position: 1, shown: 9, clicks: 2, ctr: 2 / 9 },
    { position: 2, shown: 5, clicks: 0, ctr: 0 },
  ]);
});

test('quantiles of a histogram are within 1.1 % of those of the durations, however it was merged', () => {
  const bucketOf = (ms: number) => Math.round(32 * Math.log2(ms));
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (durations, share) => {
        const histogram = new Map<number, number>();
        for (const ms of durations) histogram.set(bucketOf(ms), (histogram.get(bucketOf(ms)) ?? 0) + 1);
        const sorted = durations.toSorted((one, other) => one - other);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
        expect(Math.abs(latencyQuantile(histogram, share)! / exact - 1)).toBeLessThan(0.011);
      },
    ),
  );
  expect(latencyQuantile(new Map(), 0.5)).toBeNull();
});

test('dead features find nothing, show nothing or move nothing', () => {
  const feature = (featureUri: string, change: object) => ({
    ...{ featureUri, searches: 100, empty: 0, candidates: 900, hitsFound: 500, hitsShown: 1_000, share: 0.5 },
    ...change,
  });
  const dead = deadFeatures([
    feature('alive', {}),
    feature('young', { searches: 49, empty: 49 }),
    feature('empty', { empty: 100 }),
    feature('outweighed', { hitsFound: 9 }),
    feature('weightless', { share: 0.009 }),
    feature('no hits at all', { hitsFound: 0, hitsShown: 0, share: 0 }),
  ]);
  expect(dead.map(({ featureUri, reason }) => [featureUri, reason.slice(0, 16)])).toEqual([
    ['empty', 'It finds nothing'],
    ['outweighed', 'What it finds is'],
    ['weightless', 'It contributes l'],
  ]);
});

describe('the outcome of a search', () => {
  const execution = executionOf(['a', 'b', 'c']);
  const signal = (documentId: string, type: Signal['type'] = 'CLICK'): Signal => ({
    documentId,
    type,
    durationMs: null,
  });

  test('is where it was clicked, and whether anything was rewarded or penalised', () => {
    const of = (...signals: Signal[]) => outcomeOf(execution, signals, defaultRewardMap);
    expect(of()).toEqual({ clickedAt: [], rewarded: false, penalised: false });
    expect(of(signal('c'), signal('a'), signal('c'))).toEqual({ clickedAt: [0, 2], rewarded: true, penalised: false });
    expect(of(signal('b', 'SKIP'), signal('', 'QUERY_REFINEMENT'))).toMatchObject({ clickedAt: [], penalised: true });
    expect(of(signal('elsewhere'), signal('a', 'VIEW'))).toEqual({ clickedAt: [], rewarded: false, penalised: false });
  });

  const signals = fc.array(
    fc.record({
      documentId: fc.constantFrom('', 'a', 'b', 'c', 'd'),
      type: fc.constantFrom(...interactionTypes),
      durationMs: fc.constant(null),
    }),
  );

  test('differences add up to the outcome, in however many steps it was told', () => {
    fc.assert(
      fc.property(fc.array(signals, { minLength: 1, maxLength: 5 }), (steps) => {
        const seen: Signal[] = [];
        let before: ReturnType<typeof outcomeOf> | null = null;
        const told: OutcomeSums[] = [];
        for (const step of steps) {
          seen.push(...step);
          const now = outcomeOf(execution, seen, defaultRewardMap);
          const gained = outcomeGained(execution, now, before);
          if (gained !== null) told.push(gained);
          before = now;
        }
        const whole = outcomeGained(execution, outcomeOf(execution, seen, defaultRewardMap), null);
        const sum = (pick: (sums: OutcomeSums) => number) => told.reduce((all, one) => all + pick(one), 0);
        for (const key of ['clicked', 'interacted', 'penalised', 'clicks', 'reciprocalRanks'] as const) {
          expect(sum((one) => one[key])).toBeCloseTo(whole?.[key] ?? 0, 9);
        }
        for (const position of [0, 1, 2]) {
          expect(sum((one) => one.clicksAt[position] ?? 0)).toBe(whole?.clicksAt[position] ?? 0);
        }
      }),
    );
  });
});
