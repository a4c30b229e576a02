import fc from 'fast-check';
import type { FusionMethod, RankedList, ScoredDocument } from '../../../src/fusion/ranked-list.ts';

export const methods: FusionMethod[] = ['RRF', 'DBSF', 'WEIGHTED', 'MAX', 'LEARNED'];

export const anyMethod = fc.constantFrom(...methods);

/** Few documents, so that lists overlap and ties happen. */
const documentId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l');

/** Eighths: close enough for ties, and exact, so that rounding makes no ties of its own. */
const score = fc.integer({ min: -80, max: 80 }).map((eighths) => eighths / 8);

/** In any order, without repeated documents. */
export const anyHits = fc.uniqueArray(fc.record({ documentId, score }), {
  selector: (hit) => hit.documentId,
  maxLength: 12,
});

export const anyLists = fc
  .array(anyHits, { minLength: 1, maxLength: 5 })
  .map((lists) => lists.map((hits, index): RankedList => ({ featureUri: `feature-${index}`, hits })));

/** Lists, each with a positive weight. */
export const anyWeightedLists = anyLists.chain((lists) =>
  fc
    .array(fc.integer({ min: 1, max: 16 }), { minLength: lists.length, maxLength: lists.length })
    .map((weights) => ({ lists, weights })),
);

export function list(featureUri: string, scores: Record<string, number>): RankedList {
  return { featureUri, hits: Object.entries(scores).map(([documentId, score]) => ({ documentId, score })) };
}

/** The order the list itself puts its hits in. */
export function ownOrder(hits: readonly ScoredDocument[]): string[] {
  return hits
    .toSorted((a, b) => b.score - a.score || (a.documentId < b.documentId ? -1 : 1))
    .map((hit) => hit.documentId);
}

/** What a ranking says, without the order of its features. */
export function idsAndScores(hits: readonly ScoredDocument[]): [string, number][] {
  return hits.map((hit) => [hit.documentId, hit.score]);
}
