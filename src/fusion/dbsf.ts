import type { Scoring } from './combine.ts';
import { threeSigma } from './normalise.ts';

/**
 * Distribution-based score fusion: Σ w·s on scores normalised by the mean and deviation of their list (`threeSigma`).
 */
export function dbsfScoring(weights: readonly number[]): Scoring {
  return {
    weights,
    normalise: threeSigma,
    contribution: (weight, _rank, _score, normalizedScore) => weight * normalizedScore,
    total: 'SUM',
  };
}
