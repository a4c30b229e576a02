import type { Scoring } from './combine.ts';
import { rrfScoring } from './rrf.ts';
import { weightedScoring } from './weighted.ts';

/**
 * Σ w·s on min-max normalised scores with weights drawn from what was learned. Before anything was learned (null) no
 * weight is better founded than another, and it is reciprocal rank fusion: same ranking, same scores.
 * @param lists how many there are
 */
export function learnedScoring(sampledWeights: readonly number[] | null, lists: number, rankConstant: number): Scoring {
  if (sampledWeights) return weightedScoring(sampledWeights, false);
  return rrfScoring(new Array<number>(lists).fill(1), rankConstant);
}
