import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { Rng } from '../shared/rng.ts';
import { RowsRefusedError, type EventLog } from './event-log.ts';
import type { Outbox, OutboxBatch, PrepareAttribution } from './outbox.ts';

export interface RelayOptions {
  outbox: Outbox;
  eventLog: EventLog;
  prepareAttribution: PrepareAttribution;
  /** Called once a batch is in the log and the posteriors count it; at least once a batch. */
  onBatch: (batch: OutboxBatch) => void;
  logger: Logger;
  clock: Clock;
  rng: Rng;
  /** Interactions a batch. Default 1,000, and up to 5,000 while as many wait: what a batch costs ClickHouse hardly grows with it. */
  limit?: number;
  /** How often the log may refuse a batch's rows before it is buried. Default 3. */
  maxRefusals?: number;
  /** The first pause after a failure, doubled with each further one up to the cap. Default 50 ms and 10 s. */
  backoff?: { baseMs: number; capMs: number };
}

export interface RelayStatus {
  /** Events not yet in the log. */
  depth: number;
  /** Age of the oldest of them; 0 where there is none. */
  lagMs: number;
  /** Why the relay is not getting on; null while it is. */
  lastError: string | null;
}

export interface Relay {
  /** Something may be waiting. Cheap, and never throws. */
  wake(): void;
  /** Whether everything that was waiting got sent in that time. */
  drain(timeoutMs: number): Promise<boolean>;
  status(): Promise<RelayStatus>;
  /** Finishes the batches under way and starts no more; what waits stays in the outbox. */
  close(): Promise<void>;
}

const LIMITS = { least: 1_000, most: 5_000 };
/** While one lane's batch is on its way to the log, the other claims the next. */
const LANES = 2;

/**
 * Carries the outbox to the event log, batch by batch until it is empty, and then sleeps until it is woken. What fails
 * is tried again for as long as it takes, with growing pauses; only rows that the log itself refuses are buried.
 */
export function createRelay(options: RelayOptions): Relay {
  return new OutboxRelay(options);
}

class OutboxRelay implements Relay {
  readonly #options: RelayOptions;
  readonly #closing = new AbortController();
  readonly #lanes = new Set<Promise<void>>();
  /** One claim at a time: two at once would want the same rows. */
  #claims: Promise<unknown> = Promise.resolve();
  /** Counts the wakes, so that one that comes during a claim is not lost. */
  #wakes = 0;
  /** Interactions that the next batch takes. */
  #limit: number;
  #failures = 0;
  #lastError: string | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#limit = options.limit ?? LIMITS.least;
  }

  wake(): void {
    this.#wakes += 1;
    if (this.#closing.signal.aborted || this.#lanes.size >= LANES) return;
    const lane = this.#run().finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  async drain(timeoutMs: number): Promise<boolean> {
    this.wake();
    const timeout = new AbortController();
    const late = sleep(timeoutMs, false, { signal: timeout.signal }).catch(() => false);
    const isIdle = await Promise.race([this.#idle(), late]);
    timeout.abort();
    return isIdle && this.#failures === 0 && !this.#closing.signal.aborted;
  }

  async status(): Promise<RelayStatus> {
    const { depth, oldestAt } = await this.#options.outbox.backlog();
    const lagMs = oldestAt === null ? 0 : Math.max(0, this.#options.clock.now() - oldestAt);
    return { depth, lagMs, lastError: this.#lastError };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#idle();
  }

  async #idle(): Promise<true> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes);
    return true;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    let wakesSeen: number;
    do {
      wakesSeen = this.#wakes;
      while (!this.#closing.signal.aborted && (await this.#step()));
    } while (!this.#closing.signal.aborted && wakesSeen !== this.#wakes);
  }

  /** Whether there may be more to do. */
  async #step(): Promise<boolean> {
    try {
      const claim = this.#claims.then(() => this.#claim());
      this.#claims = claim.catch(() => undefined);
      const batch = await claim;
      if (batch === null) return false;
      await this.#send(batch);
    } catch (error) {
      await this.#pause(this.#failed(error, 'The outbox could not be reached; trying again.'));
    }
    return true;
  }

  async #claim(): Promise<OutboxBatch | null> {
    const { outbox, prepareAttribution, limit } = this.#options;
    const batch = await outbox.claim(this.#limit, prepareAttribution);
    if (limit === undefined) this.#limit = nextLimit(batch, this.#limit);
    return batch;
  }

  async #send(batch: OutboxBatch): Promise<void> {
    const { eventLog, outbox } = this.#options;
    try {
      await eventLog.append(batch);
    } catch (error) {
      return this.#notAppended(batch, error);
    }
    this.#succeeded();
    this.#announce(batch);
    await outbox.complete(batch.id);
  }

  async #notAppended(batch: OutboxBatch, error: unknown): Promise<void> {
    const { outbox, logger, maxRefusals = 3 } = this.#options;
    if (error instanceof RowsRefusedError && batch.attempts + 1 >= maxRefusals) {
      logger.error({ err: error, batchId: batch.id }, 'A batch was refused for good; it is put aside in outbox_dead.');
      await outbox.bury(batch.id, messageOf(error));
      return this.#succeeded();
    }
    const retryInMs = this.#failed(error, 'A batch could not be appended to the log; trying again.');
    await outbox.release(batch.id, messageOf(error), retryInMs);
    await this.#pause(retryInMs);
  }

  #announce(batch: OutboxBatch): void {
    try {
      this.#options.onBatch(batch);
    } catch (error) {
      this.#options.logger.error({ err: error, batchId: batch.id }, 'A batch was sent, but telling of it failed.');
    }
  }

  #succeeded(): void {
    if (this.#failures > 0) this.#options.logger.info({ failures: this.#failures }, 'The relay is getting on again.');
    this.#failures = 0;
    this.#lastError = null;
  }

  /** Returns how long to wait: full jitter over the upper half, so that instances do not return all at once. */
  #failed(error: unknown, message: string): number {
    const { logger, rng, backoff: { baseMs, capMs } = { baseMs: 50, capMs: 10_000 } } = this.#options;
    if (this.#failures === 0) logger.warn({ err: error }, message);
    const ceilingMs = Math.min(capMs, baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    this.#lastError = messageOf(error);
    return ceilingMs * (0.5 + rng.next() / 2);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}

/** A batch of executions says nothing of how many interactions wait. */
function nextLimit(batch: OutboxBatch | null, limit: number): number {
  if (batch !== null && batch.interactions.length === 0) return limit;
  const isFull = (batch?.interactions.length ?? 0) >= limit;
  return isFull ? Math.min(2 * limit, LIMITS.most) : LIMITS.least;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
