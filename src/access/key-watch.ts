import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { hasExpired } from './authenticate.ts';
import type { Caller } from './caller.ts';
import type { KeyStore } from './key-store.ts';

/** How often the keys of what lasts are looked at, in milliseconds: one query for all of them. */
const everyMs = 2_000;

export interface KeyWatchDeps {
  keys: Pick<KeyStore, 'revoked'>;
  clock: Clock;
  logger: Logger;
}

/** Tells what outlasts a request when its key has expired or was revoked, here or by another instance. */
export class KeyWatch {
  readonly #deps: KeyWatchDeps;
  readonly #watchers = new Map<string, Set<{ expiresAt: number | null; onEnd: () => void }>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(deps: KeyWatchDeps) {
    this.#deps = deps;
  }

  /** Calls back once, when the key lets nobody in any more. @returns the way to stop watching */
  watch({ keyId, expiresAt }: Pick<Caller, 'keyId' | 'expiresAt'>, onEnd: () => void): () => void {
    const watcher = { expiresAt, onEnd };
    const ofKey = this.#watchers.get(keyId) ?? new Set();
    this.#watchers.set(keyId, ofKey.add(watcher));
    this.#timer ??= setInterval(() => void this.check(), everyMs).unref();
    return () => {
      ofKey.delete(watcher);
      if (ofKey.size === 0 && this.#watchers.get(keyId) === ofKey) this.#watchers.delete(keyId);
      if (this.#watchers.size === 0) this.close();
    };
  }

  /** Ends what is watched with the key. */
  end(keyId: string): void {
    for (const { onEnd } of [...(this.#watchers.get(keyId) ?? [])]) onEnd();
  }

  /** Looks at every key now; a database that is away ends nothing. */
  async check(): Promise<void> {
    const now = this.#deps.clock.now();
    for (const watcher of [...this.#watchers.values()].flatMap((ofKey) => [...ofKey])) {
      if (hasExpired(watcher, now)) watcher.onEnd();
    }
    if (this.#watchers.size === 0) return;
    try {
      for (const keyId of await this.#deps.keys.revoked([...this.#watchers.keys()])) this.end(keyId);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'The keys of subscriptions could not be looked at; trying again.');
    }
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
