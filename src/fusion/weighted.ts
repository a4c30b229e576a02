import type { Scoring } from './combine.ts';
import { minMax } from './normalise.ts';
import { normalisedWeights } from './weights.ts';

/**
 * Σ w·s with w scaled to sum 1, so that only the ratios of the weights count. On min-max normalised scores, or on raw
 * ones, where a missing hit is still worth 0: raw scores are best left to features whose scores are all positive.
 * Source of the normalised sum (CombSUM with weights): Fox and Shaw, "Combination of Multiple Searches", TREC-2, 1994.
 */
export function weightedScoring(weights: readonly number[], rawScores: boolean): Scoring {
  return {
    weights: normalisedWeights(weights),
    normalise: minMax,
    contribution: (weight, _rank, score, normalizedScore) => weight * (rawScores ? score : normalizedScore),
    total: 'SUM',
  };
}
