import { AttuneError } from './attune-error.ts';
import { backoffMs } from './backoff.ts';
import type { RandomSource, TimerClock } from './surroundings.ts';
import type { Dropped, Interaction } from './types.ts';

export interface TrackerOptions {
  /** How many interactions go in one call, 1 to 1000. */
  batchSize: number;
  /** How long an interaction waits for others, in milliseconds. */
  batchMs: number;
  /** How many wait for the server at most: the oldest is dropped for the newest. */
  queueSize: number;
  /** Told of every interaction that will not be stored. */
  onDrop: (dropped: Dropped) => void;
}

export interface TrackerDeps {
  /** One call. @throws AttuneError */
  send(interactions: readonly Interaction[], keepalive: boolean): Promise<readonly Rejected[]>;
  clock: TimerClock;
  /** A time of this clock by the server's, as far as it is known. */
  serverTime(ms: number): number;
  random: RandomSource;
  newId: () => string;
}

/** One that the server refused, by its place in the call. */
export interface Rejected {
  index: number;
  code: string;
  message: string;
}

interface Entry {
  interaction: Interaction;
  trackedAt: number;
  bytes: number;
  /** How often the server failed over it. */
  failures: number;
}

/** The server takes 256 kB. */
const callBytes = 200_000;
/** Browsers let 64 KiB outlive a page, headers and all. */
const keepaliveBytes = 60_000;
/** The operation around the interactions, and a time for each. */
const envelopeBytes = 1_000;
const timeBytes = 60;
/** One that waited longer is sent with the time at which it happened; else the server's clock is the better one. */
const promptMs = 10_000;
/** A call over which the server failed so often is given up. */
const mostFailures = 8;
/**
 * Not over the call: who is offline, or has a server whose stores are away, that hangs, or that a proxy answers for while
 * it restarts, or has reached a limit, keeps what happened for as long as that lasts.
 */
const othersFault = /^(NETWORK|UNAVAILABLE|RATE_LIMITED|NO_ANSWER_IN_TIME|HTTP_\d+)$/;

/**
 * The queue of interactions on their way to the server. Each has an idempotency key from the start, so that sending it
 * again after an answer was lost counts nothing twice.
 */
export class Tracker {
  readonly #deps: TrackerDeps;
  readonly #options: TrackerOptions;
  #queue: Entry[] = [];
  #underWay = 0;
  #keepaliveUnderWay = 0;
  #draining = false;
  /** Calls that failed in a row. */
  #failures = 0;
  #stopTimer: (() => void) | null = null;
  #closed: AttuneError | null = null;
  readonly #waiters = new Set<() => void>();

  constructor(deps: TrackerDeps, options: TrackerOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** How many are neither stored nor dropped yet. */
  get pending(): number {
    return this.#queue.length + this.#underWay;
  }

  track(interaction: Interaction): void {
    const { clock, newId } = this.#deps;
    const keyed = { ...interaction, idempotencyKey: interaction.idempotencyKey ?? newId() };
    if (this.#closed !== null) return this.#drop(keyed, this.#closed);
    const bytes = new TextEncoder().encode(JSON.stringify(keyed)).length + timeBytes;
    this.#queue.push({ interaction: keyed, trackedAt: clock.now(), bytes, failures: 0 });
    this.#shed();
    if (this.#draining) return;
    if (this.#failures === 0 && this.#queue.length >= this.#options.batchSize) void this.#drain();
    else this.#stopTimer ??= clock.after(this.#options.batchMs, () => void this.#drain());
  }

  /** Sends all there is now, and resolves when nothing is left to send. @throws the signal's reason; the rest goes on */
  async flush(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    void this.#drain();
    if (this.pending === 0) return;
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        this.#waiters.delete(done);
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const abort = () => {
        this.#waiters.delete(done);
        reject(signal?.reason as Error);
      };
      this.#waiters.add(done);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** The page may be gone in a moment: sends what may outlive it, beside what is under way. */
  flushBeforeEnd(): void {
    const batch = this.#take(keepaliveBytes - this.#keepaliveUnderWay, 0);
    if (batch.length > 0) void this.#send(batch);
  }

  /** Does not wait any longer for the server to be back. */
  retryNow(): void {
    if (this.#queue.length > 0) void this.#drain();
  }

  /** Drops what is not sent yet, and whatever still comes. */
  close(reason: AttuneError): void {
    this.#closed = reason;
    this.#cancelTimer();
    for (const { interaction } of this.#queue.splice(0)) this.#drop(interaction, reason);
    this.#settle();
  }

  /** One call after another until the queue is empty or a call failed. */
  async #drain(): Promise<void> {
    this.#cancelTimer();
    if (this.#draining) return;
    this.#draining = true;
    let sent = true;
    while (sent && this.#queue.length > 0) sent = await this.#send(this.#take(callBytes, 1));
    this.#draining = false;
  }

  /** As many as a call of so many bytes may hold. @param least so many even where they are too big: the server says so */
  #take(bytes: number, least: number): Entry[] {
    let left = bytes - envelopeBytes;
    let count = 0;
    for (const entry of this.#queue.slice(0, this.#options.batchSize)) {
      left -= entry.bytes;
      if (left < 0 && count >= least) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** @returns whether the batch is done with, stored or not; else it is back in the queue and a retry is due */
  async #send(batch: readonly Entry[]): Promise<boolean> {
    const size = batch.reduce((sum, { bytes }) => sum + bytes, envelopeBytes);
    const keepalive = size <= keepaliveBytes - this.#keepaliveUnderWay;
    const reserved = keepalive ? size : 0;
    this.#underWay += batch.length;
    this.#keepaliveUnderWay += reserved;
    try {
      const rejected = await this.#deps.send(
        batch.map((entry) => this.#dated(entry)),
        keepalive,
      );
      this.#failures = 0;
      for (const { index, code, message } of rejected) {
        const entry = batch[index];
        if (entry !== undefined) this.#drop(entry.interaction, new AttuneError(message, code));
      }
      return true;
    } catch (error) {
      return this.#recover(batch, error);
    } finally {
      this.#underWay -= batch.length;
      this.#keepaliveUnderWay -= reserved;
      this.#settle();
    }
  }

  #recover(batch: readonly Entry[], error: unknown): boolean {
    const fault = error instanceof AttuneError ? error : new AttuneError(String(error), 'UNKNOWN', { cause: error });
    const again: Entry[] = [];
    for (const entry of batch) {
      if (!othersFault.test(fault.code)) entry.failures += 1;
      const keep = fault.retryable && this.#closed === null && entry.failures < mostFailures;
      if (keep) again.push(entry);
      else this.#drop(entry.interaction, fault);
    }
    if (again.length === 0) {
      this.#failures = 0;
      return true;
    }
    this.#queue.unshift(...again);
    this.#shed();
    this.#failures += 1;
    this.#waitToRetry(fault.retryAfterMs);
    return false;
  }

  #waitToRetry(askedMs: number | null): void {
    const { clock, random } = this.#deps;
    this.#stopTimer ??= clock.after(askedMs ?? backoffMs(this.#failures, random()), () => void this.#drain());
  }

  #dated({ interaction, trackedAt }: Entry): Interaction {
    const { clock, serverTime } = this.#deps;
    const waited = clock.now() - trackedAt > promptMs;
    return waited ? { occurredAt: new Date(serverTime(trackedAt)).toISOString(), ...interaction } : interaction;
  }

  #shed(): void {
    const { queueSize } = this.#options;
    const surplus = this.#queue.splice(0, Math.max(0, this.#queue.length - queueSize));
    const message = `More than ${queueSize} interactions wait for the server: the oldest was dropped.`;
    for (const { interaction } of surplus) this.#drop(interaction, new AttuneError(message, 'QUEUE_FULL'));
  }

  /** In a turn of its own: what a listener throws is its own affair. */
  #drop(interaction: Interaction, error: AttuneError): void {
    queueMicrotask(() => this.#options.onDrop({ interaction, error }));
  }

  #cancelTimer(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
  }

  #settle(): void {
    if (this.pending === 0) for (const done of [...this.#waiters]) done();
  }
}
