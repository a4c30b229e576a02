import type { Rng } from '../shared/rng.ts';
import { betaMean, betaSpread, type Beta } from './beta-posterior.ts';
import { clampWeights } from './clamp-weights.ts';
import { readEvidence, type Evidence } from './evidence.ts';
import type { ArmPosterior } from './learned-weights.ts';
import type { LearningAlgorithm, LearningConfig } from './learning-config.ts';
import {
  drawCoefficients,
  linearPosterior,
  probabilityLargestCoefficient,
  type LinearPosterior,
} from './linear-thompson.ts';
import { probabilityBest } from './probability-best.ts';
import {
  drawLatticeWeights,
  latticeProbabilities,
  meanLatticeWeights,
  probabilityLargest,
  rankingLogits,
} from './ranking-thompson.ts';
import { sampleWeights } from './thompson-sampling.ts';

/**
 * What is known of a retriever's weights in one context, and how to draw from it. Plain data: recorded with a search, it
 * and the seed give the same weights again.
 */
export type WeightPosterior = {
  /** Ascending; what follows is in this order. */
  featureUris: readonly string[];
  /** How far a draw strays from the mean; its meaning is the algorithm's. */
  exploration: number;
  minWeight: number;
  maxWeight: number;
} & (
  | { algorithm: 'THOMPSON_SAMPLING' | 'EPSILON_GREEDY' | 'UCB'; arms: readonly Beta[] }
  | { algorithm: 'RANKING_THOMPSON'; logits: readonly number[] }
  | ({ algorithm: 'LINEAR_THOMPSON' } & LinearPosterior)
);

type PosteriorConfig = Pick<
  LearningConfig,
  'algorithm' | 'explorationBonus' | 'explorationDecay' | 'minWeight' | 'maxWeight'
>;

const defaultExploration: Readonly<Record<LearningAlgorithm, number>> = {
  RANKING_THOMPSON: 0.3,
  LINEAR_THOMPSON: 0.3,
  THOMPSON_SAMPLING: 1,
  EPSILON_GREEDY: 0.1,
  UCB: 1,
};

/**
 * @param arms ordered by feature URI
 * @param evidence on the same features; null: none
 * @param interactions of the context, which exploration decays by
 */
export function weightPosterior(
  config: PosteriorConfig,
  arms: readonly ArmPosterior[],
  evidence: Evidence | null,
  interactions: number,
): WeightPosterior {
  const { algorithm, minWeight, maxWeight } = config;
  const features = arms.length;
  const common = {
    featureUris: arms.map(({ featureUri }) => featureUri),
    exploration: (config.explorationBonus ?? defaultExploration[algorithm]) * explorationLeft(config, interactions),
    minWeight,
    maxWeight,
  };
  const known = evidence === null ? null : readEvidence(evidence.sums, features);
  switch (algorithm) {
    case 'RANKING_THOMPSON':
      return { ...common, algorithm, logits: rankingLogits(known?.ranking ?? null, features) };
    case 'LINEAR_THOMPSON':
      return { ...common, algorithm, ...linearPosterior(known?.linear ?? null, features) };
    case 'THOMPSON_SAMPLING':
    case 'EPSILON_GREEDY':
    case 'UCB':
      return { ...common, algorithm, arms: arms.map(({ alpha, beta }) => ({ alpha, beta })) };
  }
}

/** What decay has left of the exploration, 0 to 1: it halves every so many interactions, down to its floor. */
function explorationLeft({ explorationDecay }: PosteriorConfig, interactions: number): number {
  if (explorationDecay === null) return 1;
  const { halfLifeInteractions, floor } = explorationDecay;
  return Math.max(floor, 2 ** (-interactions / halfLifeInteractions));
}

/** The weights on average: one a feature, 0 or more, sum 1. What evaluations use, and what is shown as learned. */
export function meanWeights(posterior: WeightPosterior): number[] {
  return clampWeights(rawMean(posterior), posterior.minWeight, posterior.maxWeight);
}

/** The weights of one search: one a feature, 0 or more, sum 1. */
export function drawWeights(posterior: WeightPosterior, rng: Rng): number[] {
  return clampWeights(rawDraw(posterior, rng), posterior.minWeight, posterior.maxWeight);
}

/** Probability that each feature deserves the largest weight; they sum to 1. */
export function probabilityOfLargest(posterior: WeightPosterior): readonly number[] {
  switch (posterior.algorithm) {
    case 'RANKING_THOMPSON':
      return probabilityLargest(latticeProbabilities(posterior.logits), posterior.featureUris.length);
    case 'LINEAR_THOMPSON':
      return probabilityLargestCoefficient(posterior);
    case 'THOMPSON_SAMPLING':
    case 'EPSILON_GREEDY':
    case 'UCB':
      return probabilityBest(armsOf(posterior));
  }
}

function rawMean(posterior: WeightPosterior): number[] {
  switch (posterior.algorithm) {
    case 'RANKING_THOMPSON':
      return meanLatticeWeights(latticeProbabilities(posterior.logits), posterior.featureUris.length);
    case 'LINEAR_THOMPSON':
      return positive(posterior.mean);
    case 'THOMPSON_SAMPLING':
    case 'EPSILON_GREEDY':
    case 'UCB':
      return shares(posterior.arms.map(betaMean));
  }
}

function rawDraw(posterior: WeightPosterior, rng: Rng): number[] {
  const { exploration, featureUris } = posterior;
  switch (posterior.algorithm) {
    case 'THOMPSON_SAMPLING': {
      const draw = sampleWeights(armsOf(posterior), rng).map(({ weight }) => weight);
      return exploration === 1 ? draw : stray(rawMean(posterior), draw, exploration);
    }
    case 'RANKING_THOMPSON': {
      const probabilities = latticeProbabilities(posterior.logits);
      const mean = meanLatticeWeights(probabilities, featureUris.length);
      return stray(mean, drawLatticeWeights(probabilities, featureUris.length, rng), exploration);
    }
    case 'LINEAR_THOMPSON':
      return positive(drawCoefficients(posterior, exploration, rng));
    // Sutton and Barto, "Reinforcement Learning", 2018, 2.2: any weights at all in a share of the searches.
    case 'EPSILON_GREEDY':
      return rng.next() < exploration ? shares(featureUris.map(() => -Math.log(rng.next()))) : rawMean(posterior);
    // Optimism in the face of uncertainty: the mean and so many standard deviations (Auer et al., "Finite-time Analysis of
    // the Multiarmed Bandit Problem", 2002; Bayesian form: Kaufmann et al., "On Bayesian Upper Confidence Bounds", 2012).
    case 'UCB':
      return shares(posterior.arms.map((arm) => betaMean(arm) + exploration * betaSpread(arm)));
  }
}

function armsOf({ featureUris, arms }: { featureUris: readonly string[]; arms: readonly Beta[] }): ArmPosterior[] {
  return arms.map(({ alpha, beta }, index) => ({ featureUri: featureUris[index] as string, alpha, beta }));
}

/** From the mean towards the draw, or beyond it; never below 0. */
function stray(mean: readonly number[], draw: readonly number[], by: number): number[] {
  return positive(mean.map((weight, feature) => weight + by * ((draw[feature] ?? 0) - weight)));
}

/** A feature that does harm gets nothing; where all do, all get the same. */
function positive(coefficients: readonly number[]): number[] {
  const kept = coefficients.map((value) => Math.max(0, value));
  return kept.some((value) => value > 0) ? shares(kept) : shares(kept.map(() => 1));
}

function shares(amounts: readonly number[]): number[] {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  return amounts.map((amount) => amount / total);
}
