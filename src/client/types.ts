import type { AttuneError } from './attune-error.ts';

export type Fusion = 'RRF' | 'DBSF' | 'WEIGHTED' | 'MAX' | 'LEARNED';
export type ContextLevel = 'PERSONAL' | 'DEMOGRAPHIC' | 'GLOBAL' | 'PRIOR';

/** What a person can do with a hit or a list: see schema/INTERACTIONS.md. */
export type InteractionType =
  | 'VIEW'
  | 'CLICK'
  | 'LONG_VIEW'
  | 'DWELL_TIME'
  | 'SCROLL_DEPTH'
  | 'PURCHASE'
  | 'ADD_TO_CART'
  | 'WISHLIST'
  | 'BOOKMARK'
  | 'SHARE'
  | 'COPY'
  | 'POSITIVE_FEEDBACK'
  | 'NEGATIVE_FEEDBACK'
  | 'SKIP'
  | 'RETURN_TO_RESULTS'
  | 'QUERY_REFINEMENT'
  | 'ZERO_RESULTS'
  | 'FILTER_TOGGLE';

export interface SearchInput {
  retrieverId: string;
  /** Values for the retriever's templates: `{ query: 'warm jacket' }`. */
  inputs: Readonly<Record<string, unknown>>;
  /** 1 to 100. Default: what the retriever's stages leave. */
  limit?: number | null;
  /** Who searches, for weights of their own. */
  userId?: string | null;
  /** The group that the user belongs to. */
  segment?: string | null;
  /** The visit that this search belongs to. */
  sessionId?: string | null;
  /** Fixes the draw of a learned search. */
  seed?: string | null;
}

/** What a feature added to a hit's score. */
export interface HitFeature {
  featureUri: string;
  /** From 1; null where the feature did not find the hit. */
  rank: number | null;
  score: number | null;
  /** 0 to 1. */
  normalizedScore: number;
  weight: number;
  contribution: number;
}

export interface Hit {
  /** From 0. */
  position: number;
  documentId: string;
  score: number;
  content: string | null;
  metadata: Readonly<Record<string, unknown>> | null;
  /** Only with `explain`. */
  features?: readonly HitFeature[];
}

export interface SearchResult {
  executionId: string;
  /** RFC 3339. */
  executedAt: string;
  retrieverId: string;
  retrieverVersion: number;
  fusion: Fusion;
  /** Null where the fusion is static. */
  contextLevel: ContextLevel | null;
  weightVersion: string | null;
  seed: string | null;
  facets: Readonly<Record<string, Readonly<Record<string, number>>>> | null;
  warnings: readonly string[];
  hits: readonly Hit[];
}

export interface Interaction {
  /** The search that showed the hit. */
  executionId?: string | null;
  documentId?: string | null;
  /** From 0. */
  position?: number | null;
  /** At least one. Default: CLICK. */
  interactionTypes?: readonly InteractionType[];
  /** DWELL_TIME reads `durationMs`, SCROLL_DEPTH `depth`. */
  metadata?: Readonly<Record<string, unknown>> | null;
  /** Default: who searched. */
  userId?: string | null;
  sessionId?: string | null;
  /** Where there is no executionId. */
  retrieverId?: string | null;
  /** Up to 200 characters. Default: a new UUID. */
  idempotencyKey?: string | null;
  /** RFC 3339. Default: when it was tracked. */
  occurredAt?: string | null;
}

/** An interaction that will not be stored, and why. */
export interface Dropped {
  interaction: Interaction;
  error: AttuneError;
}

export interface FeatureWeight {
  featureUri: string;
  /** Learned weights sum to 1. */
  weight: number;
  mean: number;
  low: number;
  high: number;
  probabilityBest: number;
}

export interface LearnedWeights {
  /** Grows, also as a string. */
  version: string;
  contextLevel: ContextLevel;
  interactions: number;
  /** RFC 3339. */
  updatedAt: string;
  weights: readonly FeatureWeight[];
}
