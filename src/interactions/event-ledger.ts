export type EventKind = 'execution' | 'interaction';

/** An hour of a retriever's events of one kind. */
export interface LedgerPage {
  kind: EventKind;
  /** Null: interactions that belong to no retriever. */
  retrieverId: string | null;
  /** When the hour began, milliseconds since the epoch. */
  hour: number;
}

export interface LedgerCount extends LedgerPage {
  /** Rows: one that is there twice counts twice. */
  count: number;
  /** The same for the same ids, in any order; another for nearly all others. */
  fingerprint: string;
}

/** What a store has of executions and interactions, hour by hour. */
export interface EventLedger {
  /** From a full hour on, in any order; hours without an event are left out. */
  counts(kind: EventKind, from: number): Promise<LedgerCount[]>;
  /** Of one page, one a row. */
  ids(page: LedgerPage): Promise<string[]>;
}

/** What Postgres has. Its pages hold what ClickHouse should have too: nothing that still waits, or was put aside. */
export interface SourceLedger extends EventLedger {
  /** Those of these ids that are there, waiting or not. */
  known(kind: EventKind, ids: readonly string[]): Promise<string[]>;
  /** Puts events into the outbox once more. Learning from them again adds nothing: they are credited already. */
  sendAgain(kind: EventKind, ids: readonly string[]): Promise<void>;
}

/** What was learned by everyone, as the log and as the sums that searches read have it. */
export interface LearnedCount {
  retrieverId: string;
  logged: { batches: number; interactions: number };
  summed: { batches: number; interactions: number };
}

export interface LogLedger extends EventLedger {
  /** Where the two differ. */
  learnedDifferences(): Promise<LearnedCount[]>;
}
