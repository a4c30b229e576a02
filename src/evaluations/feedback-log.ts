import type { Signal } from '../interactions/interaction.ts';
import type { Execution } from '../search/execution.ts';

/** A search of the past, what it showed, and what people did with that. */
export interface LoggedSearch {
  executionId: string;
  executedAt: number;
  userId: string | null;
  sessionId: string | null;
  segment: string | null;
  inputs: Record<string, unknown>;
  /** Document ids, position 0 first. */
  shown: readonly string[];
  /** As they came: the same (document, type) may be there twice. */
  signals: readonly Signal[];
}

/** The same with all that decided the ranking. */
export interface LoggedExecution {
  execution: Execution;
  signals: readonly Signal[];
}

export interface LogWindow {
  /** Milliseconds since the epoch. */
  since: number;
  /** The newest so many. */
  limit: number;
}

/** The long log of searches and interactions. */
export interface FeedbackLog {
  /** Searches of the retriever that somebody reacted to, oldest first. */
  searches(namespaceId: string, retrieverId: string, window: LogWindow): Promise<LoggedSearch[]>;
  /** Searches with learned weights, reacted to or not, oldest first. */
  learnedExecutions(namespaceId: string, retrieverId: string, window: LogWindow): Promise<LoggedExecution[]>;
}
