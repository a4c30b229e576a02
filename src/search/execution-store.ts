import type { Execution } from './execution.ts';
import type { Showing } from './showing.ts';

export interface ShowingQuery {
  namespaceId: string;
  retrieverId: string | null;
  userId: string | null;
  sessionId: string | null;
  documentId: string;
  position: number | null;
  /** Executions from then on; milliseconds since the epoch. */
  since: number;
  /** And up to then, it included. */
  until: number;
}

/** Executions of the last days, for feedback and explanation. The long log is ClickHouse's. */
export interface ExecutionStore {
  /** One transaction: the executions and their outbox rows. Repeating it changes nothing. */
  save(executions: readonly Execution[]): Promise<void>;
  /** Those that exist in the namespace, in any order. */
  get(namespaceId: string, ids: readonly string[]): Promise<Execution[]>;
  /** What those showed that exist in the namespace, in any order. */
  shown(namespaceId: string, ids: readonly string[]): Promise<Showing[]>;
  /** The user's (else the session's) newest execution from `since` to `until` that showed the document (at that position, where given). */
  lastShowing(query: ShowingQuery): Promise<Showing | null>;
  /** Deletes what is older; returns how many. */
  expire(before: number): Promise<number>;
}
