import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from '../../../src/fusion/fuse.ts';
import type { RankedList } from '../../../src/fusion/ranked-list.ts';
import { anyLists, anyWeightedLists, idsAndScores, list } from './ranked-lists.ts';

const dense = list('dense', { a: 0.9, b: 0.8, c: 0.4 });
const lexical = list('lexical', { b: 12, d: 6, a: 3 });

function expectScores(actual: ReturnType<typeof fuse>, expected: Record<string, number>): void {
  expect(actual.map((hit) => hit.documentId)).toEqual(Object.keys(expected));
  for (const hit of actual) expect(hit.score).toBeCloseTo(expected[hit.documentId]!, 12);
}

describe('RRF', () => {
  it('equals a table worked out by hand', () => {
    expectScores(fuse('RRF', [dense, lexical]), {
      b: 1 / 62 + 1 / 61,
      a: 1 / 61 + 1 / 63,
      d: 1 / 62,
      c: 1 / 63,
    });
  });

  it('takes its constant and weights', () => {
    expectScores(fuse('RRF', [dense, lexical], { rankConstant: 0, weights: [1, 3] }), {
      b: 1 / 2 + 3 / 1,
      a: 1 / 1 + 3 / 3,
      d: 3 / 2,
      c: 1 / 3,
    });
  });

  it('depends on ranks alone', () => {
    fc.assert(
      fc.property(anyLists, (lists) => {
        const rescaled = lists.map(({ featureUri, hits }) => ({
          featureUri,
          hits: hits.map((hit) => ({ ...hit, score: hit.score * 8 + 1000 })),
        }));
        expect(idsAndScores(fuse('RRF', rescaled))).toEqual(idsAndScores(fuse('RRF', lists)));
      }),
    );
  });

  it('does not reorder the others when the last hit of a list is dropped', () => {
    fc.assert(
      fc.property(anyLists, (lists) => {
        const [first, ...rest] = lists as [RankedList, ...RankedList[]];
        const ordered = first.hits.toSorted((a, b) => b.score - a.score || (a.documentId < b.documentId ? -1 : 1));
        const dropped = ordered.at(-1)?.documentId;
        const without = [{ ...first, hits: ordered.slice(0, -1) }, ...rest];
        const others = (all: RankedList[]) => idsAndScores(fuse('RRF', all)).filter(([id]) => id !== dropped);
        expect(others(without)).toEqual(others(lists));
      }),
    );
  });

  it('never scores a document lower for a better rank', () => {
    fc.assert(
      fc.property(anyWeightedLists, fc.integer({ min: 1, max: 100 }), ({ lists, weights }, gain) => {
        const [first, ...rest] = lists as [RankedList, ...RankedList[]];
        const [hit] = first.hits;
        if (!hit) return;
        const raised = { ...first, hits: [{ ...hit, score: hit.score + gain }, ...first.hits.slice(1)] };
        const scoreIn = (all: RankedList[]) =>
          new Map(idsAndScores(fuse('RRF', all, { weights }))).get(hit.documentId)!;
        expect(scoreIn([raised, ...rest])).toBeGreaterThanOrEqual(scoreIn(lists));
      }),
    );
  });
});

describe('DBSF', () => {
  it('equals an example worked out by hand', () => {
    // dense: μ = 0.7, σ² = (0.04 + 0.01 + 0.09) / 2; lexical: μ = 7, σ² = (25 + 1 + 16) / 2.
    const d = 6 * Math.sqrt(0.07);
    const l = 6 * Math.sqrt(21);
    expectScores(fuse('DBSF', [dense, lexical]), {
      b: 0.5 + 0.1 / d + 0.5 + 5 / l,
      a: 0.5 + 0.2 / d + 0.5 - 4 / l,
      d: 0.5 - 1 / l,
      c: 0.5 - 0.3 / d,
    });
  });

  it('gives 0.5 to identical scores and to a single hit', () => {
    const fused = fuse('DBSF', [list('one', { a: 7, b: 7, c: 7 }), list('two', { a: -3 })], { weights: [1, 2] });
    expectScores(fused, { a: 0.5 + 2 * 0.5, b: 0.5, c: 0.5 });
  });

  it('is not moved by the unit or the zero of a score', () => {
    fc.assert(
      fc.property(anyLists, (lists) => {
        const rescaled = lists.map(({ featureUri, hits }) => ({
          featureUri,
          hits: hits.map((hit) => ({ ...hit, score: hit.score * 1024 + 8192 })),
        }));
        const scores = new Map(idsAndScores(fuse('DBSF', lists)));
        for (const hit of fuse('DBSF', rescaled)) expect(hit.score).toBeCloseTo(scores.get(hit.documentId)!, 9);
      }),
    );
  });

  it('ranks a hit below the average of its list above one that no feature found as good', () => {
    const fused = fuse('DBSF', [list('one', { a: 1, b: 0.9, c: 0.2 }), list('two', { z: 1, y: 0.9, c: 0.3 })]);
    const { score, features } = fused.find((hit) => hit.documentId === 'c')!;
    expect(features.every((feature) => feature.contribution > 0)).toBe(true);
    expect(score).toBeGreaterThan(0.5);
  });
});

describe('WEIGHTED', () => {
  it('equals an example worked out by hand', () => {
    expectScores(fuse('WEIGHTED', [dense, lexical], { weights: [3, 1] }), {
      b: 0.75 * 0.8 + 0.25,
      a: 0.75,
      d: 0.25 * (1 / 3),
      c: 0,
    });
  });

  it('weighs features alike by default', () => {
    expect(fuse('WEIGHTED', [dense, lexical])).toEqual(fuse('WEIGHTED', [dense, lexical], { weights: [5, 5] }));
  });

  it('uses raw scores by option', () => {
    expectScores(fuse('WEIGHTED', [dense, lexical], { weights: [3, 1], rawScores: true }), {
      b: 0.75 * 0.8 + 0.25 * 12,
      d: 0.25 * 6,
      a: 0.75 * 0.9 + 0.25 * 3,
      c: 0.75 * 0.4,
    });
  });

  it('gives 1 to identical scores and to a single hit', () => {
    expectScores(fuse('WEIGHTED', [list('one', { a: 7, b: 7 }), list('two', { b: -3 })]), { b: 1, a: 0.5 });
  });
});

describe('WEIGHTED and LEARNED', () => {
  it('do not change with the scale of the weights', () => {
    const method = fc.constantFrom('WEIGHTED' as const, 'LEARNED' as const);
    // Powers of two change no digit, so even ties must stand.
    const scale = fc.integer({ min: -500, max: 500 }).map((exponent) => 2 ** exponent);
    fc.assert(
      fc.property(method, anyWeightedLists, scale, (method, { lists, weights }, factor) => {
        const scaled = weights.map((weight) => weight * factor);
        expect(fuse(method, lists, { weights: scaled })).toEqual(fuse(method, lists, { weights }));
      }),
    );
  });

  it('show weights that sum to 1', () => {
    const [hit] = fuse('LEARNED', [dense, lexical], { weights: [0.1, 0.3] });
    const weights = hit!.features.map((feature) => feature.weight);
    expect(weights[0]).toBeCloseTo(0.25, 12);
    expect(weights[1]).toBeCloseTo(0.75, 12);
  });
});

describe('MAX', () => {
  it('scores by the highest normalised score and shows how close the others were', () => {
    const fused = fuse('MAX', [dense, lexical]);
    expectScores(fused, { a: 1, b: 1, d: 1 / 3, c: 0 });
    expect(fused[1]!.features.map((feature) => feature.contribution)).toEqual([expect.closeTo(0.8, 12), 1]);
  });

  it('takes weights and raw scores', () => {
    expectScores(fuse('MAX', [dense, lexical], { weights: [10, 1], rawScores: true }), { b: 12, a: 9, d: 6, c: 4 });
  });

  it('does not let a miss outdo a negative raw score', () => {
    const fused = fuse('MAX', [list('one', { a: -1, b: -2 }), list('two', { b: -3 })], { rawScores: true });
    expectScores(fused, { a: -1, b: -2 });
  });
});

describe('LEARNED', () => {
  it('equals RRF while nothing is learned', () => {
    fc.assert(
      fc.property(anyLists, fc.integer({ min: 0, max: 100 }), (lists, rankConstant) => {
        expect(fuse('LEARNED', lists, { rankConstant })).toEqual(fuse('RRF', lists, { rankConstant }));
      }),
    );
  });

  it('equals WEIGHTED with the sampled weights', () => {
    fc.assert(
      fc.property(anyWeightedLists, ({ lists, weights }) => {
        expect(fuse('LEARNED', lists, { weights, rawScores: true })).toEqual(fuse('WEIGHTED', lists, { weights }));
      }),
    );
  });
});
