import { sampleNormal } from '../shared/normal.ts';
import { seededRng, type Rng } from '../shared/rng.ts';
import type { LinearEvidence } from './linear-evidence.ts';

/** How many looked-at documents it takes to move the weights apart from each other, and to find their common size. */
const PRIOR_APART = 20;
const PRIOR_COMMON = 1;
/** The common size of the weights, and the intercept's precision, before anything was seen. */
const PRIOR_SIZE = 0.25;
const PRIOR_INTERCEPT = 1;
/** Variance of a reward around what the scores foretell. */
const NOISE = 0.25;
const CHANCE_DRAWS = 2000;

/** A normal posterior of one coefficient a feature: its mean, and a lower triangular root of its covariance. */
export interface LinearPosterior {
  mean: number[];
  root: number[][];
}

/**
 * Bayesian linear regression of the reward on the normalised scores and an intercept, with full covariance, so that a
 * feature is credited with what the others do not already tell. The prior holds the weights together, not near 0: before
 * anything was seen they are equal. The least squares direction of a binary outcome is that of the linear discriminant,
 * and only the direction ranks; unlike the logistic likelihood's, its statistics are sums.
 * Sources: Agrawal and Goyal, "Thompson Sampling for Contextual Bandits with Linear Payoffs", ICML 2013; Bishop, "Pattern
 * Recognition and Machine Learning", 2006, 3.3 and 4.1.5.
 */
export function linearPosterior(evidence: LinearEvidence | null, features: number): LinearPosterior {
  const size = features + 1;
  const precision = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_unused, j) => priorPrecision(i, j, features) + (evidence?.precision[i]?.[j] ?? 0)),
  );
  const response = Array.from({ length: size }, (_, i) =>
    i < features ? PRIOR_COMMON * PRIOR_SIZE + (evidence?.response[i] ?? 0) : (evidence?.response[i] ?? 0),
  );
  const factor = cholesky(precision);
  // No pivot falls below the prior's least precision, except where sums are below 0 until what they take back has come.
  const isSound = factor.every((row, i) => (row[i] ?? 0) ** 2 > PRIOR_COMMON / 2);
  if (evidence !== null && !isSound) return linearPosterior(null, features);
  const covariance = Array.from({ length: size }, (_, i) => solve(factor, unit(i, size)).map((x) => x * NOISE));
  const mean = solve(factor, response).slice(0, features);
  return { mean, root: cholesky(covariance.slice(0, features).map((row) => row.slice(0, features))) };
}

/** mean + scale · root · z with z standard normal. */
export function drawCoefficients({ mean, root }: LinearPosterior, scale: number, rng: Rng): number[] {
  const z = mean.map(() => sampleNormal(rng));
  return mean.map((value, i) => value + scale * dot(root[i], z, z.length));
}

/** Probability that each coefficient is the largest, estimated by 2,000 draws that are always the same. */
export function probabilityLargestCoefficient(posterior: LinearPosterior): number[] {
  const rng = seededRng('the largest coefficient');
  const wins = posterior.mean.map(() => 0);
  for (let draw = 0; draw < CHANCE_DRAWS; draw++) {
    const coefficients = drawCoefficients(posterior, 1, rng);
    const largest = coefficients.indexOf(Math.max(...coefficients));
    wins[largest] = (wins[largest] ?? 0) + 1 / CHANCE_DRAWS;
  }
  return wins;
}

/** λ_apart (I − J/n) + λ_common J/n on the features: pulls towards each other, hardly towards 0. */
function priorPrecision(i: number, j: number, features: number): number {
  if (i >= features || j >= features) return i === j ? PRIOR_INTERCEPT : 0;
  return (i === j ? PRIOR_APART : 0) + (PRIOR_COMMON - PRIOR_APART) / features;
}

function unit(at: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (i === at ? 1 : 0));
}

/** The lower triangular L with L Lᵀ = A, for a positive definite A; rounding below 0 on the diagonal counts as hardly above. */
function cholesky(a: readonly (readonly number[])[]): number[][] {
  const l: number[][] = [];
  for (const [i, row] of a.entries()) {
    const own = row.map(() => 0);
    for (let j = 0; j < i; j++) own[j] = ((row[j] ?? 0) - dot(own, l[j], j)) / (l[j]?.[j] ?? 1);
    own[i] = Math.sqrt(Math.max((row[i] ?? 0) - dot(own, own, i), 1e-12));
    l.push(own);
  }
  return l;
}

/** x with L Lᵀ x = b. */
function solve(l: readonly (readonly number[])[], b: readonly number[]): number[] {
  const y: number[] = [];
  for (const [i, value] of b.entries()) y.push((value - dot(l[i], y, i)) / (l[i]?.[i] ?? 1));
  const x = y.map(() => 0);
  for (let i = b.length - 1; i >= 0; i--) {
    const column = l.map((row) => row[i] ?? 0);
    // What is not solved yet is 0 in x.
    x[i] = ((y[i] ?? 0) - dot(column, x, x.length)) / (column[i] ?? 1);
  }
  return x;
}

/** Σ aᵢ bᵢ over the first so many. */
function dot(a: readonly number[] = [], b: readonly number[] = [], length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
