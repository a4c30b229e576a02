import type { Logger } from '../shared/logger.ts';
import type { ExecutionStore, ShowingQuery } from './execution-store.ts';
import type { Execution } from './execution.ts';
import { showingOf, type Showing } from './showing.ts';

const GATHER_MS = 5;
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 5_000;
const MAX_STRIKES = 3;

export interface ExecutionRecorderOptions {
  store: ExecutionStore;
  logger: Logger;
  /** Executions kept while they cannot be written; then the oldest go. */
  maxBuffered?: number;
  /** Executions a write. */
  maxGroup?: number;
  /** How long `close` tries to write what is left. */
  drainMs?: number;
}

interface Entry {
  execution: Execution;
  /** How many writes had succeeded when this last failed alone; null: it never did. */
  failedAtWrite: number | null;
  /** How often it failed alone while others succeeded. */
  strikes: number;
  waiting: { resolve: () => void; reject: (error: Error) => void }[];
}

/**
 * Writes executions behind the answer: `record` returns at once, and what was recorded is found from that moment on.
 * Writes go in groups, one after the other, and are tried until they succeed. A group that fails is tried one by one,
 * so that one row that can never be written does not hold up the others; such a row is given up.
 */
export class ExecutionRecorder {
  readonly #store: ExecutionStore;
  readonly #logger: Logger;
  readonly #maxBuffered: number;
  readonly #maxGroup: number;
  readonly #drainMs: number;
  /** What is not written yet, oldest first. */
  readonly #buffer = new Map<string, Entry>();
  #groupSize: number;
  #writing: Promise<void> | null = null;
  #pause: { timer: NodeJS.Timeout; end: () => void } | null = null;
  #writes = 0;
  #failures = 0;
  #dropped = 0;
  #giveUp = false;

  constructor(options: ExecutionRecorderOptions) {
    this.#store = options.store;
    this.#logger = options.logger;
    this.#maxBuffered = options.maxBuffered ?? 10_000;
    this.#maxGroup = options.maxGroup ?? 256;
    this.#drainMs = options.drainMs ?? 2_000;
    this.#groupSize = this.#maxGroup;
  }

  /** Executions lost because they could not be written. */
  get dropped(): number {
    return this.#dropped;
  }

  record(execution: Execution): void {
    if (this.#buffer.size >= this.#maxBuffered) this.#dropOldest();
    this.#buffer.set(execution.id, { execution, failedAtWrite: null, strikes: 0, waiting: [] });
    this.#writing ??= this.#writeAll();
  }

  /** Those that exist in the namespace, written or not, in any order. */
  async find(namespaceId: string, ids: readonly string[]): Promise<Execution[]> {
    const buffered = ids.flatMap((id) => this.#buffer.get(id)?.execution ?? []);
    const elsewhere = ids.filter((id) => !this.#buffer.has(id));
    const stored = elsewhere.length === 0 ? [] : await this.#store.get(namespaceId, elsewhere);
    return [...buffered.filter((execution) => execution.namespaceId === namespaceId), ...stored];
  }

  /** As `find`: what they showed, and to whom. */
  async shown(namespaceId: string, ids: readonly string[]): Promise<Showing[]> {
    const buffered = ids.flatMap((id) => this.#buffer.get(id)?.execution ?? []);
    const elsewhere = ids.filter((id) => !this.#buffer.has(id));
    const stored = elsewhere.length === 0 ? [] : await this.#store.shown(namespaceId, elsewhere);
    return [...buffered.filter((execution) => execution.namespaceId === namespaceId).map(showingOf), ...stored];
  }

  /** See ExecutionStore; what is not written yet is newer than what is. */
  async lastShowing(query: ShowingQuery): Promise<Showing | null> {
    const unwritten = [...this.#buffer.values()].map((entry) => entry.execution).filter((one) => shows(one, query));
    const newest = unwritten.reduce<Execution | null>(
      (best, one) => (best === null || one.executedAt >= best.executedAt ? one : best),
      null,
    );
    return newest === null ? this.#store.lastShowing(query) : showingOf(newest);
  }

  /** Whether none of these is waiting to be written. */
  isWritten(ids: readonly string[]): boolean {
    return this.#buffer.size === 0 || !ids.some((id) => this.#buffer.has(id));
  }

  /** Resolves when none of these is waiting to be written any more; rejects where one was given up. */
  async written(ids: readonly string[]): Promise<void> {
    const entries = ids.flatMap((id) => this.#buffer.get(id) ?? []);
    if (entries.length === 0) return;
    if (this.#failures === 0) this.#hurry();
    await Promise.all(
      entries.map((entry) => new Promise<void>((resolve, reject) => entry.waiting.push({ resolve, reject }))),
    );
  }

  /** Writes what is left, for a bounded time; what is recorded after that is written as always. */
  async flush(): Promise<void> {
    if (this.#writing === null) return;
    const deadline = setTimeout(() => {
      this.#giveUp = true;
      this.#hurry();
    }, this.#drainMs);
    this.#hurry();
    await this.#writing;
    clearTimeout(deadline);
    this.#giveUp = false;
  }

  /** As `flush`; what could not be written then is lost. */
  async close(): Promise<void> {
    await this.flush();
    if (this.#buffer.size === 0) return;
    this.#logger.error({ executions: this.#buffer.size }, 'Stopped before these executions could be written.');
    for (const entry of [...this.#buffer.values()]) this.#drop(entry);
  }

  async #writeAll(): Promise<void> {
    // The answer's own look-ups go first; and what comes within this time shares a write.
    await this.#sleep(GATHER_MS);
    while (this.#buffer.size > 0 && !this.#giveUp) {
      const group = [...this.#buffer.values()].slice(0, this.#groupSize);
      try {
        await this.#store.save(group.map((entry) => entry.execution));
        this.#succeeded(group);
      } catch (error) {
        this.#failed(group, error);
        await this.#sleep(Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** (this.#failures - 1)));
      }
    }
    this.#writing = null;
  }

  #succeeded(group: readonly Entry[]): void {
    if (this.#failures > 0) {
      this.#logger.info({ failures: this.#failures, dropped: this.#dropped }, 'Executions are written again.');
    }
    this.#writes += 1;
    this.#failures = 0;
    this.#groupSize = Math.min(this.#maxGroup, this.#groupSize * 2);
    for (const entry of group) {
      this.#buffer.delete(entry.execution.id);
      for (const { resolve } of entry.waiting) resolve();
    }
  }

  #failed(group: readonly Entry[], error: unknown): void {
    if (this.#failures === 0) this.#logger.warn({ err: error }, 'Executions could not be written; trying again.');
    this.#failures += 1;
    this.#groupSize = 1;
    const [alone, ...others] = group;
    if (alone === undefined || others.length > 0) return;
    if (alone.failedAtWrite !== null && alone.failedAtWrite < this.#writes) alone.strikes += 1;
    alone.failedAtWrite = this.#writes;
    if (alone.strikes >= MAX_STRIKES) {
      this.#logger.error(
        { err: error, executionId: alone.execution.id },
        'An execution can never be written; dropped.',
      );
      this.#drop(alone);
    } else if (this.#buffer.delete(alone.execution.id)) {
      this.#buffer.set(alone.execution.id, alone);
    }
  }

  #dropOldest(): void {
    const [oldest] = this.#buffer.values();
    if (oldest === undefined) return;
    if (this.#dropped % this.#maxBuffered === 0) {
      this.#logger.error(
        { dropped: this.#dropped + 1, buffered: this.#buffer.size },
        'Too many executions wait to be written: the oldest are dropped, and feedback on them will be refused.',
      );
    }
    this.#drop(oldest);
  }

  #drop(entry: Entry): void {
    this.#dropped += 1;
    this.#buffer.delete(entry.execution.id);
    const error = new Error(`execution ${entry.execution.id} was not written`);
    for (const { reject } of entry.waiting) reject(error);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        if (this.#pause !== null) clearTimeout(this.#pause.timer);
        this.#pause = null;
        resolve();
      };
      this.#pause = { timer: setTimeout(end, ms), end };
    });
  }

  #hurry(): void {
    this.#pause?.end();
  }
}

function shows(execution: Execution, query: ShowingQuery): boolean {
  if (execution.namespaceId !== query.namespaceId) return false;
  if (execution.executedAt < query.since || execution.executedAt > query.until) return false;
  if (query.retrieverId !== null && execution.retrieverId !== query.retrieverId) return false;
  const isTheirs =
    query.userId === null
      ? query.sessionId !== null && execution.sessionId === query.sessionId
      : execution.userId === query.userId;
  if (!isTheirs) return false;
  const { documentId, position } = query;
  return position === null
    ? execution.hits.some((hit) => hit.documentId === documentId)
    : execution.hits[position]?.documentId === documentId;
}
