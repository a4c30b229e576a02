import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse, fuseAgain } from '../../../src/fusion/fuse.ts';
import { anyMethod, anyWeightedLists, list } from './ranked-lists.ts';

describe('fusing again', () => {
  it('gives the same scores and contributions, bit for bit, in the order given', () => {
    fc.assert(
      fc.property(anyMethod, anyWeightedLists, fc.boolean(), (method, { lists, weights }, rawScores) => {
        const options = { weights, rankConstant: 7, rawScores };
        const hits = fuse(method, lists, options).reverse();
        expect(fuseAgain(method, hits, options)).toEqual(hits);
      }),
    );
  });

  it('takes other weights, and leaves what the features said', () => {
    const lists = [list('dense', { a: 0.9, b: 0.8, c: 0.4 }), list('lexical', { b: 12, d: 6, a: 3 })];
    const hits = fuse('WEIGHTED', lists, { weights: [1, 1] });
    const again = fuseAgain('WEIGHTED', hits, { weights: [0, 2] });
    const anew = fuse('WEIGHTED', lists, { weights: [0, 2] });
    expect(new Set(again)).toEqual(new Set(anew));
  });

  it('gives nothing to a feature that did not find the hit, by the smallest rank constant as by any', () => {
    const hits = fuse('RRF', [list('one', { a: 1 }), list('two', { b: 1 })], { rankConstant: 0 });
    for (const { score, features } of fuseAgain('RRF', hits, { rankConstant: 0 })) {
      expect(score).toBe(1);
      expect(features.map(({ contribution }) => contribution).sort()).toEqual([0, 1]);
    }
  });

  it('of no hits is none', () => {
    expect(fuseAgain('RRF', [], { weights: [] })).toEqual([]);
  });
});

describe('options that make no sense', () => {
  const lists = [list('one', { a: 1, b: 0.5 }), list('two', { b: 1 })];

  it.each([-1, Number.NaN, Infinity])('a rank constant of %d is refused', (rankConstant) => {
    expect(() => fuse('RRF', lists, { rankConstant })).toThrow(`rank constant ${rankConstant} must be at least 0`);
  });

  it('another number of weights than of lists is refused', () => {
    expect(() => fuse('RRF', lists, { weights: [1] })).toThrow('weights come one a list');
  });

  it('a weight that is none is named', () => {
    expect(() => fuse('WEIGHTED', lists, { weights: [1, -1] })).toThrow(
      expect.objectContaining({ code: 'INVALID_WEIGHTS', path: ['weights', '1', 'weight'] }) as Error,
    );
  });
});

describe('scores at the edge of what numbers hold', () => {
  const { MAX_VALUE } = Number;

  it('are spread from 0 to 1 where their difference is too large to be a number', () => {
    const hits = fuse('WEIGHTED', [list('wide', { top: MAX_VALUE, middle: MAX_VALUE / 2, zero: 0, low: -MAX_VALUE })]);
    expect(hits.map(({ documentId, score }) => [documentId, score])).toEqual([
      ['top', 1],
      ['middle', 0.75],
      ['zero', 0.5],
      ['low', 0],
    ]);
  });

  it('are left out where they are no numbers, and order and best hits are those of the rest', () => {
    const hits = [
      { documentId: 'none', score: Number.NaN },
      { documentId: 'b', score: 1 },
      { documentId: 'endless', score: Infinity },
      { documentId: 'a', score: 3 },
      { documentId: 'b', score: 2 },
    ];
    const fused = fuse('WEIGHTED', [{ featureUri: 'only', hits }], { rawScores: true });
    expect(fused.map(({ documentId, score }) => [documentId, score])).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
    expect(fused.map(({ features }) => features[0]?.rank)).toEqual([1, 2]);
  });
});
