import type { ScoredDocument } from './ranked-list.ts';

/** Best score first, equal scores by document id (code unit order): the one order all of fusion uses. */
export function bestFirst(a: ScoredDocument, b: ScoredDocument): number {
  if (a.score !== b.score) return a.score > b.score ? -1 : 1;
  if (a.documentId === b.documentId) return 0;
  return a.documentId < b.documentId ? -1 : 1;
}

/**
 * A list as fusion reads it: best first, every document once (its best hit), finite scores only. A feature that gives a
 * document NaN or an infinite score is taken not to have found it.
 */
export function distinctHits(hits: readonly ScoredDocument[]): readonly ScoredDocument[] {
  const finite = hits.every((hit) => Number.isFinite(hit.score))
    ? hits
    : hits.filter((hit) => Number.isFinite(hit.score));
  const ordered = isBestFirst(finite) ? finite : finite.toSorted(bestFirst);
  const seen = new Set<string>();
  for (const hit of ordered) seen.add(hit.documentId);
  if (seen.size === ordered.length) return ordered;
  return ordered.filter((hit) => seen.delete(hit.documentId));
}

function isBestFirst(hits: readonly ScoredDocument[]): boolean {
  let previous: ScoredDocument | undefined;
  for (const hit of hits) {
    if (previous && bestFirst(previous, hit) > 0) return false;
    previous = hit;
  }
  return true;
}

/** From the scores of a list (best first, finite) to scores that can be compared between lists, in the same order. */
export type Normalise = (hits: readonly ScoredDocument[]) => number[];

/**
 * (s − min) / (max − min), so from 0 to 1. Where all scores are equal, or there is only one, each is 1: a feature that
 * found a document must count for more than one that did not. The last hit of a longer list is worth 0, by definition.
 */
export const minMax: Normalise = (hits) => {
  const max = hits[0]?.score ?? 0;
  const min = hits[hits.length - 1]?.score ?? 0;
  if (max === min) return hits.map(() => 1);
  const range = max - min;
  // Halves keep the difference of two huge scores of opposite sign finite.
  if (range === Infinity) return hits.map((hit) => (hit.score / 2 - min / 2) / (max / 2 - min / 2));
  return hits.map((hit) => (hit.score - min) / range);
};

/**
 * Distribution-based score fusion's normalisation: (s − (μ − 3σ)) / 6σ, clipped to 0 to 1; 0.5 where all scores are
 * equal or there is only one. σ is the sample standard deviation (n − 1), as in Qdrant, whose DBSF is the reference.
 * Sources: M. Mazzeschi, "Distribution-Based Score Fusion" (2023); Qdrant, "Hybrid Queries", DBSF.
 */
export const threeSigma: Normalise = (hits) => {
  const max = hits[0]?.score ?? 0;
  const min = hits[hits.length - 1]?.score ?? 0;
  // Scaled by the largest magnitude, so that neither the sum nor the squares overflow.
  const scale = Math.max(Math.abs(max), Math.abs(min));
  if (max === min) return hits.map(() => 0.5);
  const scores = hits.map((hit) => hit.score / scale);
  let mean = 0;
  for (const score of scores) mean += score / scores.length;
  let squares = 0;
  for (const score of scores) squares += (score - mean) ** 2;
  const deviation = Math.sqrt(squares / (scores.length - 1));
  if (deviation === 0) return hits.map(() => 0.5);
  return scores.map((score) => Math.min(1, Math.max(0, 0.5 + (score - mean) / (6 * deviation))));
};
