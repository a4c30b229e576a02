import { fuseAgain } from '../fusion/fuse.ts';
import { bestFirst } from '../fusion/normalise.ts';
import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { ExecutedHit } from '../search/execution.ts';

/** A feature that is not named counts nothing. */
export type FeatureWeights = readonly { featureUri: string; weight: number }[];

/** The order that another fusion would have given the hits of a search. */
export function rerank(
  fusion: FusionMethod,
  hits: readonly ExecutedHit[],
  weights: FeatureWeights,
  rankConstant?: number,
): string[] {
  const aligned = alignedWeights(hits, weights);
  const fused = fuseAgain(fusion, hits, { weights: aligned, ...(rankConstant === undefined ? {} : { rankConstant }) });
  return fused.toSorted(bestFirst).map(({ documentId }) => documentId);
}

/** The first k of the hits under any weights, for many draws of them: Σ weight × normalised score, ties by document id. */
export function topByWeight(hits: readonly ExecutedHit[], k: number): (weights: FeatureWeights) => string[] {
  const ordered = hits.toSorted((a, b) => (a.documentId < b.documentId ? -1 : 1));
  const rows = ordered.map(({ features }) => features.map(({ normalizedScore }) => normalizedScore));
  return (weights) => {
    const aligned = alignedWeights(hits, weights);
    const scores = rows.map((row) => row.reduce((sum, score, index) => sum + score * (aligned[index] ?? 0), 0));
    const top: string[] = [];
    while (top.length < Math.min(k, hits.length)) {
      let best = 0;
      for (let place = 1; place < scores.length; place++) {
        if ((scores[place] as number) > (scores[best] as number)) best = place;
      }
      top.push((ordered[best] as ExecutedHit).documentId);
      scores[best] = -Infinity;
    }
    return top;
  };
}

/** One a feature of the hits, in their order. */
function alignedWeights(hits: readonly ExecutedHit[], weights: FeatureWeights): number[] {
  const weightOf = new Map(weights.map(({ featureUri, weight }) => [featureUri, weight]));
  return (hits[0]?.features ?? []).map(({ featureUri }) => weightOf.get(featureUri) ?? 0);
}

/** How often each document stands at each of the first k positions: position → document id → share of the rankings. */
export function positionShares(rankings: readonly (readonly string[])[], k: number): Map<string, number>[] {
  return Array.from({ length: k }, (_, position) => {
    const shares = new Map<string, number>();
    for (const ranking of rankings) {
      const documentId = ranking[position];
      if (documentId !== undefined) shares.set(documentId, (shares.get(documentId) ?? 0) + 1 / rankings.length);
    }
    return shares;
  });
}
