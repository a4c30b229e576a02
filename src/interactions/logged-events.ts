import type { Execution } from '../search/execution.ts';
import type { Signal } from './interaction.ts';

/** Where a page of the log ended. */
export interface LogCursor {
  executedAt: number;
  executionId: string;
}

/** The log as a rebuild reads it, and the generations in it. */
export interface LoggedEvents {
  /** Executions of a retriever from before a time, the oldest first. */
  executionsAfter(
    retrieverId: string,
    after: LogCursor | null,
    before: number,
    limit: number,
  ): Promise<readonly LogCursor[]>;
  /** Those of the executions, of one page, that have signals, with all of them. */
  withSignals(
    namespaceId: string,
    retrieverId: string,
    page: readonly LogCursor[],
  ): Promise<{ execution: Execution; signals: readonly Signal[] }[]>;
  /** Searches read this generation from now on, and the ones before it are deleted. Repeating it changes nothing more. */
  publish(retrieverId: string, generation: number): Promise<void>;
}
