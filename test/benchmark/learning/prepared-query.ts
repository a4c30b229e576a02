import { fuse } from '../../../src/fusion/fuse.ts';
import type { ExecutedHit } from '../../../src/search/execution.ts';
import type { FeatureLists } from './feature-lists.ts';
import type { JudgedQuery } from './judged-set.ts';

export const SHOWN = 10;
const discounts = Array.from({ length: SHOWN }, (_, rank) => 1 / Math.log2(2 + rank));

/** A query with everything fusion needs of it, so that ranking it under other weights is cheap. */
export interface PreparedQuery {
  text: string;
  /** Every document that a feature found, by id. */
  hits: readonly ExecutedHit[];
  /** Of each hit: normalised scores, in the order of the features. */
  scores: readonly (readonly number[])[];
  /** Of each hit, 0 to 1. */
  relevance: readonly number[];
  /** The hits that reciprocal rank fusion puts first. */
  byRrf: readonly number[];
  idealDcg: number;
}

/** Features are in ascending order of their URIs. */
export function prepareQueries(queries: readonly JudgedQuery[], lists: FeatureLists): PreparedQuery[] {
  return queries.map((query) => {
    const found = (lists.get(query.id) ?? []).toSorted((a, b) => (a.featureUri < b.featureUri ? -1 : 1));
    const byRrf = fuse('RRF', found);
    const hits = fuse('WEIGHTED', found).toSorted((a, b) => (a.documentId < b.documentId ? -1 : 1));
    const places = new Map(hits.map(({ documentId }, place) => [documentId, place]));
    const ideal = [...query.relevance.values()].sort((a, b) => b - a).slice(0, SHOWN);
    return {
      text: query.text,
      hits,
      scores: hits.map(({ features }) => features.map(({ normalizedScore }) => normalizedScore)),
      relevance: hits.map(({ documentId }) => query.relevance.get(documentId) ?? 0),
      byRrf: byRrf.slice(0, SHOWN).map(({ documentId }) => places.get(documentId) as number),
      idealDcg: dcg(ideal),
    };
  });
}

/** The hits that these weights put first, ties by document id: what LEARNED fusion shows. Null: nothing learned, RRF. */
export function rank({ scores, byRrf }: PreparedQuery, weights: readonly number[] | null): readonly number[] {
  if (weights === null) return byRrf;
  const best: number[] = [];
  const totals: number[] = [];
  for (const [place, row] of scores.entries()) {
    let total = 0;
    for (let feature = 0; feature < row.length; feature++)
      total += (weights[feature] as number) * (row[feature] as number);
    if (best.length === SHOWN && total <= (totals[SHOWN - 1] as number)) continue;
    let at = best.length;
    while (at > 0 && total > (totals[at - 1] as number)) at--;
    best.splice(at, 0, place);
    totals.splice(at, 0, total);
    if (best.length > SHOWN) {
      best.pop();
      totals.pop();
    }
  }
  return best;
}

/** nDCG@10 of a ranking: Järvelin and Kekäläinen 2002, the gain is the relevance. */
export function ndcg(query: PreparedQuery, ranking: readonly number[]): number {
  return dcg(ranking.map((place) => query.relevance[place] ?? 0)) / query.idealDcg;
}

export function meanNdcg(queries: readonly PreparedQuery[], weights: readonly number[] | null): number {
  return queries.reduce((sum, query) => sum + ndcg(query, rank(query, weights)), 0) / queries.length;
}

function dcg(gains: readonly number[]): number {
  return gains.reduce((sum, gain, position) => sum + gain * (discounts[position] ?? 0), 0);
}
