import type { Rng } from '../shared/rng.ts';
import { sampleLogBeta } from './beta-posterior.ts';
import type { ArmPosterior } from './learned-weights.ts';

/** An arm and the share of the fused score it is given. */
export interface DrawnArm extends ArmPosterior {
  /** 0 to 1; the weights of a draw sum to 1. */
  weight: number;
}

/**
 * One Thompson draw: θ ~ Beta(alpha, beta) an arm, scaled to sum 1. Arms are drawn, and returned, in the order of their
 * feature URIs, so that the same seed gives a feature the same weight however the searches are ordered.
 * Source: Chapelle and Li, "An Empirical Evaluation of Thompson Sampling", NIPS 2011.
 */
export function sampleWeights(arms: readonly ArmPosterior[], rng: Rng): DrawnArm[] {
  const ordered = arms.toSorted(byFeatureUri);
  const logDraws = ordered.map((arm) => sampleLogBeta(arm, rng));
  // Relative to the largest draw: even where every θ would round to 0, their ratios are there and the sum is at least 1.
  const largest = Math.max(...logDraws);
  const draws = logDraws.map((logDraw) => Math.exp(logDraw - largest));
  return shares(ordered, draws);
}

function shares(arms: readonly ArmPosterior[], amounts: readonly number[]): DrawnArm[] {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  return arms.map(({ featureUri, alpha, beta }, index) => ({
    featureUri,
    alpha,
    beta,
    weight: (amounts[index] ?? 0) / total,
  }));
}

function byFeatureUri(a: ArmPosterior, b: ArmPosterior): number {
  if (a.featureUri === b.featureUri) return 0;
  return a.featureUri < b.featureUri ? -1 : 1;
}
