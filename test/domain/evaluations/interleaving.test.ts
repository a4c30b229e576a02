import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { creditTeams, teamDraft } from '../../../src/evaluations/interleaving.ts';
import { sequentialSignTest } from '../../../src/evaluations/sequential-sign-test.ts';
import { seededRng } from '../../../src/shared/rng.ts';

const ranking = (ids: string) => [...ids].map((documentId) => ({ documentId }));
const draft = (baseline: string, candidate: string, seed = 'seed', limit = 10) => {
  const { hits, teams } = teamDraft(ranking(baseline), ranking(candidate), limit, seededRng(seed));
  return { ids: hits.map(({ documentId }) => documentId).join(''), teams };
};

describe('team draft', () => {
  test('gives each side its best document that is not there yet, by turns', () => {
    const drafts = Array.from({ length: 50 }, (_, seed) => draft('abc', 'xyz', `${seed}`, 4).ids);
    expect(new Set(drafts)).toEqual(new Set(['axby', 'axyb', 'xaby', 'xayb']));
  });

  test('lets what both would have shown alike belong to both', () => {
    expect(draft('abc', 'abc')).toEqual({ ids: 'abc', teams: ['BOTH', 'BOTH', 'BOTH'] });
    const { ids, teams } = draft('abcd', 'abdc');
    expect(ids.slice(0, 2)).toBe('ab');
    expect(teams.slice(0, 2)).toEqual(['BOTH', 'BOTH']);
    expect(teams.slice(2).toSorted()).toEqual(['BASELINE', 'CANDIDATE']);
  });

  const rankings = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 8 }).map((ids) => ids.join(''));

  test('shows every document once, in no order that both sides disagree with', () => {
    fc.assert(
      fc.property(
        rankings,
        rankings,
        fc.string(),
        fc.integer({ min: 1, max: 8 }),
        (baseline, candidate, seed, limit) => {
          const { ids, teams } = draft(baseline, candidate, seed, limit);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.length).toBe(Math.min(limit, new Set(baseline + candidate).size));
          expect(teams).toHaveLength(ids.length);
          for (const [place, id] of [...ids].entries()) {
            const source = teams[place] === 'CANDIDATE' ? candidate : baseline;
            const before = source.slice(0, source.indexOf(id));
            expect([...before].every((earlier) => ids.slice(0, place).includes(earlier))).toBe(true);
          }
        },
      ),
    );
  });

  test('is fair: the teams differ by at most one round at every length', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const { teams } = draft('abcdefgh', 'stuvwxyz', seed, 16);
        for (const length of teams.keys()) {
          const part = teams.slice(0, length);
          const lead = part.filter((team) => team === 'BASELINE').length * 2 - part.length;
          expect(Math.abs(lead)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('credits a team with what its documents earned, and nobody for what both showed', () => {
    const earned = new Map([
      ['a', 1],
      ['b', 0.5],
      ['c', -0.25],
      ['gone', 1],
    ]);
    const credit = creditTeams(['a', 'b', 'c'], ['BOTH', 'CANDIDATE', 'BASELINE'], earned);
    expect(credit).toEqual({ baseline: -0.25, candidate: 0.5 });
  });
});

describe('the sequential test', () => {
  const at = (wins: number, losses: number) => sequentialSignTest(wins, losses, 0.05, 1);

  test('has the mixture likelihood ratio of Robbins, worked by hand', () => {
    // Λ = B(w + 1, l + 1) · 2ⁿ; 8 wins of 8: 2⁸ / 9
    expect(at(8, 0).pValue).toBeCloseTo(9 / 256, 12);
    // 9 wins and 1 loss: B(10, 2) = 9! 1! / 11! = 1 / 110
    expect(at(9, 1).pValue).toBeCloseTo(110 / 1024, 12);
    expect(at(0, 0)).toMatchObject({ pValue: 1, share: 0.5, low: 0, high: 1 });
  });

  test('treats both sides alike', () => {
    const [one, other] = [at(40, 13), at(13, 40)];
    expect(one.pValue).toBeCloseTo(other.pValue, 12);
    expect(one.low).toBeCloseTo(1 - other.high, 9);
  });

  test('never takes a p-value back', () => {
    expect(sequentialSignTest(5, 5, 0.05, 0.02).pValue).toBe(0.02);
  });

  test('has a confidence sequence that leaves out one half exactly where it decides', () => {
    for (let wins = 0; wins <= 60; wins++) {
      const { pValue, low, high } = at(wins, 60 - wins);
      expect(low > 0.5 || high < 0.5).toBe(pValue < 0.05);
    }
  });

  /** The share of experiments in which one who looks after every search ever decides. */
  function everDecides(share: number, searches: number, rounds: number): number {
    let decided = 0;
    for (let round = 0; round < rounds; round++) {
      const rng = seededRng(`${share} ${round}`);
      let [wins, losses, pValue] = [0, 0, 1];
      for (let search = 0; search < searches && pValue > 0.05; search++) {
        if (rng.next() < share) wins++;
        else losses++;
        ({ pValue } = sequentialSignTest(wins, losses, 0.05, pValue));
      }
      if (pValue <= 0.05) decided++;
    }
    return decided / rounds;
  }

  test('seldom decides where there is no difference, though one look after every search', () => {
    expect(everDecides(0.5, 500, 200)).toBeLessThanOrEqual(0.08);
  });

  test('decides soon where there is one', () => {
    expect(everDecides(0.7, 300, 50)).toBeGreaterThan(0.95);
  });
});
