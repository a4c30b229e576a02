import type { RolloutFigures } from './guardrail.ts';
import type { RandomArm } from './sample-ratio.ts';

/** How the shadow's rankings compare with what was served. */
export interface ShadowReport {
  /** Searches that had a shadow. */
  searches: number;
  /** Means over them, 0 to 1; null where there was none. */
  overlapAt1: number | null;
  overlapAt3: number | null;
  overlapAt5: number | null;
  overlapAt10: number | null;
  /** Mean Kendall τ-b over those that share two documents or more; null where none does. */
  rankCorrelation: number | null;
  clicks: ShadowClicks;
}

/** Where the documents that people clicked stood, and would have stood. The clicks were made on the served ranking. */
export interface ShadowClicks {
  /** Clicked documents. */
  clicks: number;
  /** Of them, those that the shadow would have shown as well. */
  alsoInShadow: number;
  /** Mean positions from 0 of those in both; null where there is none. */
  servedPosition: number | null;
  shadowPosition: number | null;
  /** Those that the shadow puts higher, lower, at the same place. */
  higher: number;
  lower: number;
  same: number;
}

/** What came of a retriever's searches, by what served them. Times in milliseconds since the epoch, counted by the minute. */
export interface RolloutFiguresStore {
  /** What chance assigned, of the last 48 hours at most. */
  figures(retrieverId: string, window: { since: number; fromRevision: number }): Promise<RolloutFigures>;
  /** Distinct users, sessions and lone searches an arm. */
  units(retrieverId: string, fromRevision: number): Promise<Partial<Record<RandomArm, number>>>;
  shadow(retrieverId: string, since: number): Promise<ShadowReport>;
}
