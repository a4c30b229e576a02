import type { Page, PageRequest } from '../shared/page.ts';
import type { Rollout, RolloutEvent, RolloutEventKind } from './rollout.ts';

/** A change of a rollout: what it is from now on, and what the audit list says of it. */
export interface RolloutChange {
  next: Rollout;
  /** Made by people: the new revision is its `comparedFrom`. */
  restarts: boolean;
  events: readonly { kind: RolloutEventKind; actor: string; reason: string | null; details: Record<string, unknown> }[];
}

/** What changed since a revision. */
export interface RolloutNews {
  /** Everything up to here is known to whoever has taken this in. */
  revision: number;
  rollouts: readonly Rollout[];
  optOuts: readonly { retrieverId: string; userId: string; optedOut: boolean }[];
}

/** The rollouts of every retriever, the users who opted out, and the audit list. */
export interface RolloutStore {
  /**
   * Writes `change(current)`, or nothing where that is null, in one transaction with its events; two changes at once
   * are one after the other.
   * @throws NotFoundError RETRIEVER_NOT_FOUND
   */
  change(
    namespaceId: string,
    retrieverId: string,
    at: number,
    change: (current: Rollout) => RolloutChange | null,
  ): Promise<Rollout>;
  /** @throws NotFoundError RETRIEVER_NOT_FOUND */
  setOptOut(namespaceId: string, retrieverId: string, userId: string, optedOut: boolean, at: number): Promise<void>;
  /** Those that exist in the namespace, deleted ones excluded; untouched ones too, in any order. */
  get(namespaceId: string, retrieverIds: readonly string[]): Promise<Rollout[]>;
  /** What changed after a revision; all there is after 0. A revision that is seen is complete: none comes in below it. */
  since(revision: number): Promise<RolloutNews>;
  /** Newest first; `after` is the id of an event, an unknown one begins at the newest. */
  events(namespaceId: string, retrieverId: string, page: PageRequest): Promise<Page<RolloutEvent>>;
  /** Null where the retriever has no such event. */
  revisionOf(retrieverId: string, eventId: string): Promise<number | null>;
  /** Those after a revision, oldest first. */
  eventsAfter(retrieverId: string, revision: number, limit: number): Promise<RolloutEvent[]>;
  /**
   * Rollouts with guardrails that nobody has looked at since `notSince`, taken by this call: until then no other call
   * gets them.
   */
  claimGuarded(notSince: number, now: number): Promise<{ namespaceId: string; rollout: Rollout }[]>;
}
