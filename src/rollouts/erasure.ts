import type { ContextRef } from '../learning/context.ts';

/** `preferences`: a user's own posteriors. `everything`: those, and every record of what they searched and did. */
export type ErasureKind = 'preferences' | 'everything';

/** A user's wish to be forgotten, kept until both stores have done so. */
export interface Erasure {
  /** UUIDv7. */
  id: string;
  kind: ErasureKind;
  namespaceId: string;
  /** Null: every retriever of the namespace. */
  retrieverId: string | null;
  userId: string;
  requestedAt: number;
  /** Batches of the outbox up to here may hold data of the user. */
  lastBatch: number;
}

/** How much of a user there was, or still is. */
export interface UserRows {
  interactions: number;
  executions: number;
  /** Personal contexts that had learned something. */
  posteriors: number;
}

/** The part of Postgres. */
export interface ErasureStore {
  /**
   * Removes what Postgres has of the user, or stops it from training their posterior, and writes the wish down, in one
   * transaction. Batches of the outbox made afterwards hold nothing of the user that was there before.
   */
  begin(erasure: Omit<Erasure, 'lastBatch'>, leaseUntil: number): Promise<{ erasure: Erasure; removed: UserRows }>;
  /**
   * The same once more for a wish that was written down: a search of before it may have been written since, by an
   * instance that had it in memory.
   */
  sweep(erasure: Erasure): Promise<{ erasure: Erasure; removed: UserRows }>;
  /** Whether every batch that may hold data of the user has reached ClickHouse. */
  isDrained(erasure: Erasure): Promise<boolean>;
  /** The retrievers it is about, deleted ones included. */
  retrieverIds(erasure: Erasure): Promise<string[]>;
  /** What Postgres has of the user from before the wish. */
  remaining(erasure: Erasure): Promise<UserRows>;
  /** Those that nobody works on, taken until `leaseUntil`. */
  claimDue(now: number, leaseUntil: number): Promise<Erasure[]>;
  /** It is done: nothing is kept of it. */
  finish(id: string): Promise<void>;
}

/** The part of ClickHouse. */
export interface UserLogStore {
  /**
   * Deletes what the log has of the user from before the wish, and makes a new weight version of each retriever, since
   * the weights that the user gets are others now. Returns what there was. Repeating it changes nothing more.
   */
  forget(
    erasure: Erasure,
    retrieverIds: readonly string[],
  ): Promise<{
    removed: UserRows;
    /** By a count afterwards. */
    remaining: UserRows;
    contexts: readonly { retrieverId: string; context: ContextRef }[];
  }>;
}
