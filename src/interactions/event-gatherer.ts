import { stopwatch } from '../shared/clock.ts';
import type { BatchSender } from './batch-sender.ts';
import type { EventLog } from './event-log.ts';
import type { Outbox, OutboxBatch } from './outbox.ts';

export interface EventGathererOptions {
  outbox: Pick<Outbox, 'gather' | 'claimExecutions' | 'complete'>;
  eventLog: Pick<EventLog, 'append'>;
  sender: BatchSender;
  /** From one insert to the next; what comes in between waits for it. */
  gatherMs: number;
}

/** Interactions that go in one insert, and do not wait for more. */
const FULL = 5_000;
/** So many may wait in memory before nobody brings more. */
const TOO_MANY = 4 * FULL;
/** They are big. */
const EXECUTIONS_A_BATCH = 250;

/**
 * Brings to the log what nobody waits for: interactions that have taught already, several batches in one insert, and executions.
 * A hundred rows, in a dozen tables and views, take ClickHouse nearly as long as thousands. Until they are there, they are
 * written down in the outbox.
 */
export class EventGatherer {
  readonly #options: EventGathererOptions;
  readonly #closing: AbortSignal;
  #waiting: OutboxBatch[] = [];
  /** Those that were here, until what became of them is on its way. */
  #sending: string[] = [];
  #sinceFlush: () => number = () => Infinity;
  #timer: NodeJS.Timeout | null = null;
  /** What is under way. */
  #flushing: Promise<void> | null = null;
  /** Whether executions may wait that the last look has not brought there. */
  #isBehind = false;

  constructor(options: EventGathererOptions, closing: AbortSignal) {
    this.#options = options;
    this.#closing = closing;
  }

  /** Ids of the batches that are here. */
  get held(): string[] {
    return [...this.#waiting.map(({ id }) => id), ...this.#sending];
  }

  /** Takes a batch that has taught. Returns when there is room for the next. */
  async add(batch: OutboxBatch): Promise<void> {
    this.#waiting.push({ ...batch, deltas: [] });
    if (countOf(this.#waiting) >= FULL) void this.flush();
    else this.#flushLater();
    while (countOf(this.#waiting) > TOO_MANY && !this.#closing.aborted) await this.flush();
  }

  /** Sends what waits now, as far as nothing is on its way already. Never rejects. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#flushing ??= this.#flush().finally(() => (this.#flushing = null));
    return this.#flushing;
  }

  /** Whether anything that was brought or found here has not arrived. */
  get isBehind(): boolean {
    return this.#isBehind || this.#waiting.length > 0;
  }

  /** Sends what waits, once. */
  async close(): Promise<void> {
    await this.#flushing;
    await this.flush();
  }

  #flushLater(): void {
    if (this.#closing.aborted) return;
    const { gatherMs } = this.#options;
    // even the first after a while waits a little: whoever is told of the new weights reads them first
    const waitMs = Math.max(gatherMs / 10, gatherMs - this.#sinceFlush());
    this.#timer ??= setTimeout(() => void this.flush(), waitMs);
  }

  async #flush(): Promise<void> {
    this.#sinceFlush = stopwatch();
    try {
      this.#isBehind = !(await this.#sendAll());
    } catch (error) {
      this.#isBehind = true;
      await this.#options.sender.waitAfter(error, 'The outbox could not be reached; trying again.');
    } finally {
      this.#sending = [];
    }
    if (this.isBehind) this.#flushLater();
  }

  /** Of both kinds in turn, so that neither waits behind all of the other. Whether all executions have arrived. */
  async #sendAll(): Promise<boolean> {
    let moreExecutions: boolean;
    do {
      await this.#sendInteractions();
      const batch = this.#closing.aborted ? null : await this.#options.outbox.claimExecutions(EXECUTIONS_A_BATCH);
      if (batch !== null && !(await this.#send(batch))) return false;
      moreExecutions = batch?.executions.length === EXECUTIONS_A_BATCH;
    } while (moreExecutions || countOf(this.#waiting) >= FULL || (this.#closing.aborted && this.#waiting.length > 0));
    return true;
  }

  async #sendInteractions(): Promise<void> {
    const batches = this.#take();
    this.#sending = batches.map(({ id }) => id);
    // one by itself stays what it is
    const batch = batches.length > 1 ? await this.#gather(batches) : (batches[0] ?? null);
    if (batch !== null) await this.#send(batch);
  }

  /** Up to what goes in one insert. */
  #take(): OutboxBatch[] {
    let count = 0;
    const end = this.#waiting.findIndex(({ interactions }, index) => {
      count += interactions.length;
      return index > 0 && count > FULL;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #gather(batches: readonly OutboxBatch[]): Promise<OutboxBatch | null> {
    try {
      return await this.#options.outbox.gather(batches);
    } catch (error) {
      // once closed, whoever finds their leases ended goes on with them
      if (!this.#closing.aborted) this.#waiting.unshift(...batches);
      throw error;
    }
  }

  async #send(batch: OutboxBatch): Promise<boolean> {
    const { outbox, eventLog, sender } = this.#options;
    const hasArrived = await sender.send(batch, 'append', () => eventLog.append(batch));
    if (hasArrived) await outbox.complete(batch.id);
    return hasArrived;
  }
}

function countOf(batches: readonly OutboxBatch[]): number {
  return batches.reduce((sum, { interactions }) => sum + interactions.length, 0);
}
