import type { ContextLevel } from './context.ts';

/** One arm of a context: Beta(alpha, beta). Means, intervals and the like are derived where they are asked for. */
export interface ArmPosterior {
  featureUri: string;
  alpha: number;
  beta: number;
}

/** An arm and what it comes to. */
export interface WeightedArm extends ArmPosterior {
  /** Share of the fused score, 0 to 1; they sum to 1. */
  weight: number;
  /** That no other feature deserves a larger weight. */
  probabilityBest: number;
}

/** What a retriever has learned, as seen by one user or segment. */
export interface LearnedWeights {
  retrieverId: string;
  /** 16 digits, zero-padded: orders as a number and as a string. */
  version: string;
  contextLevel: ContextLevel;
  /** Of the context that decides. */
  interactions: number;
  updatedAt: number;
  /** Ordered by feature URI. */
  arms: readonly WeightedArm[];
}

export interface LearnedWeightsQuery {
  retrieverId: string;
  userId: string | null;
  segment: string | null;
}
