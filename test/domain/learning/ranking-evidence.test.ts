import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  rankingEvidence,
  rankingEvidenceLength,
  readRankingEvidence,
  type DocumentOutcome,
} from '../../../src/learning/ranking-evidence.ts';
import { weightLattice } from '../../../src/learning/weight-lattice.ts';
import { hitsOf, rewarded } from './executed-hits.ts';

const MILLION = 1e6;
const pair = ['a', 'b'];
const untouched: DocumentOutcome = { reward: 0, examined: 0 };

const discount = (rank: number) => 1 / Math.log2(2 + rank);
const between = (rank: number) => (discount(rank) + discount(rank + 1)) / 2;

// Scores with ties; eighths of a reward add up without rounding.
const anyScore = fc.constantFrom(0, 0.2, 0.25, 0.5, 0.7, 1);
const anyOutcome = fc.record({
  reward: fc.integer({ min: -16, max: 16 }).map((eighths) => eighths / 8),
  examined: fc.constantFrom(0, 1),
});

interface Row {
  scores: number[];
  outcome: DocumentOutcome;
}

/** The features of a list, and its documents. */
const anyList = fc.integer({ min: 1, max: 5 }).chain((features) =>
  fc.record({
    uris: fc.constant(Array.from({ length: features }, (_, index) => `feature-${index}`)),
    rows: fc.array(
      fc.record({ scores: fc.array(anyScore, { minLength: features, maxLength: features }), outcome: anyOutcome }),
      { maxLength: 14 },
    ),
  }),
);

function evidence(uris: readonly string[], rows: readonly Row[]): number[] {
  const hits = hitsOf(
    uris,
    rows.map(({ scores }) => scores),
  );
  return rankingEvidence(
    hits,
    rows.map(({ outcome }) => outcome),
    uris,
  );
}

describe('rankingEvidence', () => {
  it('is the table that one works out by hand', () => {
    // By weight w on a, the totals are w, 0.6 and 1 − w. The first is clicked, the second was seen too.
    const hits = hitsOf(pair, [
      [1, 0],
      [0.6, 0.6],
      [0, 1],
    ]);
    const sums = rankingEvidence(hits, [{ reward: 0.5, examined: 1 }, { reward: 0, examined: 1 }, untouched], pair);
    const { gains, exposures, ...scalars } = readRankingEvidence(sums, 2);
    expect(scalars).toEqual({ lists: 1, examined: 2, reward: 0.5, rewardMagnitude: 0.5, rewardSquare: 0.25 });
    const twentieths = weightLattice(2).map(([w]) => Math.round(20 * w!));
    const first = (w: number) => {
      if (w < 10) return discount(2);
      return (
        new Map([
          [10, between(1)],
          [11, discount(1)],
          [12, between(0)],
        ]).get(w) ?? discount(0)
      );
    };
    const second = (w: number) => {
      if (w === 8 || w === 12) return between(0);
      return w > 8 && w < 12 ? discount(0) : discount(1);
    };
    for (const [point, w] of twentieths.entries()) {
      expect(gains[point]).toBeCloseTo(0.5 * first(w), 5);
      expect(exposures[point]).toBeCloseTo(first(w) + second(w), 5);
    }
  });

  it('does not depend on the order of the hits', () => {
    const shuffled = anyList.chain(({ uris, rows }) =>
      fc.tuple(fc.constant(uris), fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
    );
    fc.assert(
      fc.property(shuffled, ([uris, rows, other]) => {
        expectCloseInMillionths(evidence(uris, other), evidence(uris, rows));
      }),
    );
  });

  it('does not depend on the order in which hits name their features', () => {
    fc.assert(
      fc.property(anyList, ({ uris, rows }) => {
        const hits = hitsOf(
          uris,
          rows.map(({ scores }) => scores),
        );
        const outcomes = rows.map(({ outcome }) => outcome);
        const turned = hits.map((hit) => ({ ...hit, features: hit.features.toReversed() }));
        expect(rankingEvidence(turned, outcomes, uris)).toEqual(rankingEvidence(hits, outcomes, uris));
      }),
    );
  });

  it('says of a weight vector the same whichever feature is called what', () => {
    fc.assert(
      fc.property(anyList, ({ uris, rows }) => {
        const mirrored = rows.map(({ scores, outcome }) => ({ scores: scores.toReversed(), outcome }));
        const gainOf = (sums: readonly number[], turn: boolean) => {
          const { gains } = readRankingEvidence(sums, uris.length);
          const named = weightLattice(uris.length).map((weights, point): [string, number] => [
            String(turn ? weights.toReversed() : weights),
            Math.round(gains[point]! * MILLION),
          ]);
          return Object.fromEntries(named);
        };
        const plain = gainOf(evidence(uris, rows), false);
        const turned = gainOf(evidence(uris, mirrored), true);
        // Sums of other orders may round to a neighbour.
        for (const [weights, gain] of Object.entries(plain)) expect(Math.abs(turned[weights]! - gain)).toBeLessThan(2);
      }),
    );
  });

  it('adds up: what a list says is the sum of what its documents say', () => {
    fc.assert(
      fc.property(anyList, ({ uris, rows }) => {
        const whole = evidence(uris, rows);
        const parts = rows.map((_, own) =>
          evidence(
            uris,
            rows.map((row, place) => (place === own ? row : { ...row, outcome: untouched })),
          ),
        );
        // The first number counts lists.
        for (let index = 1; index < whole.length; index++) {
          const sum = parts.reduce((total, part) => total + part[index]!, 0);
          expect(Math.abs(sum - whole[index]!)).toBeLessThanOrEqual(rows.length);
        }
      }),
    );
  });

  it('is whole numbers, as many as announced', () => {
    fc.assert(
      fc.property(anyList, ({ uris, rows }) => {
        const sums = evidence(uris, rows);
        expect(sums).toHaveLength(rankingEvidenceLength(uris.length));
        expect(sums.every(Number.isSafeInteger)).toBe(true);
      }),
    );
  });

  it('is zeros, and no list, where nothing came of any document', () => {
    fc.assert(
      fc.property(anyList, ({ uris, rows }) => {
        const ignored = rows.map(({ scores }) => ({ scores, outcome: untouched }));
        expect(evidence(uris, ignored)).toEqual(new Array(rankingEvidenceLength(uris.length)).fill(0));
      }),
    );
  });

  it('gives documents of equal score the mean of their ranks', () => {
    const hits = hitsOf(pair, Array(4).fill([0.5, 0.5]));
    const { gains } = readRankingEvidence(rankingEvidence(hits, rewarded(0, 0, 1, 0), pair), 2);
    for (const gain of gains) expect(gain).toBeCloseTo(between(1), 5);
  });

  it('counts nothing below the tenth rank', () => {
    const ranked = (place: number) =>
      readRankingEvidence(
        rankingEvidence(
          hitsOf(
            ['a'],
            Array.from({ length: 12 }, (_, rank) => [1 - rank / 20]),
          ),
          Array.from({ length: 12 }, (_, rank) => (rank === place ? { reward: 1, examined: 1 } : untouched)),
          ['a'],
        ),
        1,
      );
    expect(ranked(9)).toMatchObject({ gains: [expect.closeTo(discount(9), 5)], examined: 1 });
    expect(ranked(10)).toMatchObject({ gains: [0], exposures: [0], examined: 1, reward: 1 });
    expect(ranked(11)).toMatchObject({ gains: [0], exposures: [0], examined: 1, reward: 1 });
  });

  it('keeps magnitudes and squares of penalties', () => {
    const sums = rankingEvidence(hitsOf(['a'], [[1], [0.5]]), rewarded(1, -0.5), ['a']);
    expect(readRankingEvidence(sums, 1)).toMatchObject({ reward: 0.5, rewardMagnitude: 1.5, rewardSquare: 1.25 });
  });
});

describe('readRankingEvidence', () => {
  it('finds nothing in sums that are not there', () => {
    expect(readRankingEvidence([], 2)).toEqual({
      ...{ lists: 0, examined: 0, reward: 0, rewardMagnitude: 0, rewardSquare: 0 },
      ...{ gains: [], exposures: [] },
    });
  });

  it('leaves out what stands behind them', () => {
    const sums = rankingEvidence(hitsOf(pair, [[1, 0]]), rewarded(1), pair);
    expect(readRankingEvidence([...sums, 7, 8, 9], 2)).toEqual(readRankingEvidence(sums, 2));
  });
});

/** Sums of doubles in another order may round to the neighbouring millionth. */
function expectCloseInMillionths(some: readonly number[], others: readonly number[]): void {
  expect(some).toHaveLength(others.length);
  for (const [index, value] of some.entries()) expect(Math.abs(value - others[index]!)).toBeLessThanOrEqual(1);
}
