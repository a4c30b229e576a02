import { describe, expect, test } from 'vitest';
import type { WeightSums } from '../../../src/analytics/analytics-store.ts';
import { judgeWeights } from '../../../src/analytics/judge-weights.ts';

const row = (at: number, featureUri: string, mean: number, change: Partial<WeightSums> = {}): WeightSums => ({
  ...{ at, level: 'GLOBAL', featureUri, searches: 100, applied: mean, mean, spread: 0, drawVariance: 0.0001 },
  ...change,
});
/** Two features whose weights sum to 1, over the times given. */
const history = (firsts: readonly number[], change: Partial<WeightSums> = {}) =>
  firsts.flatMap((mean, at) => [row(at, 'a', mean, change), row(at, 'b', 1 - mean, change)]);

describe('the verdict on learned weights', () => {
  test.each([
    ['nothing learned', [], 'NOTHING_LEARNED'],
    ['few searches', history([0.5], { searches: 29 }), 'STILL_EXPLORING'],
    ['draws that stray', history([0.5, 0.5], { drawVariance: 0.02 }), 'STILL_EXPLORING'],
    ['draws that stray a little', history([0.5, 0.5], { drawVariance: 0.005 }), 'CONVERGING'],
    ['means that move', history([0.5, 0.5, 0.6, 0.6]), 'CONVERGING'],
    ['means that stand', history([0.3, 0.59, 0.6, 0.3, 0.6, 0.59].slice(1, 3)), 'CONVERGED'],
    ['a single time', history([0.6]), 'CONVERGED'],
  ])('%s', (_name, rows, state) => {
    expect(judgeWeights(rows, []).state).toBe(state);
  });

  test('a feature that is new in the second half has not converged', () => {
    expect(judgeWeights([...history([0.5, 0.5]), row(1, 'c', 0.1)], []).state).toBe('CONVERGING');
  });

  test('means count searches, not times', () => {
    const rows = [row(0, 'a', 0.5), row(1, 'a', 0.9, { searches: 1 }), row(2, 'a', 0.5, { searches: 10_000 })];
    expect(judgeWeights(rows, []).state).toBe('CONVERGED');
  });

  test('one feature dominates from 0.8 on, once it is not too early to tell', () => {
    expect(judgeWeights(history([0.8, 0.8]), [])).toMatchObject({ dominatedBy: 'a', state: 'CONVERGED' });
    expect(judgeWeights(history([0.8, 0.8]), []).text).toContain('Dominated by one feature: a');
    expect(judgeWeights(history([0.2, 0.2]), []).dominatedBy).toBe('b');
    expect(judgeWeights(history([0.79, 0.79]), []).dominatedBy).toBeNull();
    expect(judgeWeights(history([0.9, 0.9], { drawVariance: 0.5 }), []).dominatedBy).toBeNull();
    expect(judgeWeights([row(0, 'only', 1)], []).dominatedBy).toBeNull();
  });

  test('segments differ where means of enough searches are 0.15 apart', () => {
    const segment = (name: string, mean: number, searches = 100) => ({
      segment: name,
      featureUri: 'a',
      searches,
      mean,
    });
    const judge = (...segments: ReturnType<typeof segment>[]) => judgeWeights(history([0.5]), segments).segmentsDiffer;
    expect(judge(segment('x', 0.3), segment('y', 0.46))).toBe(true);
    expect(judge(segment('x', 0.3), segment('y', 0.44))).toBe(false);
    expect(judge(segment('x', 0.3), segment('y', 0.9, 29))).toBe(false);
    expect(judge()).toBe(false);
  });
});
