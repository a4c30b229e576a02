import type { OutcomeDelta, SearchOutcome } from '../analytics/search-outcome.ts';
import type { Attribution } from '../learning/attribution.ts';
import type { ContextRef } from '../learning/context.ts';
import type { DecayStamp } from '../learning/decay.ts';
import type { PosteriorDelta } from '../learning/posterior-store.ts';
import type { Attributable } from '../search/attributable.ts';
import type { Execution } from '../search/execution.ts';
import type { Interaction, Signal } from './interaction.ts';
import type { Generations } from './posterior-generation.ts';

/**
 * What goes to ClickHouse in one insert a table. What it consists of is written down before it is sent, so that a
 * retry sends the very same rows under the same deduplication token: deltas and outcomes themselves, and the ids of the
 * executions and interactions, which never change once stored.
 */
export interface OutboxBatch {
  /** UUIDv7; names the batch in deduplication tokens. */
  id: string;
  namespaceIds: readonly string[];
  /** Ordered by id. */
  executions: readonly Execution[];
  /** Ordered by id. */
  interactions: readonly Interaction[];
  deltas: readonly PosteriorDelta[];
  /** What people did with searches, as differences to what earlier batches told. Ordered by execution. */
  searchOutcomes: readonly OutcomeDelta[];
  /** How often it was tried before. */
  attempts: number;
  /** It was put aside and comes again, perhaps after the log has forgotten its token: what the log has is left out. */
  replayed?: true;
}

/** What an execution has earned by now, and the contexts that learn it: none where nobody may learn from it. */
export interface Earnings extends Attribution {
  contexts: readonly ContextRef[];
  decay: DecayStamp;
  searchOutcome: SearchOutcome;
}

/** From an execution and every signal it got so far to what its arms have earned; null where it trains nothing. Pure. */
export type Attribute = (execution: Attributable, signals: readonly Signal[]) => Earnings | null;

/** Fetches whatever attributing these executions takes, so that the attributing itself waits for nothing. */
export type PrepareAttribution = (executions: readonly Attributable[], generations?: Generations) => Promise<Attribute>;

export interface Backlog {
  /** Events not yet in ClickHouse. */
  depth: number;
  /** When the oldest of them was made, milliseconds since the epoch; null where there is none. */
  oldestAt: number | null;
  /** The same of those that weights may not count yet. */
  oldestUnlearnedAt: number | null;
}

/** The queue between Postgres and ClickHouse, safe for several relays at once. */
export interface Outbox {
  /**
   * The oldest batch that is due: one left behind by a relay that died or failed, else a new one, of up to `limit`
   * interactions, whose deltas are the difference between what is attributed now and what earlier batches hold. The batch
   * is the caller's until its lease ends. Null when nothing is due.
   */
  claim(limit: number, prepare: PrepareAttribution): Promise<OutboxBatch | null>;
  /** A new batch of up to `limit` executions, which teach nothing, as `claim`. */
  claimExecutions(limit: number): Promise<OutboxBatch | null>;
  /**
   * Makes one batch of several that were never sent to the log, with a new lease: of those that are still the caller's. It
   * teaches nothing. Null where others have taken all of them over.
   */
  gather(batches: readonly OutboxBatch[]): Promise<OutboxBatch | null>;
  /** Ends every lease and pause at once: for who knows that no other relay is alive. */
  reclaim(): Promise<void>;
  complete(batchId: string): Promise<void>;
  /** Gives the batch back, due again after `retryInMs`. */
  release(batchId: string, error: string, retryInMs: number): Promise<void>;
  /** Puts the batch aside, whole, for a person to look at. */
  bury(batchId: string, error: string): Promise<void>;
  /** @param taught ids of batches that have taught, as they stand in the outbox until they are gathered */
  backlog(taught?: readonly string[]): Promise<Backlog>;
}
