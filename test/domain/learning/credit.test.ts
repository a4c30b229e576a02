import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignCredit } from '../../../src/learning/credit.ts';
import { anyExecution, creditRules, feature } from './executed-hits.ts';

describe('assignCredit', () => {
  it('sums to 1 under every rule, for the hits of every fusion method', () => {
    fc.assert(
      fc.property(fc.constantFrom(...creditRules), anyExecution, (rule, { hits }) => {
        for (const { features } of hits) {
          const credit = assignCredit(rule, features);
          expect(credit.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
          for (const share of credit) expect(share).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('gives nothing to a feature that did not find the document', () => {
    fc.assert(
      fc.property(fc.constantFrom(...creditRules), anyExecution, (rule, { hits }) => {
        for (const { features } of hits) {
          const credit = assignCredit(rule, features);
          for (const [index, { rank }] of features.entries()) if (rank === null) expect(credit[index]).toBe(0);
        }
      }),
    );
  });

  it('does not depend on the order of the features', () => {
    fc.assert(
      fc.property(fc.constantFrom(...creditRules), anyExecution, (rule, { hits }) => {
        for (const { features } of hits) {
          const reversed = assignCredit(rule, features.toReversed()).reverse();
          for (const [index, share] of assignCredit(rule, features).entries()) {
            expect(reversed[index]).toBeCloseTo(share, 12);
          }
        }
      }),
    );
  });

  const features = [feature('a', 2, 0.6), feature('b', null), feature('c', 1, 0.2)];

  it.each([
    ['STRONGEST_FEATURE', [1, 0, 0]],
    ['SCORE_SHARE', [0.75, 0, 0.25]],
    ['RANK_SHARE', [1 / 3, 0, 2 / 3]],
    ['MEMBERSHIP', [0.5, 0, 0.5]],
  ] as const)('shares by %s as worked out by hand', (rule, expected) => {
    for (const [index, share] of assignCredit(rule, features).entries())
      expect(share).toBeCloseTo(expected[index]!, 12);
  });

  it('shares equally between features that are equally strong', () => {
    const tied = [feature('a', 1, 1), feature('b', 1, 1), feature('c', 2, 0.9)];
    expect(assignCredit('STRONGEST_FEATURE', tied)).toEqual([0.5, 0.5, 0]);
  });

  it.each(creditRules)('credits the features that put a document last in their lists, by %s', (rule) => {
    const last = [feature('a', 3, 0), feature('b', null), feature('c', 3, 0)];
    expect(assignCredit(rule, last)).toEqual([0.5, 0, 0.5]);
  });

  it.each(creditRules)('is 0 throughout where no feature found the document, by %s', (rule) => {
    expect(assignCredit(rule, [feature('a', null), feature('b', null)])).toEqual([0, 0]);
    expect(assignCredit(rule, [])).toEqual([]);
  });
});
