import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pooledShare, poolTotals } from '../../../src/learning/pool-evidence.ts';
import type { ContextTotals } from '../../../src/learning/posterior-store.ts';

/** A context that knows of `text` and `image`, by their basis 'both'. */
function totalsOf(interactions: number, text: [number, number], sums: number[] = [], basis = 'both'): ContextTotals {
  const [rewards, failures] = text;
  return {
    ...{ interactions, changedAt: 0 },
    arms: new Map([['text', { rewards, failures }]]),
    evidence: [{ basis, sums }],
  };
}

const anyTotals = fc
  .record({ rewards: fc.nat(50), failures: fc.nat(50), sums: fc.tuple(fc.nat(1000), fc.nat(1000)) })
  .map(({ rewards, failures, sums }) => totalsOf(rewards + failures, [rewards, failures], sums));

describe('poolTotals', () => {
  it('adds shares of others to what a context knows itself', () => {
    const own = totalsOf(5, [4, 1], [100, 10]);
    const wider = totalsOf(100, [50, 50], [2000, 400]);
    const session = { ...totalsOf(1, [1, 0], [7, 7]), arms: new Map([['image', { rewards: 2, failures: 0 }]]) };
    const borrowed = [
      { totals: wider, share: 0.1 },
      { totals: session, share: 3 },
    ];
    expect(poolTotals(own, borrowed, 'both')).toEqual({
      arms: new Map([
        ['text', { rewards: 9, failures: 6 }],
        ['image', { rewards: 6, failures: 0 }],
      ]),
      evidence: { basis: 'both', sums: [100 + 200 + 21, 10 + 40 + 21] },
    });
  });

  it('is what the context knows itself where nothing is borrowed, by a share of 0 or by nobody', () => {
    fc.assert(
      fc.property(anyTotals, anyTotals, (own, wider) => {
        const alone = { arms: own.arms, evidence: { basis: 'both', sums: own.evidence[0]!.sums } };
        expect(poolTotals(own, [], 'both')).toEqual(alone);
        expect(poolTotals(own, [{ totals: wider, share: 0 }], 'both')).toEqual(alone);
        expect(poolTotals(own, [{ totals: null, share: 1 }], 'both')).toEqual(alone);
      }),
    );
  });

  it('grows evenly with the share', () => {
    fc.assert(
      fc.property(anyTotals, anyTotals, fc.integer({ min: 0, max: 16 }), (own, wider, sixteenths) => {
        const pooled = (share: number) => poolTotals(own, [{ totals: wider, share }], 'both');
        const sum = (share: number) => pooled(share).evidence!.sums[0]!;
        const share = sixteenths / 16;
        expect(sum(share)).toBeCloseTo(sum(0) + share * (sum(1) - sum(0)), 9);
        expect(pooled(share).arms.get('text')!.rewards).toBeCloseTo(
          own.arms.get('text')!.rewards + share * wider.arms.get('text')!.rewards,
          9,
        );
      }),
    );
  });

  it('leaves out evidence on other features', () => {
    const own = totalsOf(5, [4, 1], [1, 2, 3], 'other');
    expect(poolTotals(own, [], 'both').evidence).toBeNull();
    const wider = totalsOf(5, [4, 1], [8, 8]);
    expect(poolTotals(own, [{ totals: wider, share: 0.5 }], 'both').evidence).toEqual({ basis: 'both', sums: [4, 4] });
  });

  it('knows nothing where nobody does', () => {
    expect(poolTotals(null, [{ totals: null, share: 1 }], 'both')).toEqual({ arms: new Map(), evidence: null });
  });
});

describe('pooledShare', () => {
  it('is worth so many interactions, at most all there are', () => {
    expect(pooledShare(totalsOf(100, [0, 0]), 10)).toBe(0.1);
    expect(pooledShare(totalsOf(4, [0, 0]), 10)).toBe(1);
    expect(pooledShare(totalsOf(10, [0, 0]), 10)).toBe(1);
  });

  it('is worth so many of those that have not faded, and all of them where fewer are left', () => {
    const faded = (left: number) => ({ ...totalsOf(1_000, [0, 0]), faded: left });
    expect([100, 5, 0].map((left) => pooledShare(faded(left), 10))).toEqual([0.1, 1, 1]);
    expect(pooledShare(faded(0), 0)).toBe(0);
  });

  it('is nothing by a pooling of 0, of nobody, and of a context without interactions', () => {
    expect(pooledShare(totalsOf(100, [0, 0]), 0)).toBe(0);
    expect(pooledShare(null, 10)).toBe(0);
    expect(pooledShare(totalsOf(0, [0, 1]), 10)).toBe(0);
  });
});
