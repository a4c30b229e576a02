import type { Page, PageRequest } from '../shared/page.ts';
import type { Interaction, InteractionFilter } from './interaction.ts';
import type { LearningClaim } from './learning-caps.ts';

/** An event to be stored. */
export interface NewInteraction extends Interaction {
  /** What it takes from what its client may teach; absent or null: its client is not capped. */
  claim?: LearningClaim | null;
}

export interface RecordedInteraction {
  /** What is stored: the first event's, where this one repeats it. */
  interaction: Interaction;
  duplicate: boolean;
}

export interface InteractionStore {
  /**
   * Stores events, their signals and one outbox row each in one transaction; returns after the commit, in order.
   * A repeated idempotency key, or an event whose every (execution, document, type) is there already, with a duration and
   * a depth at least as great, is a duplicate and changes nothing. One whose claim is beyond a cap is stored with
   * `trains: false`, and so are its signals.
   */
  record(events: readonly NewInteraction[]): Promise<RecordedInteraction[]>;
  /**
   * Newest first.
   * @throws ValidationError INVALID_CURSOR
   */
  list(namespaceId: string, filter: InteractionFilter, page: PageRequest): Promise<Page<Interaction>>;
  /** A retriever's events whose ids were made at `from` (milliseconds since the epoch) or later, without those that are named; oldest first. */
  receivedSince(
    where: { namespaceId: string; retrieverId: string; from: number },
    except: readonly string[],
    limit: number,
  ): Promise<Interaction[]>;
  /** Deletes the events and the counts of before that time, and the signals of executions of before it; returns how many events. */
  expire(before: number): Promise<number>;
}
