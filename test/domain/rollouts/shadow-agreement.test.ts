import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRankings } from '../../../src/rollouts/shadow-agreement.ts';

describe('the agreement of two rankings', () => {
  test('by hand', () => {
    // pairs of a, b, c, d in the shadow's places 1, 0, 3, 2: 4 concordant, 2 discordant
    expect(compareRankings(['a', 'b', 'c', 'd'], ['b', 'a', 'd', 'c'])).toEqual({
      ...{ overlapAt1: 0, overlapAt3: 2 / 3, overlapAt5: 1, overlapAt10: 1 },
      rankCorrelation: (4 - 2) / 6,
    });
  });

  test('is full with itself, and reversed it correlates at -1', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 30 }), (ids) => {
        expect(compareRankings(ids, ids)).toEqual({
          ...{ overlapAt1: 1, overlapAt3: 1, overlapAt5: 1, overlapAt10: 1, rankCorrelation: 1 },
        });
        expect(compareRankings(ids, [...ids].reverse()).rankCorrelation).toBe(-1);
      }),
    );
  });

  test('two empty lists agree; an empty and a full one do not; one in common has no order', () => {
    expect(compareRankings([], [])).toMatchObject({ overlapAt10: 1, rankCorrelation: null });
    expect(compareRankings(['a'], [])).toMatchObject({ overlapAt10: 0, rankCorrelation: null });
    expect(compareRankings(['a', 'b'], ['a', 'c'])).toMatchObject({ overlapAt3: 0.5, rankCorrelation: null });
  });
});
