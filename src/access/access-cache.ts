import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import type { Namespace } from './caller.ts';
import type { StoredKey } from './key-store.ts';

/** How long a key that another instance revoked may still be let in, in milliseconds. */
export const keyTtlMs = 1_000;

/** Spares a query a request: keys for a second, namespaces (which are never renamed or removed) for good. */
export interface AccessCache {
  /** The key of that prefix, from memory or by `load`; requests at once share one look-up. What is not there is not kept. */
  key(prefix: string, load: () => Promise<StoredKey | null>): Promise<StoredKey | null>;
  /** What is asked for under that key, from memory or by `load`: names and ids may look alike, so the key says which. */
  namespace(key: string, load: () => Promise<Namespace | null>): Promise<Namespace | null>;
  forgetKey(prefix: string): void;
}

export function createAccessCache(clock: Clock): AccessCache {
  const keys = new LRUCache<string, Promise<StoredKey | null>>({
    max: 10_000,
    ttl: keyTtlMs,
    ttlResolution: 0,
    perf: clock,
  });
  const namespaces = new LRUCache<string, Promise<Namespace | null>>({ max: 10_000 });
  return {
    key: (prefix, load) => remember(keys, prefix, load),
    namespace: (key, load) => remember(namespaces, key, load),
    forgetKey: (prefix) => void keys.delete(prefix),
  };
}

function remember<Value>(
  cache: LRUCache<string, Promise<Value | null>>,
  key: string,
  load: () => Promise<Value | null>,
): Promise<Value | null> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const loading = load();
  cache.set(key, loading);
  const forget = () => {
    if (cache.peek(key) === loading) cache.delete(key);
  };
  loading.then((value) => {
    if (value === null) forget();
  }, forget);
  return loading;
}
