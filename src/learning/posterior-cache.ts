import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { contextName, type ContextRef } from './context.ts';
import type { ContextTotals, PosteriorSnapshot, PosteriorStore } from './posterior-store.ts';

interface Entry {
  retrieverId: string;
  context: ContextRef;
  /** The snapshot it was read in, at least the retriever's: an older read that comes late must not replace a newer one. */
  version: number;
  totals: ContextTotals | null;
}

/** Contexts read in one query. */
const READ_AT_ONCE = 1_000;

export interface CachedPosteriors {
  /** Every batch up to it is in the totals; a later one may be in some of them, until it is refreshed. */
  version: number;
  /** In the order asked for; null for a context without a signal, or one that could not be read in time. */
  totals: (ContextTotals | null)[];
  /** False where a context could not be read in time, so that a coarser one may decide. */
  complete: boolean;
  /** False while the store does not answer, so that newer signals may be missing. */
  current: boolean;
}

export interface PosteriorCacheOptions {
  store: PosteriorStore;
  logger: Logger;
  clock: Clock;
  /** Contexts kept, least recently used dropped first. One of 4 features takes 2.5 kB with its evidence. */
  maxContexts?: number;
  /** How long a search waits for contexts that are not in memory. */
  patienceMs?: number;
  /** How long after a failure reads are not waited for. */
  awayMs?: number;
}

/**
 * Posteriors in memory, so that no search depends on ClickHouse: what is here is served at once, what is not is waited
 * for briefly, and while the store is away the last known values serve on.
 */
export class PosteriorCache {
  readonly #store: PosteriorStore;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #awayMs: number;
  readonly #entries: LRUCache<string, Entry>;
  /** By retriever: what everything in memory is at least as new as. */
  readonly #versions = new Map<string, number>();
  /** How many reads of a context are under way, by its key. */
  readonly #reading = new Map<string, { retrieverId: string; context: ContextRef; reads: number }>();
  #awaySince: number | null = null;
  #warned = false;
  #nextProbeAt = 0;

  constructor(options: PosteriorCacheOptions) {
    this.#store = options.store;
    this.#logger = options.logger;
    this.#clock = options.clock;
    this.#patienceMs = options.patienceMs ?? 50;
    this.#awayMs = options.awayMs ?? 1_000;
    this.#entries = new LRUCache({ max: options.maxContexts ?? 50_000 });
  }

  async read(retrieverId: string, contexts: readonly ContextRef[]): Promise<CachedPosteriors> {
    const missing = contexts.filter((context) => !this.#entries.has(entryKey(retrieverId, context)));
    if (missing.length > 0 || !this.#versions.has(retrieverId)) await this.#readSoon(retrieverId, missing);
    const entries = contexts.map((context) => this.#entries.get(entryKey(retrieverId, context)));
    return {
      version: this.#versions.get(retrieverId) ?? 0,
      totals: entries.map((entry) => entry?.totals ?? null),
      complete: this.#versions.has(retrieverId) && entries.every((entry) => entry !== undefined),
      current: this.#awaySince === null,
    };
  }

  /** Whether the context is in memory or about to be, so that a change of it matters here: a read under way may miss it. */
  holds(retrieverId: string, context: ContextRef): boolean {
    const key = entryKey(retrieverId, context);
    return this.#entries.has(key) || this.#reading.has(key);
  }

  /**
   * Reads the contexts that have changed anew from the store, and so brings the retriever to another version. That comes with
   * every read, so one is made even for no context at all. @throws where it is away
   */
  async refresh(retrieverId: string, contexts: readonly ContextRef[]): Promise<void> {
    await this.#reads(retrieverId, contexts, async () => {
      let version = Infinity;
      let from = 0;
      do {
        const some = contexts.slice(from, from + READ_AT_ONCE);
        const snapshot = await this.#store.read(retrieverId, some);
        this.#keep(retrieverId, some, snapshot);
        version = Math.min(version, snapshot.version);
        from += READ_AT_ONCE;
      } while (from < contexts.length);
      // only now: until the last of them is read, not all of memory is that new
      this.#versions.set(retrieverId, Math.max(version, this.#versions.get(retrieverId) ?? 0));
    });
  }

  /** The contexts of a retriever that it `holds`. Walks the whole cache: for rare events only. */
  known(retrieverId: string): ContextRef[] {
    const contexts = new Map<string, ContextRef>();
    for (const held of [...this.#entries.values(), ...this.#reading.values()]) {
      if (held.retrieverId === retrieverId) contexts.set(entryKey(retrieverId, held.context), held.context);
    }
    return [...contexts.values()];
  }

  /** The retrievers with contexts in memory, or about to be. */
  retrievers(): string[] {
    const reading = [...this.#reading.values()].map(({ retrieverId }) => retrieverId);
    return [...new Set([...this.#versions.keys(), ...reading])];
  }

  /** For how long the store has not answered, in milliseconds; 0 while it does. */
  awayMs(): number {
    return this.#awaySince === null ? 0 : this.#clock.now() - this.#awaySince;
  }

  reportAway(error: unknown): void {
    this.#doWithout();
    if (this.#warned) return;
    this.#warned = true;
    this.#logger.warn(
      { err: error },
      'The posterior store does not answer; searches go on with the last known weights.',
    );
  }

  reportBack(): void {
    if (this.#awaySince === null) return;
    this.#logger.info({ awayMs: this.#clock.now() - this.#awaySince }, 'The posterior store answers again.');
    this.#awaySince = null;
    this.#warned = false;
  }

  #begin(retrieverId: string, contexts: readonly ContextRef[]): () => void {
    const keys = contexts.map((context) => {
      const key = entryKey(retrieverId, context);
      this.#reading.set(key, { retrieverId, context, reads: (this.#reading.get(key)?.reads ?? 0) + 1 });
      return key;
    });
    return () => {
      for (const key of keys) {
        const reading = this.#reading.get(key);
        if (reading !== undefined && --reading.reads === 0) this.#reading.delete(key);
      }
    };
  }

  /** Slow or away: no search waits for it for a while. */
  #doWithout(): void {
    this.#awaySince ??= this.#clock.now();
    this.#nextProbeAt = this.#clock.now() + this.#awayMs;
  }

  /** Waits for a read no longer than the patience; the read itself goes on and fills the cache when it comes. */
  async #readSoon(retrieverId: string, contexts: readonly ContextRef[]): Promise<void> {
    if (this.#awaySince !== null && this.#clock.now() < this.#nextProbeAt) return;
    const reading = this.#add(retrieverId, contexts).catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#patienceMs);
    });
    const outcome = await Promise.race([reading, patience]);
    clearTimeout(timer);
    if (outcome === 'late') this.#doWithout();
  }

  /**
   * Reads contexts that are not in memory. Those that are may be older, so the version stays as it is, where there is one,
   * though the store knows a newer one: else who was sent it would not be told of what is refreshed to that same version.
   */
  #add(retrieverId: string, contexts: readonly ContextRef[]): Promise<void> {
    return this.#reads(retrieverId, contexts, async () => {
      let snapshot = await this.#store.read(retrieverId, contexts);
      // Overtaken by a read that told a newer version: what lies between may have been announced before this one began.
      const isOld = snapshot.version < (this.#versions.get(retrieverId) ?? 0);
      if (isOld) snapshot = await this.#store.read(retrieverId, contexts);
      if (!this.#versions.has(retrieverId)) this.#versions.set(retrieverId, snapshot.version);
      this.#keep(retrieverId, contexts, snapshot);
    });
  }

  /** While it works, the contexts count as held, and how it ends tells whether the store is away. */
  async #reads(retrieverId: string, contexts: readonly ContextRef[], work: () => Promise<void>): Promise<void> {
    const done = this.#begin(retrieverId, contexts);
    try {
      await work();
      this.reportBack();
    } catch (error) {
      this.reportAway(error);
      throw error;
    } finally {
      done();
    }
  }

  #keep(retrieverId: string, contexts: readonly ContextRef[], snapshot: PosteriorSnapshot): void {
    contexts.forEach((context, index) => {
      const key = entryKey(retrieverId, context);
      const known = this.#entries.peek(key);
      if (known !== undefined && known.version > snapshot.version) return;
      const totals = snapshot.totals[index] ?? null;
      this.#entries.set(key, { retrieverId, context, version: snapshot.version, totals });
    });
  }
}

function entryKey(retrieverId: string, context: ContextRef): string {
  return `${retrieverId}\n${contextName(context)}`;
}
