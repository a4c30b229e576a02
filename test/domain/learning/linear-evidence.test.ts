import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearEvidence, linearEvidenceLength, readLinearEvidence } from '../../../src/learning/linear-evidence.ts';
import { hitsOf, rewarded } from './executed-hits.ts';

const pair = ['a', 'b'];
const anyScore = fc.constantFrom(0, 0.25, 0.5, 1);
const anyRows = fc.array(
  fc.record({
    scores: fc.tuple(anyScore, anyScore),
    outcome: fc.record({ reward: fc.integer({ min: -8, max: 8 }).map((n) => n / 8), examined: fc.constantFrom(0, 1) }),
  }),
  { maxLength: 12 },
);
type Rows = typeof anyRows extends fc.Arbitrary<infer Value> ? Value : never;

function evidence(rows: Rows): number[] {
  const hits = hitsOf(
    pair,
    rows.map(({ scores }) => scores),
  );
  return linearEvidence(
    hits,
    rows.map(({ outcome }) => outcome),
    pair,
  );
}

describe('linearEvidence', () => {
  it('is the sums that one works out by hand', () => {
    const hits = hitsOf(pair, [
      [1, 0.5],
      [0, 1],
      [0.5, 0],
    ]);
    const outcomes = [...rewarded(1, -0.5), { reward: 0, examined: 0 }];
    expect(readLinearEvidence(linearEvidence(hits, outcomes, pair), 2)).toEqual({
      // Of (1, 0.5, 1) and (0, 1, 1): the third was not looked at.
      precision: [
        [1, 0.5, 1],
        [0.5, 1.25, 1.5],
        [1, 1.5, 2],
      ],
      response: [1, 0, 0.5],
    });
  });

  it('does not depend on the order of the hits, and adds up', () => {
    const shuffled = anyRows.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }), fc.nat(rows.length)),
    );
    fc.assert(
      fc.property(shuffled, ([rows, other, cut]) => {
        const whole = evidence(rows);
        expect(evidence(other)).toEqual(whole);
        const [first, rest] = [evidence(rows.slice(0, cut)), evidence(rows.slice(cut))];
        expect(first.map((sum, index) => sum + rest[index]!)).toEqual(whole);
      }),
    );
  });

  it('is whole numbers, as many as announced, also of scores that are not', () => {
    const anyReal = fc.double({ min: 0, max: 1, noNaN: true });
    const rows = fc.array(fc.tuple(anyReal, anyReal, anyReal), { maxLength: 10 });
    fc.assert(
      fc.property(rows, (scores) => {
        const uris = ['a', 'b', 'c'];
        const sums = linearEvidence(hitsOf(uris, scores), rewarded(...scores.map(([x]) => x)), uris);
        expect(sums).toHaveLength(linearEvidenceLength(3));
        expect(sums.every(Number.isSafeInteger)).toBe(true);
      }),
    );
  });

  it('is zeros where nothing came of any document', () => {
    const hits = hitsOf(pair, [[1, 1]]);
    expect(linearEvidence(hits, [{ reward: 0, examined: 0 }], pair)).toEqual(
      new Array(linearEvidenceLength(2)).fill(0),
    );
  });
});
