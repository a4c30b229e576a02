import type { Rng } from '../shared/rng.ts';
import type { RankingEvidence } from './ranking-evidence.ts';
import { weightLattice } from './weight-lattice.ts';

/** How much one list says for a weight vector, in nats a unit of DCG that it gains by typical rewards. */
const LEARNING_RATE = 0.4;
/** From about so many lists on the posterior narrows no further: what is left is the model's own error. */
const COARSENESS = 150;
/** Prior: Dirichlet, a little in favour of using every feature; the offset keeps the corners possible. */
const CONCENTRATION = 1.3;
const CORNER_OFFSET = 0.02;
/** Sums that have faded below this, or that are below 0 until what they take back has come, say nothing. */
const NOTHING = 1e-9;
/** Logits are whole multiples of this, so that a recorded posterior draws exactly what the live one drew. */
const LOGIT_STEP = 1e-6;

/**
 * ln p of every weight vector of the lattice, up to a constant: a Gibbs posterior (Bissiri, Holmes and Walker, "A General
 * Framework for Updating Belief Distributions", J. R. Stat. Soc. B 78(5), 2016) whose loss is the DCG that a vector would
 * have given to what was rewarded, less what it would have given by giving the same ranks to documents at large: without
 * that baseline each click, however random, would speak for the weights that its list was shown by. Tempered by
 * A / (A + lists), so that it stays robust where the model is wrong: Miller and Dunson, "Robust Bayesian Inference via
 * Coarsening", JASA 114(527), 2019. The prior is symmetric: before any feedback the mean is equal weights.
 *
 * Rewards count relative to the typical one, Σr² / Σ|r|: a reward map on another scale learns as fast.
 */
export function rankingLogits(evidence: RankingEvidence | null, features: number): number[] {
  const lattice = weightLattice(features);
  const prior = lattice.map(logPrior);
  if (evidence === null || evidence.rewardMagnitude < NOTHING || evidence.examined < NOTHING) return rounded(prior);
  const { lists, examined, reward, rewardMagnitude, rewardSquare, gains, exposures } = evidence;
  // By Cauchy and Schwarz the first is never below the second, except where tiny squares were rounded away.
  const typical = Math.max(rewardSquare / rewardMagnitude, rewardMagnitude / examined);
  const baseline = reward / examined;
  const rate = ((LEARNING_RATE / typical) * COARSENESS) / (COARSENESS + Math.max(0, lists));
  return rounded(prior.map((own, point) => own + rate * ((gains[point] ?? 0) - baseline * (exposures[point] ?? 0))));
}

function logPrior(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + (CONCENTRATION - 1) * Math.log(weight + CORNER_OFFSET), 0);
}

/** The highest becomes 0. */
function rounded(logits: readonly number[]): number[] {
  const highest = Math.max(...logits);
  return logits.map((logit) => Math.round((logit - highest) / LOGIT_STEP) * LOGIT_STEP);
}

/** Probability of every vector of the lattice. */
export function latticeProbabilities(logits: readonly number[]): number[] {
  const highest = Math.max(...logits);
  const odds = logits.map((logit) => Math.exp(logit - highest));
  const total = odds.reduce((sum, one) => sum + one, 0);
  return odds.map((one) => one / total);
}

/** The posterior mean, one weight a feature. */
export function meanLatticeWeights(probabilities: readonly number[], features: number): number[] {
  const mean = new Array<number>(features).fill(0);
  for (const [point, weights] of weightLattice(features).entries()) {
    const probability = probabilities[point] ?? 0;
    for (let feature = 0; feature < features; feature++) {
      mean[feature] = (mean[feature] as number) + probability * (weights[feature] as number);
    }
  }
  return mean;
}

/** A vector drawn with its posterior probability. */
export function drawLatticeWeights(probabilities: readonly number[], features: number, rng: Rng): readonly number[] {
  const lattice = weightLattice(features);
  let left = rng.next();
  for (const [point, probability] of probabilities.entries()) {
    left -= probability;
    if (left < 0) return lattice[point] as readonly number[];
  }
  return lattice.at(-1) as readonly number[];
}

/** Probability that a feature's weight is the largest; vectors where several are share theirs. */
export function probabilityLargest(probabilities: readonly number[], features: number): number[] {
  const leaders = weightLattice(features).map((weights) => {
    const largest = Math.max(...weights);
    return weights.flatMap((weight, feature) => (weight === largest ? [feature] : []));
  });
  return Array.from({ length: features }, (_, feature) =>
    leaders.reduce(
      (sum, leading, point) => sum + (leading.includes(feature) ? (probabilities[point] ?? 0) / leading.length : 0),
      0,
    ),
  );
}
