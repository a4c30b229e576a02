import type { Scoring } from './combine.ts';
import { minMax } from './normalise.ts';

/**
 * Reciprocal rank fusion: Σ w / (k + rank), rank from 1.
 * Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
 * Methods", SIGIR 2009, where k = 60 and w = 1.
 * @param rankConstant k, at least 0
 */
export function rrfScoring(weights: readonly number[], rankConstant: number): Scoring {
  return {
    weights,
    // Ranks decide; the normalised scores only explain the hit and guide credit.
    normalise: minMax,
    contribution: (weight, rank) => weight / (rankConstant + rank),
    total: 'SUM',
  };
}
