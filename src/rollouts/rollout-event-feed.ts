import type { RolloutCache } from './rollout-cache.ts';
import type { RolloutStore } from './rollout-store.ts';
import type { RolloutEvent } from './rollout.ts';

/** Events that a watcher holds at once; more are read when these are gone. */
const READ_AT_ONCE = 100;

export interface RolloutEventFeedDeps {
  rollouts: Pick<RolloutStore, 'eventsAfter'>;
  cache: Pick<RolloutCache, 'onChange'>;
}

/**
 * The audit list as it grows: each watcher reads on from the last event it has had whenever the rollout changes, so it
 * misses none, however slow it is, and holds few.
 */
export class RolloutEventFeed {
  readonly #deps: RolloutEventFeedDeps;
  readonly #watchers = new Map<string, Set<EventStream>>();
  readonly #stop: () => void;

  constructor(deps: RolloutEventFeedDeps) {
    this.#deps = deps;
    this.#stop = deps.cache.onChange((retrieverId) => {
      for (const stream of this.#watchers.get(retrieverId) ?? []) stream.wake();
    });
  }

  /** Watchers now open, over all retrievers. */
  get watcherCount(): number {
    return [...this.#watchers.values()].reduce((count, streams) => count + streams.size, 0);
  }

  /** Every event after a revision, oldest first, then each new one. */
  watch(retrieverId: string, after: number): AsyncIterableIterator<RolloutEvent> {
    const streams = this.#watchers.get(retrieverId) ?? new Set();
    this.#watchers.set(retrieverId, streams);
    const stream = new EventStream(
      (revision) => this.#deps.rollouts.eventsAfter(retrieverId, revision, READ_AT_ONCE),
      after,
      () => {
        streams.delete(stream);
        if (streams.size === 0 && this.#watchers.get(retrieverId) === streams) this.#watchers.delete(retrieverId);
      },
    );
    streams.add(stream);
    return stream;
  }

  /** A retriever is gone: its watchers' streams complete. */
  removed(retrieverId: string): void {
    for (const stream of [...(this.#watchers.get(retrieverId) ?? [])]) void stream.return();
  }

  /** Ends every stream. */
  close(): void {
    this.#stop();
    for (const retrieverId of [...this.#watchers.keys()]) this.removed(retrieverId);
  }
}

class EventStream implements AsyncIterableIterator<RolloutEvent> {
  readonly #read: (revision: number) => Promise<RolloutEvent[]>;
  readonly #onEnd: () => void;
  #last: number;
  #waiting: RolloutEvent[] = [];
  /** Something may be there: true at first, and after each change until a read finds nothing. */
  #stale = true;
  #alarm: (() => void) | null = null;
  #ended = false;

  constructor(read: (revision: number) => Promise<RolloutEvent[]>, after: number, onEnd: () => void) {
    this.#read = read;
    this.#last = after;
    this.#onEnd = onEnd;
  }

  wake(): void {
    this.#stale = true;
    this.#alarm?.();
  }

  async next(): Promise<IteratorResult<RolloutEvent>> {
    while (!this.#ended) {
      const event = this.#waiting.shift();
      if (event !== undefined) {
        this.#last = event.revision;
        return { done: false, value: event };
      }
      if (this.#stale) await this.#readOn();
      else await new Promise<void>((resolve) => (this.#alarm = resolve));
    }
    return { done: true, value: undefined };
  }

  async #readOn(): Promise<void> {
    this.#stale = false;
    try {
      this.#waiting = await this.#read(this.#last);
    } catch (error) {
      this.#stale = true;
      await this.return();
      throw error;
    }
    if (this.#waiting.length === READ_AT_ONCE) this.#stale = true;
  }

  return(): Promise<IteratorResult<RolloutEvent>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#alarm?.();
      this.#onEnd();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
