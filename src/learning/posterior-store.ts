import type { ContextRef } from './context.ts';
import type { DecayStamp } from './decay.ts';
import type { Evidence } from './evidence.ts';

/** Sums an arm has earned in a context; the prior is added when they are read. */
export interface ArmTotals {
  rewards: number;
  failures: number;
}

export interface ContextTotals {
  /** Signals with a reward other than 0. */
  interactions: number;
  /** So many of them, faded to `changedAt` as the sums are; absent: none fades. */
  faded?: number;
  /** When a batch last moved it, milliseconds since the epoch. */
  changedAt: number;
  /** By feature URI, faded to `changedAt`. */
  arms: ReadonlyMap<string, ArmTotals>;
  /** Of every set of features it has learned about, faded likewise. */
  evidence: readonly Evidence[];
}

/** What one batch adds to a context, to sums that fade together. */
export interface PosteriorDelta {
  retrieverId: string;
  context: ContextRef;
  /** See posterior-generation.ts; absent: the first. */
  generation?: number;
  /** When it arose, milliseconds since the epoch; absent: when it is written. */
  changedAt?: number;
  decay: Omit<DecayStamp, 'growth'>;
  interactions: number;
  /** The interactions multiplied by the growth of their decay; absent where none fades, or it was written before this was kept. */
  grown?: number;
  /** Multiplied by the growth of their decay, as is the evidence. */
  arms: readonly ({ featureUri: string } & ArmTotals)[];
  evidence: Evidence;
}

export interface PosteriorSnapshot {
  /** How many batches have moved the retriever's posteriors: monotone, equal on every instance. */
  version: number;
  /** In the order asked for; null for a context without a signal. */
  totals: (ContextTotals | null)[];
}

/** The aggregated posteriors of every context. */
export interface PosteriorStore {
  /** @throws when the store is away; the caller goes on with what it knows. */
  read(retrieverId: string, contexts: readonly ContextRef[], signal?: AbortSignal): Promise<PosteriorSnapshot>;
}
