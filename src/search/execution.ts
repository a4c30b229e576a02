import type { FusionMethod, FeatureContribution } from '../fusion/ranked-list.ts';
import type { ContextLevel, ContextValues } from '../learning/context.ts';
import type { WeightPosterior } from '../learning/weight-posterior.ts';
import type { RolloutDecision } from '../rollouts/rollout.ts';
import type { Agreement } from '../rollouts/shadow-agreement.ts';

/** The weight one feature had in a search, and the posterior it came from. */
export interface AppliedWeight {
  featureUri: string;
  /** What the scores were multiplied by; learned weights sum to 1. */
  weight: number;
  /** Beta(alpha, beta) of the context that decided; the prior where none did. */
  alpha: number;
  beta: number;
}

export interface ExecutedHit {
  documentId: string;
  score: number;
  features: readonly FeatureContribution[];
}

/** Milliseconds. */
export interface SearchTiming {
  totalMs: number;
  embeddingMs: number;
  fusionMs: number;
  samplingMs: number;
  searches: readonly { featureUri: string; ms: number; candidates: number }[];
}

/** The learned ranking of a search that the static fusion served. */
export interface ShadowRanking {
  contextLevel: ContextLevel | null;
  weights: readonly AppliedWeight[];
  weightVersion: string | null;
  seed: string | null;
  /** Best first, as many as the search would have shown. */
  documentIds: readonly string[];
  agreement: Agreement;
}

/** One run of a retriever: the ranking event that interactions refer to. */
export interface Execution {
  /** A signed UUIDv7: see execution-id.ts. */
  id: string;
  namespaceId: string;
  retrieverId: string;
  retrieverVersion: number;
  userId: string | null;
  sessionId: string | null;
  segment: string | null;
  /** The values of the retriever's context and demographic features. */
  contextValues: ContextValues;
  inputs: Record<string, unknown>;
  /** What served: the retriever's own, or the rollout's static one in its place. */
  fusion: FusionMethod;
  /** What served and why; null in records from before there were rollouts. */
  rollout: RolloutDecision | null;
  /** Null where nothing was worked out beside it. */
  shadow: ShadowRanking | null;
  /** Null where the fusion was static. */
  contextLevel: ContextLevel | null;
  weights: readonly AppliedWeight[];
  weightVersion: string | null;
  seed: string | null;
  /** What the weights were drawn from; null where nothing was drawn. With the seed it gives the same weights again. */
  posterior: WeightPosterior | null;
  /** How likely each position was held to be looked at, where the config learns by that; null: not recorded. */
  examination: readonly number[] | null;
  /** As shown: position 0 first. */
  hits: readonly ExecutedHit[];
  facets: Facets | null;
  timing: SearchTiming;
  warnings: readonly string[];
  executedAt: number;
}

/** An execution as it was stored, also before there were rollouts. */
export function fromRecord(record: Execution): Execution {
  return {
    ...record,
    rollout: record.rollout ?? null,
    shadow: record.shadow ?? null,
    posterior: record.posterior ?? null,
    examination: record.examination ?? null,
  };
}

/** Field → value → number of candidates with it. */
export type Facets = Record<string, Record<string, number>>;
