import type { PosteriorDelta } from '../learning/posterior-store.ts';
import type { Execution } from '../search/execution.ts';
import type { LogCursor } from './logged-events.ts';
import type { PrepareAttribution } from './outbox.ts';

/** How far a rebuild is. Every step is written down together with what it brought, so that it can be gone on with. */
export type RebuildProgress =
  /** Executions that may still get feedback, up to this id. */
  | { phase: 'recent'; after: string | null }
  /** Executions that only the log has, up to here. */
  | { phase: 'logged'; after: LogCursor | null }
  /** The generation is complete once the batches up to this one are sent. */
  | { phase: 'publishing'; lastBatch: number };

/** A rebuild of what a retriever has learned. */
export interface Rebuild {
  retrieverId: string;
  namespaceId: string;
  generation: number;
  /** The retriever version whose learning config holds for executions of earlier ones. */
  ruledBy: number;
  startedAt: number;
  /** Null: it is done. */
  progress: RebuildProgress | null;
  /** What was attributed again so far. */
  executions: number;
  interactions: number;
}

/** What was brought by a page of the log, and how far that is. */
export interface RebuiltPage {
  deltas: readonly PosteriorDelta[];
  executions: number;
  interactions: number;
  next: RebuildProgress;
}

/** The part of Postgres in rebuilding. A rebuild that somebody else took over in the meantime is left alone: null. */
export interface RebuildStore {
  /** Begins the next generation, unless a rebuild by the same version is under way. Taken until `leaseUntil` where `isMine`. */
  begin(retrieverId: string, ruledBy: number, leaseUntil: number): Promise<{ rebuild: Rebuild; isMine: boolean }>;
  get(retrieverId: string): Promise<Rebuild | null>;
  /** Whether any retriever's is. */
  isUnderWay(): Promise<boolean>;
  /** Those that nobody works on, taken until `leaseUntil`. */
  claimDue(now: number, leaseUntil: number): Promise<Rebuild[]>;
  /** Attributes the next page of the executions that Postgres has into the generation. */
  creditRecent(rebuild: Rebuild, prepare: PrepareAttribution, leaseUntil: number): Promise<Rebuild | null>;
  /** Those of the executions that are not in Postgres. */
  onlyLogged(executionIds: readonly string[]): Promise<Set<string>>;
  /**
   * By execution, where its user wants something else since: `reset` trains nobody's personal weights, `erased` nothing,
   * since ClickHouse is about to delete it as well.
   */
  leftByUsers(rebuild: Rebuild, executions: readonly Execution[]): Promise<Map<string, 'reset' | 'erased'>>;
  /** Writes a page down as a batch of the outbox. */
  addPage(rebuild: Rebuild, page: RebuiltPage, leaseUntil: number): Promise<Rebuild | null>;
  /** Batches of rebuilds that are not sent yet. */
  pendingBatches(): Promise<number>;
  /** Every batch so far is what has to be sent before the generation can be read. */
  closeGeneration(rebuild: Rebuild, leaseUntil: number): Promise<Rebuild | null>;
  isDrained(lastBatch: number): Promise<boolean>;
  finish(rebuild: Rebuild): Promise<Rebuild | null>;
}
