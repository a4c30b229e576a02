import type { CreditRule } from './credit.ts';
import type { PositionBias } from './position-bias.ts';
import { defaultRewardMap, type RewardMap } from './reward.ts';
import type { WarmStart } from './warm-start.ts';

/**
 * How weights are found:
 * - RANKING_THOMPSON: a posterior over weight vectors, each judged by where it would have ranked what was rewarded.
 * - THOMPSON_SAMPLING: a Beta posterior a feature, credited by the credit rule.
 * - EPSILON_GREEDY, UCB: the same posteriors, explored at random, or by optimism.
 * - LINEAR_THOMPSON: Bayesian linear regression of the reward on the scores.
 * All of them are always trained, whichever decides.
 */
export const learningAlgorithms = [
  'RANKING_THOMPSON',
  'THOMPSON_SAMPLING',
  'EPSILON_GREEDY',
  'UCB',
  'LINEAR_THOMPSON',
] as const;

export type LearningAlgorithm = (typeof learningAlgorithms)[number];
/** HIERARCHICAL: personal → demographic → global → prior. GLOBAL: global → prior. */
export type FallbackStrategy = 'HIERARCHICAL' | 'GLOBAL';

/** Exploration halves every so many interactions of the context, down to a share of what it began with. */
export interface ExplorationDecay {
  /** 1 to 1,000,000. */
  halfLifeInteractions: number;
  /** 0 to 1. Default 0. */
  floor: number;
}

/** What a person does in a session counts again, for that session alone, and fades. */
export interface SessionAdaptation {
  /** How often a signal counts again while it is fresh, 0 to 100. Default 3. */
  strength: number;
  /** Minutes until it counts half, 1 to 1,440. Default 30. */
  halfLifeMinutes: number;
}

/** How a retriever learns. Also kept for static retrievers: their clicks train the same posteriors. */
export interface LearningConfig {
  algorithm: LearningAlgorithm;
  /** The search inputs that name the personal context, without `INPUT.`. Default ["user_id"]. */
  contextFeatures: readonly string[];
  /**
   * The search inputs that name the demographic context. Default ["segment"]. Features of the query (query-features.ts)
   * may be among them: weights then depend on the kind of query.
   */
  demographicFeatures: readonly string[];
  fallbackStrategy: FallbackStrategy;
  /** Interactions a personal context needs before it decides. Default 5, 1 to 10,000. */
  minInteractions: number;
  /**
   * Interactions of its segment that count beside a person's own, 0 to 10,000: 0 is a hard switch. Of everyone's, a tenth
   * as many count beside a person's or a segment's own. Default 100.
   */
  pooling: number;
  /** Merged over the default rewards. */
  rewardMap: RewardMap;
  /** Beta prior of every arm, 0.01 to 1,000. Default 1 and 1. */
  priorAlpha: number;
  priorBeta: number;
  credit: CreditRule;
  /** Which shown documents count as looked at. Default SCAN_DEPTH. */
  positionBias: PositionBias;
  /** Hours after the search in which a signal counts, 0.1 to 168 (as long as feedback is taken). Default 168. */
  rewardWindowHours: number;
  /**
   * How far draws stray from the mean, 0 to 10; null: as suits the algorithm. For the Thompson samplers the share of a
   * whole draw (1: a plain one), for UCB standard deviations, for EPSILON_GREEDY the share of random searches (up to 1).
   */
  explorationBonus: number | null;
  explorationDecay: ExplorationDecay | null;
  /** Hours after which a signal counts half, 0.1 to 87,600; null: it counts for good. */
  decayHalfLifeHours: number | null;
  sessionAdaptation: SessionAdaptation | null;
  /** What judged queries have taught beforehand; null: nothing. */
  warmStart: WarmStart | null;
  /** No feature's weight is below or above; 0 to 1. Default 0 and 1. */
  minWeight: number;
  maxWeight: number;
}

/** As it comes from the API: nothing checked, absent is null. */
export interface LearningConfigInput {
  algorithm: LearningAlgorithm | null;
  contextFeatures: readonly string[] | null;
  demographicFeatures: readonly string[] | null;
  fallbackStrategy: FallbackStrategy | null;
  minInteractions: number | null;
  pooling: number | null;
  /** Keys are interaction types in either case. */
  rewardMap: unknown;
  priorAlpha: number | null;
  priorBeta: number | null;
  credit: CreditRule | null;
  positionBias: PositionBias | null;
  rewardWindowHours: number | null;
  explorationBonus: number | null;
  explorationDecay: unknown;
  decayHalfLifeHours: number | null;
  sessionAdaptation: unknown;
  warmStart: unknown;
  minWeight: number | null;
  maxWeight: number | null;
}

export const defaultLearningConfig: LearningConfig = {
  algorithm: 'RANKING_THOMPSON',
  contextFeatures: ['user_id'],
  demographicFeatures: ['segment'],
  fallbackStrategy: 'HIERARCHICAL',
  minInteractions: 5,
  pooling: 100,
  rewardMap: defaultRewardMap,
  priorAlpha: 1,
  priorBeta: 1,
  credit: 'STRONGEST_FEATURE',
  positionBias: 'SCAN_DEPTH',
  rewardWindowHours: 168,
  explorationBonus: null,
  explorationDecay: null,
  decayHalfLifeHours: null,
  sessionAdaptation: null,
  warmStart: null,
  minWeight: 0,
  maxWeight: 1,
};
