import { describe, expect, test } from 'vitest';
import { testPairs } from '../../../src/evaluations/paired-test.ts';
import { verdictInWords, verdictOf } from '../../../src/evaluations/verdict.ts';
import { seededRng } from '../../../src/shared/rng.ts';

const paired = (differences: readonly number[], seed = 'seed') => testPairs(differences, seededRng(seed));

/** Box and Muller. */
function normals(count: number, mean: number, deviation: number, seed: string): number[] {
  const rng = seededRng(seed);
  const draw = () => Math.sqrt(-2 * Math.log(rng.next())) * Math.cos(2 * Math.PI * rng.next());
  return Array.from({ length: count }, () => mean + deviation * draw());
}

describe('paired differences', () => {
  test('of few pairs have an exact p-value', () => {
    // 2 of the 2³ assignments of signs have a sum as large: +++ and −−−
    expect(paired([0.1, 0.2, 0.3]).pValue).toBe(2 / 8);
    // the sum is 0.2; all but ±0 of {±0.3 ±0.1}: |0.2| or |0.4|
    expect(paired([0.3, -0.1]).pValue).toBe(1);
    expect(paired(Array.from({ length: 10 }, () => 0.5)).pValue).toBe(2 / 2 ** 10);
  });

  test('of many pairs have nearly the p-value of a t-test', () => {
    // t = mean / (s / √n) = 2.2 at n = 100: two-sided p = 0.030
    const raw = normals(100, 0, 1, 'p');
    const mean = raw.reduce((sum, value) => sum + value, 0) / 100;
    const deviation = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 99);
    const differences = raw.map((value) => (value - mean) / deviation + 2.2 / 10);
    expect(paired(differences).pValue).toBeGreaterThan(0.02);
    expect(paired(differences).pValue).toBeLessThan(0.042);
  });

  test('never have a p-value of 0: what was observed is one of the assignments', () => {
    const clear = paired(Array.from({ length: 40 }, () => 0.5));
    expect(clear.pValue).toBeCloseTo(1 / 5_001, 12);
  });

  test('have an interval that mostly holds the truth', () => {
    const held = Array.from({ length: 100 }, (_, round) =>
      paired(normals(40, 0.3, 1, `interval ${round}`), `${round}`),
    );
    const share = held.filter(({ low, high }) => low <= 0.3 && 0.3 <= high).length;
    expect(share).toBeGreaterThanOrEqual(87);
    expect(share).toBeLessThan(100);
  });

  test('seldom show a difference where there is none', () => {
    const rounds = Array.from({ length: 100 }, (_, round) => paired(normals(30, 0, 1, `null ${round}`), `${round}`));
    expect(rounds.filter((test) => verdictOf(test) !== 'NO_DIFFERENCE_SHOWN').length).toBeLessThanOrEqual(12);
  });

  test('find the smallest detectable difference about four times in five', () => {
    const { smallestDetectable } = paired([1, -1, 1, -1, 1, -1, 1, -1, 1, -1]);
    expect(smallestDetectable).toBeCloseTo(2.801585 * Math.sqrt(10 / 9 / 10), 6);
    const truth = 2.801585 / Math.sqrt(50);
    const rounds = Array.from({ length: 100 }, (_, round) =>
      paired(normals(50, truth, 1, `power ${round}`), `${round}`),
    );
    const found = rounds.filter((test) => verdictOf(test) === 'BETTER').length;
    expect(found).toBeGreaterThanOrEqual(68);
    expect(found).toBeLessThanOrEqual(92);
  });

  test('that are all 0 show nothing, and say so', () => {
    const none = paired([0, 0, 0]);
    expect(none).toEqual({ count: 3, mean: 0, low: 0, high: 0, pValue: 1, smallestDetectable: null });
    expect(verdictInWords(none, 'nDCG@10', 'queries')).toContain('Both scored the same on all queries.');
  });

  test('give the same figures for the same seed', () => {
    const differences = normals(30, 0.1, 1, 'same');
    expect(paired(differences, 'a')).toEqual(paired(differences, 'a'));
    expect(paired(differences, 'b')).not.toEqual(paired(differences, 'a'));
  });
});

describe('the verdict', () => {
  test.each([
    [0.01, 0.02, 0.3, 'BETTER'],
    [0.01, -0.3, -0.02, 'WORSE'],
    [0.2, 0.02, 0.3, 'NO_DIFFERENCE_SHOWN'],
    [0.01, -0.01, 0.3, 'NO_DIFFERENCE_SHOWN'],
    [0.05, 0.02, 0.3, 'NO_DIFFERENCE_SHOWN'],
  ] as const)('at p %d and an interval from %d to %d is %s', (pValue, low, high, verdict) => {
    expect(verdictOf({ pValue, low, high })).toBe(verdict);
  });

  test('in words has its figures, and what would have gone unseen', () => {
    const shown = { count: 40, mean: 0.05, low: 0.01, high: 0.09, pValue: 0.0004, smallestDetectable: 0.06 };
    expect(verdictInWords(shown, 'nDCG@10', 'queries')).toBe(
      'The candidate is better: +0.050 nDCG@10 over 40 queries (95 % interval +0.010 to +0.090, p < 0.001).',
    );
    const unclear = { ...shown, low: -0.03, pValue: 0.21 };
    expect(verdictInWords(unclear, 'MRR@5', 'sessions')).toBe(
      'No difference is shown: +0.050 MRR@5 over 40 sessions (95 % interval −0.030 to +0.090, p = 0.210). With 40 sessions as varied as these, a difference below 0.060 would mostly go unseen.',
    );
  });
});
