import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuse } from '../../../src/fusion/fuse.ts';
import { ValidationError } from '../../../src/shared/errors.ts';
import {
  anyHits,
  anyLists,
  anyMethod,
  anyWeightedLists,
  idsAndScores,
  list,
  methods,
  ownOrder,
} from './ranked-lists.ts';

describe('every fusion method', () => {
  it('gives the same ids and scores whatever the order of the lists', () => {
    const shuffled = anyWeightedLists.chain(({ lists, weights }) =>
      fc
        .shuffledSubarray([...lists.keys()], { minLength: lists.length, maxLength: lists.length })
        .map((order) => ({ lists, weights, order })),
    );
    fc.assert(
      fc.property(anyMethod, shuffled, (method, { lists, weights, order }) => {
        const straight = fuse(method, lists, { weights });
        const permuted = fuse(
          method,
          order.map((index) => lists[index]!),
          { weights: order.map((index) => weights[index]!) },
        );
        expect(idsAndScores(permuted)).toEqual(idsAndScores(straight));
      }),
    );
  });

  it('gives the same ids and scores whatever the order of the hits in a list', () => {
    fc.assert(
      fc.property(anyMethod, anyLists, fc.nat(), (method, lists, turn) => {
        const turned = lists.map(({ featureUri, hits }) => {
          const start = hits.length > 0 ? turn % hits.length : 0;
          return { featureUri, hits: [...hits.slice(start), ...hits.slice(0, start)].reverse() };
        });
        expect(fuse(method, turned)).toEqual(fuse(method, lists));
      }),
    );
  });

  it('keeps the order of a single list', () => {
    fc.assert(
      fc.property(anyMethod, anyHits, fc.boolean(), (method, hits, weighted) => {
        const fused = fuse(method, [{ featureUri: 'only', hits }], { weights: weighted ? [0.3] : null });
        expect(fused.map((hit) => hit.documentId)).toEqual(ownOrder(hits));
      }),
    );
  });

  it('keeps the order of a single list where the others found nothing', () => {
    fc.assert(
      fc.property(anyMethod, anyHits, (method, hits) => {
        const lists = [list('empty', {}), { featureUri: 'only', hits }, list('nothing', {})];
        for (const weights of [null, [1, 2, 3], [1, 0, 0]]) {
          expect(fuse(method, lists, { weights }).map((hit) => hit.documentId)).toEqual(ownOrder(hits));
        }
      }),
    );
  });

  it('keeps the order of outliers that DBSF clips to the same score', () => {
    const background = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`background-${index}`, 0]));
    const fused = fuse('DBSF', [list('only', { ...background, better: 101, good: 100, best: 102 })]);
    expect(fused.slice(0, 3)).toMatchObject([
      { documentId: 'best', score: 1 },
      { documentId: 'better', score: 1 },
      { documentId: 'good', score: 1 },
    ]);
  });

  it('orders by score, and equal scores by document id', () => {
    fc.assert(
      fc.property(anyMethod, anyWeightedLists, (method, { lists, weights }) => {
        const two = [list('one', { a: 1, b: 1 }), list('two', { c: 1, d: 1 })];
        const fused = fuse(method, [...lists, ...two], { weights: [...weights, 1, 1] });
        for (const [index, hit] of fused.slice(1).entries()) {
          const before = fused[index]!;
          expect(before.score > hit.score || (before.score === hit.score && before.documentId < hit.documentId)).toBe(
            true,
          );
        }
      }),
    );
  });

  it.each(methods)('breaks the ties of %s by document id in code unit order', (method) => {
    const lists = [list('one', { z: 1, Ä: 1 }), list('two', { Z: 1, é: 1 })];
    expect(fuse(method, lists).map((hit) => hit.documentId)).toEqual(['Z', 'z', 'Ä', 'é']);
  });

  it('returns every document that any feature found, once', () => {
    fc.assert(
      fc.property(anyMethod, anyLists, (method, lists) => {
        const found = new Set(lists.flatMap(({ hits }) => hits.map((hit) => hit.documentId)));
        const fused = fuse(method, lists).map((hit) => hit.documentId);
        expect(fused.toSorted()).toEqual([...found].sort());
      }),
    );
  });

  it('explains a hit by one contribution a list, in the order of the lists, that sum to its score', () => {
    fc.assert(
      fc.property(anyMethod, anyWeightedLists, (method, { lists, weights }) => {
        for (const hit of fuse(method, lists, { weights })) {
          expect(hit.features.map((feature) => feature.featureUri)).toEqual(lists.map(({ featureUri }) => featureUri));
          const contributions = hit.features.map((feature) => feature.contribution);
          const total = method === 'MAX' ? Math.max(...contributions) : contributions.reduce((sum, c) => sum + c, 0);
          expect(hit.score).toBeCloseTo(total, 12);
        }
      }),
    );
  });

  it('shows rank, raw and normalised score where a feature found the document, and nothing where it did not', () => {
    fc.assert(
      fc.property(anyMethod, anyLists, (method, lists) => {
        for (const hit of fuse(method, lists)) {
          for (const [index, feature] of hit.features.entries()) {
            const { hits } = lists[index]!;
            const found = hits.find(({ documentId }) => documentId === hit.documentId);
            expect(feature.score).toBe(found?.score ?? null);
            expect(feature.rank).toBe(found ? ownOrder(hits).indexOf(hit.documentId) + 1 : null);
            expect(feature.normalizedScore).toBeGreaterThanOrEqual(0);
            expect(feature.normalizedScore).toBeLessThanOrEqual(1);
            if (!found) expect(feature).toMatchObject({ normalizedScore: 0, contribution: 0 });
          }
        }
      }),
    );
  });

  it('never scores a document higher for being missed by a feature that found another with equal others', () => {
    fc.assert(
      fc.property(anyMethod, anyWeightedLists, anyHits, (method, { lists, weights }, hits) => {
        // 'found' and 'missed' are alike in every list but the last, where only 'found' is.
        const alike = lists.map(({ featureUri }) => list(featureUri, { found: 1, missed: 1 }));
        const last = { featureUri: 'last', hits: [...hits, { documentId: 'found', score: 0 }] };
        const scores = new Map(idsAndScores(fuse(method, [...alike, last], { weights: [...weights, 3] })));
        expect(scores.get('found')).toBeGreaterThanOrEqual(scores.get('missed')!);
      }),
    );
  });

  it('takes a hit without a finite score as not found', () => {
    fc.assert(
      fc.property(anyMethod, anyLists, fc.constantFrom(NaN, Infinity, -Infinity), (method, lists, broken) => {
        const withBroken = lists.map(({ featureUri, hits }) => ({
          featureUri,
          hits: [{ documentId: 'broken', score: broken }, ...hits],
        }));
        expect(fuse(method, withBroken)).toEqual(fuse(method, lists));
      }),
    );
  });

  it('counts the best of a document that a list repeats', () => {
    fc.assert(
      fc.property(anyMethod, anyLists, fc.integer({ min: 1, max: 50 }), (method, lists, less) => {
        const repeated = lists.map(({ featureUri, hits }) => ({
          featureUri,
          hits: hits.flatMap((hit) => [{ ...hit, score: hit.score - less }, hit]),
        }));
        expect(fuse(method, repeated)).toEqual(fuse(method, lists));
      }),
    );
  });

  it('stays finite for the largest and smallest scores', () => {
    const extremes = [Number.MAX_VALUE, 1, Number.MIN_VALUE, 0, -Number.MIN_VALUE, -Number.MAX_VALUE];
    const scores = fc.uniqueArray(fc.constantFrom(...extremes), { minLength: 1 });
    fc.assert(
      fc.property(anyMethod, fc.array(scores, { minLength: 1, maxLength: 3 }), (method, columns) => {
        const lists = columns.map((column, index) =>
          list(`feature-${index}`, Object.fromEntries(column.map((score, place) => [`document-${place}`, score]))),
        );
        for (const hit of fuse(method, lists, { weights: lists.map(() => Number.MAX_VALUE / 2) })) {
          expect(hit.score).not.toBeNaN();
          for (const { normalizedScore } of hit.features) {
            expect(normalizedScore).toBeGreaterThanOrEqual(0);
            expect(normalizedScore).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it.each(methods)('returns nothing for no lists and for empty lists by %s', (method) => {
    expect(fuse(method, [])).toEqual([]);
    expect(fuse(method, [list('one', {}), list('two', {})])).toEqual([]);
    expect(fuse(method, [list('one', { a: NaN })])).toEqual([]);
  });

  it('leaves a list with weight 0 out of the scores, but not its documents out of the hits', () => {
    fc.assert(
      fc.property(anyMethod, anyHits, anyHits, (method, hits, ignored) => {
        const fused = fuse(
          method,
          [
            { featureUri: 'counts', hits },
            { featureUri: 'ignored', hits: ignored },
          ],
          { weights: [1, 0] },
        );
        const alone = new Map(idsAndScores(fuse(method, [{ featureUri: 'counts', hits }], { weights: [1] })));
        for (const hit of fused) expect(hit.score).toBe(alone.get(hit.documentId) ?? 0);
        expect(fused).toHaveLength(new Set([...hits, ...ignored].map((hit) => hit.documentId)).size);
      }),
    );
  });

  it.each([[[1, -1]], [[NaN, 1]], [[1, Infinity]], [[0, 0]]])('refuses the weights %j', (weights) => {
    for (const method of methods) {
      expect(() => fuse(method, [list('one', { a: 1 }), list('two', { a: 1 })], { weights })).toThrow(ValidationError);
    }
  });
});
