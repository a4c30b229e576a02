import type { Scoring } from './combine.ts';
import { minMax } from './normalise.ts';

/**
 * The highest w·s of the features that found the document (CombMAX), on min-max normalised or raw scores; with the
 * default weights of 1 that is the highest score. Every feature's contribution is its own w·s: the largest is the hit's
 * score, and the others show how far behind they were.
 * Source: Fox and Shaw, "Combination of Multiple Searches", TREC-2, 1994.
 */
export function maxScoring(weights: readonly number[], rawScores: boolean): Scoring {
  return {
    weights,
    normalise: minMax,
    contribution: (weight, _rank, score, normalizedScore) => weight * (rawScores ? score : normalizedScore),
    total: 'MAX',
  };
}
