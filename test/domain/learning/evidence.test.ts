import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceBasis, evidenceOf, readEvidence } from '../../../src/learning/evidence.ts';
import { linearEvidence, readLinearEvidence } from '../../../src/learning/linear-evidence.ts';
import { rankingEvidence, readRankingEvidence } from '../../../src/learning/ranking-evidence.ts';
import { hitsOf, rewarded } from './executed-hits.ts';

const uris = ['a', 'b', 'c'];
const hits = hitsOf(uris, [
  [1, 0, 0.3],
  [0.2, 1, 0],
]);
const outcomes = rewarded(1, 0);

describe('evidence', () => {
  it('does not depend on the order or the repetition of the features given', () => {
    const some = fc.shuffledSubarray([...uris, ...uris], { minLength: 4 }).filter((all) => new Set(all).size === 3);
    fc.assert(
      fc.property(some, (others) => {
        expect(evidenceBasis(others)).toBe(evidenceBasis(uris));
        expect(evidenceOf(hits, outcomes, others)).toEqual(evidenceOf(hits, outcomes, uris));
      }),
    );
  });

  it('has a basis of its own for every set of features', () => {
    const set = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(set, set, (some, others) => {
        const same = JSON.stringify(some.toSorted()) === JSON.stringify(others.toSorted());
        expect(evidenceBasis(some) === evidenceBasis(others)).toBe(same);
      }),
    );
    expect(evidenceBasis(uris)).toMatch(/^[\w-]{16}$/);
  });

  it('teaches every algorithm at once, and each reads its own part', () => {
    const { ranking, linear } = readEvidence(evidenceOf(hits, outcomes, uris).sums, 3);
    expect(ranking).toEqual(readRankingEvidence(rankingEvidence(hits, outcomes, uris), 3));
    expect(linear).toEqual(readLinearEvidence(linearEvidence(hits, outcomes, uris), 3));
  });
});
