import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { RecentValues } from '../shared/recent-values.ts';
import { firstUuidAt } from '../shared/uuid.ts';
import type { InteractionStore } from './interaction-store.ts';
import type { Interaction } from './interaction.ts';

/** Events that wait for one slow watcher. */
const HELD = 1_000;
const READ_AT_ONCE = 500;
/** An event may be committed so much later than one that was received after it, or by a server whose clock is behind. */
const OVERLAP_MS = 5_000;

export interface InteractionFeedOptions {
  interactions: Pick<InteractionStore, 'receivedSince'>;
  clock: Clock;
  logger: Logger;
  /** How often to look for what other instances have stored; null: there are none. */
  pollMs: number | null;
}

/**
 * Interactions as they are stored, on whatever instance. Each watched retriever is read once, whoever watches it; nothing
 * is read, or told between instances, where nobody watches.
 */
export class InteractionFeed {
  readonly #options: InteractionFeedOptions;
  readonly #tails = new Map<string, Tail>();
  readonly #poll: NodeJS.Timeout | null;

  constructor(options: InteractionFeedOptions) {
    this.#options = options;
    this.#poll = options.pollMs === null ? null : setInterval(() => this.wake(), options.pollMs).unref();
  }

  /** Watchers now open, over all retrievers. */
  get watcherCount(): number {
    return [...this.#tails.values()].reduce((count, tail) => count + tail.watchers.size, 0);
  }

  /** Each interaction with the retriever's searches from now on, in the order in which they were stored as far as can be told. */
  watch(namespaceId: string, retrieverId: string): AsyncIterableIterator<Interaction> {
    const tail = this.#tails.get(retrieverId) ?? new Tail(this.#options, namespaceId, retrieverId);
    this.#tails.set(retrieverId, tail);
    const watcher = new RecentValues<Interaction>(HELD, () => {
      tail.watchers.delete(watcher);
      if (tail.watchers.size === 0 && this.#tails.get(retrieverId) === tail) this.#tails.delete(retrieverId);
    });
    tail.watchers.add(watcher);
    return watcher;
  }

  /** Something may have been stored. Cheap where nobody watches. */
  wake(): void {
    for (const tail of this.#tails.values()) tail.wake();
  }

  /** A retriever is gone: its watchers' streams complete. */
  removed(retrieverId: string): void {
    for (const watcher of [...(this.#tails.get(retrieverId)?.watchers ?? [])]) watcher.end();
  }

  /** Ends every stream. */
  close(): void {
    if (this.#poll !== null) clearInterval(this.#poll);
    for (const retrieverId of [...this.#tails.keys()]) this.removed(retrieverId);
  }
}

/** The end of one retriever's log, read on whenever it may have grown. */
class Tail {
  readonly watchers = new Set<RecentValues<Interaction>>();
  readonly #options: InteractionFeedOptions;
  readonly #namespaceId: string;
  readonly #retrieverId: string;
  /** Read from here on, but for what was seen. */
  #from: number;
  readonly #seen = new Set<string>();
  #isReading = false;
  #isStale = false;

  constructor(options: InteractionFeedOptions, namespaceId: string, retrieverId: string) {
    this.#options = options;
    this.#namespaceId = namespaceId;
    this.#retrieverId = retrieverId;
    this.#from = options.clock.now();
  }

  wake(): void {
    this.#isStale = true;
    if (!this.#isReading) void this.#readOn();
  }

  /** Never rejects: what could not be read is read at the next wake. */
  async #readOn(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isStale && this.watchers.size > 0) {
        this.#isStale = false;
        while ((await this.#read()) === READ_AT_ONCE);
      }
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'New interactions could not be read for who watches them.');
    } finally {
      this.#isReading = false;
    }
  }

  async #read(): Promise<number> {
    const where = { namespaceId: this.#namespaceId, retrieverId: this.#retrieverId, from: this.#from };
    const events = await this.#options.interactions.receivedSince(where, [...this.#seen], READ_AT_ONCE);
    for (const event of events) {
      this.#seen.add(event.id);
      for (const watcher of this.watchers) watcher.push(event);
    }
    this.#from = Math.max(this.#from, (events.at(-1)?.receivedAt ?? 0) - OVERLAP_MS);
    // By its id, as the store selects: an event has one only a little after it was received.
    const firstId = firstUuidAt(this.#from);
    for (const id of this.#seen) if (id < firstId) this.#seen.delete(id);
    return events.length;
  }
}
