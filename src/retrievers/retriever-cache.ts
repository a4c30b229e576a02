import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import type { RetrieverStore } from './retriever-store.ts';
import type { Retriever } from './retriever.ts';

export interface RetrieverCacheOptions {
  store: RetrieverStore;
  clock: Clock;
  /** Whether other instances may write to the store: then a copy serves for `maxAgeMs` at the most, hints or no hints. */
  shared: boolean;
  /** Default 1,000 ms. */
  maxAgeMs?: number;
}

/**
 * Definitions in memory, so that a search need not ask for its own. Every write of this process goes through `store` and
 * is seen by the next `get`; `forget` is for what others wrote.
 */
export class RetrieverCache {
  /** The store itself; what is changed or deleted through it is forgotten here before the call returns. */
  readonly store: RetrieverStore;
  readonly #known: LRUCache<string, Known>;

  constructor({ store, clock, shared, maxAgeMs = 1_000 }: RetrieverCacheOptions) {
    this.#known = new LRUCache({
      max: 10_000,
      ...(shared && { ttl: maxAgeMs, ttlResolution: 0, perf: clock }),
    });
    this.store = {
      ...store,
      update: (namespaceId, id, change) => store.update(namespaceId, id, change).finally(() => this.forget(id)),
      delete: (namespaceId, id) => store.delete(namespaceId, id).finally(() => this.forget(id)),
    };
  }

  /** As RetrieverStore.get. */
  async get(namespaceId: string, ids: readonly string[]): Promise<Retriever[]> {
    const found = await Promise.all(ids.map((id) => this.#one(namespaceId, id)));
    return found.filter((retriever) => retriever !== null);
  }

  forget(id: string): void {
    this.#known.delete(keyOf(id));
  }

  /** Where nobody knows what has changed. */
  forgetAll(): void {
    this.#known.clear();
  }

  /** Searches at once share a look-up; one that finds nothing, or fails, is not kept. */
  #one(namespaceId: string, id: string): Promise<Retriever | null> {
    const key = keyOf(id);
    const known = this.#known.get(key);
    if (known?.namespaceId === namespaceId) return known.retriever;
    const retriever = this.store.get(namespaceId, [id]).then(([found]) => found ?? null);
    // whoever asks for what another namespace has does not push it out
    if (known !== undefined) return retriever;
    const entry: Known = { namespaceId, retriever };
    this.#known.set(key, entry);
    const drop = () => {
      if (this.#known.peek(key) === entry) this.#known.delete(key);
    };
    retriever.then((found) => {
      if (found === null) drop();
    }, drop);
    return retriever;
  }
}

/** One UUID may be spelt in two cases. */
function keyOf(id: string): string {
  return id.toLowerCase();
}

interface Known {
  namespaceId: string;
  /** Null while nobody knows yet whether it is there; then it is, or the entry is gone. */
  retriever: Promise<Retriever | null>;
}
