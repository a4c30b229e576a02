import type { ContextLevel } from '../learning/context.ts';
import type { AnalyticsWindow } from './window.ts';

/** What came of searches, summed up. */
export interface SearchSums {
  searches: number;
  zeroResults: number;
  clicked: number;
  interacted: number;
  penalised: number;
  clicks: number;
  /** Σ 1 / rank of the best click. */
  reciprocalRanks: number;
}

/** By position, up to the 20th. */
export interface PositionSums {
  /** Searches that showed it. */
  shownAt: readonly number[];
  /** Clicked documents there. */
  clicksAt: readonly number[];
}

/** The weights of a feature in the learned searches of a time. */
export interface WeightSums {
  at: number;
  level: ContextLevel;
  featureUri: string;
  searches: number;
  /** Mean of the weights applied. */
  applied: number;
  /** Mean of what they were drawn about, and its standard deviation over the searches. */
  mean: number;
  spread: number;
  /** Mean squared distance of a draw from what it was drawn about. */
  drawVariance: number;
}

export interface LatencyRow {
  at: number;
  /** `total`, `embedding`, `fusion`, `sampling`, or the feature URI of a search. */
  stage: string;
  searches: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface FeatureSums {
  featureUri: string;
  searches: number;
  /** Searches in which it found nothing. */
  empty: number;
  candidates: number;
  /** Of the hits that were shown, those that it found. */
  hitsFound: number;
  hitsShown: number;
  /** Mean share of what all features contributed to the hits' scores, 0 to 1. */
  share: number;
}

export interface SlowSearch {
  executionId: string;
  query: string;
  at: number;
  totalMs: number;
  parts: readonly { stage: string; ms: number }[];
}

export interface EmptyQuery {
  query: string;
  searches: number;
  lastAt: number;
}

export interface InteractionSums {
  at: number;
  events: number;
  /** Type → events. */
  types: Record<string, number>;
}

/** The sums of the log. Every answer comes from them; only the slowest searches are looked up in the log itself. */
export interface AnalyticsStore {
  /** Of all searches, of those of each time, and of those of each segment ('' for none). */
  searches(
    window: AnalyticsWindow,
    bucketHours: number,
  ): Promise<{
    total: SearchSums;
    byTime: readonly (SearchSums & { at: number })[];
    bySegment: readonly (SearchSums & { segment: string })[];
    /** What chance assigned. */
    learned: SearchSums;
    baseline: SearchSums;
  }>;
  positions(window: AnalyticsWindow): Promise<PositionSums>;
  /** Ordered by time, level and feature. With a user: of their searches alone, of the last 90 days. */
  weights(window: AnalyticsWindow, bucketHours: number, userId: string | null): Promise<WeightSums[]>;
  /** The mean weights at the demographic level, a segment and feature. */
  segmentWeights(
    window: AnalyticsWindow,
  ): Promise<{ segment: string; featureUri: string; searches: number; mean: number }[]>;
  /** Ordered by time and stage; one time for the whole window where `bucketHours` is null. */
  latency(window: AnalyticsWindow, bucketHours: number | null): Promise<LatencyRow[]>;
  features(window: AnalyticsWindow): Promise<FeatureSums[]>;
  /** The slowest first, at most 20. */
  slowSearches(window: AnalyticsWindow): Promise<SlowSearch[]>;
  /** The most frequent first. */
  emptyQueries(window: AnalyticsWindow, limit: number): Promise<EmptyQuery[]>;
  /** By the time they were received. With a user: of theirs alone, of the last 90 days. */
  interactions(window: AnalyticsWindow, bucketHours: number, userId: string | null): Promise<InteractionSums[]>;
}
