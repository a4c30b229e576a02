import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import { invariant } from '../shared/invariant.ts';
import { sampleNormal } from '../shared/normal.ts';
import type { Rng } from '../shared/rng.ts';
import type { ArmPosterior } from './learned-weights.ts';
import type { LearningConfig } from './learning-config.ts';
import type { ArmTotals } from './posterior-store.ts';

/** A Beta distribution over how often a feature's hits are worth it; alpha and beta above 0. */
export interface Beta {
  alpha: number;
  beta: number;
}

/**
 * The posterior of each feature, ordered by feature URI: the prior plus what the context has earned (null: nothing
 * yet).
 */
export function armPosteriors(
  featureUris: readonly string[],
  totals: ReadonlyMap<string, ArmTotals> | null,
  config: Pick<LearningConfig, 'priorAlpha' | 'priorBeta'>,
): ArmPosterior[] {
  return [...new Set(featureUris)].sort().map((featureUri) => {
    const { rewards = 0, failures = 0 } = totals?.get(featureUri) ?? {};
    // Totals are sums of differences: rounding may leave them a hair below 0.
    return {
      featureUri,
      alpha: config.priorAlpha + Math.max(0, rewards),
      beta: config.priorBeta + Math.max(0, failures),
    };
  });
}

export function betaMean({ alpha, beta }: Beta): number {
  return alpha / (alpha + beta);
}

/** Its standard deviation. */
export function betaSpread({ alpha, beta }: Beta): number {
  const total = alpha + beta;
  return Math.sqrt((alpha * beta) / (total + 1)) / total;
}

/** The central 95 % of the distribution: low and high, each from 0 to 1. */
export function credibleInterval({ alpha, beta }: Beta): { low: number; high: number } {
  return { low: betaQuantile(0.025, alpha, beta), high: betaQuantile(0.975, alpha, beta) };
}

/** A draw θ ~ Beta(alpha, beta), from 0 to 1: both ends can occur by rounding where a parameter is far below 1. */
export function sampleBeta(posterior: Beta, rng: Rng): number {
  return Math.exp(sampleLogBeta(posterior, rng));
}

/**
 * ln θ for a draw θ ~ Beta(alpha, beta): finite also where θ itself would round to 0.
 * θ = X / (X + Y) with X ~ Gamma(alpha), Y ~ Gamma(beta); source: Devroye, "Non-Uniform Random Variate Generation",
 * 1986, IX.4.
 */
export function sampleLogBeta({ alpha, beta }: Beta, rng: Rng): number {
  const logOddsAgainst = -sampleLogGamma(alpha, rng) + sampleLogGamma(beta, rng);
  // −ln(1 + e^odds), written so that e^odds does not overflow.
  return logOddsAgainst > 0
    ? -logOddsAgainst - Math.log1p(Math.exp(-logOddsAgainst))
    : -Math.log1p(Math.exp(logOddsAgainst));
}

/**
 * ln X for a draw X ~ Gamma(shape, 1), in logarithms because X of a small shape is mostly below the smallest number.
 * Source: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 26(3), 2000; shapes below 1
 * by its section 6, X = X' · U^(1/shape) with X' ~ Gamma(shape + 1).
 */
export function sampleLogGamma(shape: number, rng: Rng): number {
  invariant(shape > 0 && shape < Infinity, `the shape of a gamma distribution must be above 0, not ${shape}`);
  if (shape < 1) return sampleLogGamma(shape + 1, rng) + Math.log(rng.next()) / shape;

  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = sampleNormal(rng);
    const root = 1 + c * normal;
    if (root <= 0) continue;
    const v = root ** 3;
    if (Math.log(rng.next()) < 0.5 * normal ** 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
