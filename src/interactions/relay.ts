import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../shared/clock.ts';
import { pause } from '../shared/pause.ts';
import { BatchSender, type BatchSenderOptions } from './batch-sender.ts';
import { EventGatherer } from './event-gatherer.ts';
import { RowsRefusedError, type EventLog } from './event-log.ts';
import type { Outbox, OutboxBatch, PrepareAttribution } from './outbox.ts';

export interface RelayOptions extends BatchSenderOptions {
  outbox: Outbox;
  eventLog: EventLog;
  prepareAttribution: PrepareAttribution;
  /** Called once the posteriors count a batch; at least once a batch. */
  onBatch: (batch: OutboxBatch) => void;
  clock: Clock;
  /** Interactions a batch. Default 1,000, and up to 5,000 while as many wait: what a batch costs ClickHouse hardly grows with it. */
  limit?: number;
  /** The least time from one new batch that teaches to the next, while no more wait than fit into one. Default 30 ms. */
  paceMs?: number;
  /** How long events that have taught wait for others to go to the log with. Default 1 s. */
  gatherMs?: number;
}

export interface RelayStatus {
  /** Events not yet in the log. */
  depth: number;
  /** Age of the oldest of them; 0 where there is none. */
  lagMs: number;
  /** Age of the oldest that weights do not count yet, as far as is known here; 0 where there is none. */
  unlearnedMs: number;
  /** Why the relay is not getting on; null while it is. */
  lastError: string | null;
}

export interface Relay {
  /** Interactions may be waiting. Cheap, and never throws. */
  wake(): void;
  /** Anything may be waiting, executions too. Never throws. */
  sweep(): void;
  /** Whether everything that was waiting got sent in that time. */
  drain(timeoutMs: number): Promise<boolean>;
  status(): Promise<RelayStatus>;
  /** Finishes the batches under way and starts no more; what waits stays in the outbox. */
  close(): Promise<void>;
}

const LIMITS = { least: 1_000, most: 5_000 };
const PACE_MS = 30;
const GATHER_MS = 1_000;
/** While one lane's batch is on its way to the log, the other claims the next. */
const LANES = 2;

/**
 * Carries the outbox to the event log, until it is empty, and then sleeps until it is woken. A batch of interactions teaches at
 * once; its events go to the log soon after, with those of other batches. What fails is tried again for as long as it takes,
 * with growing pauses; only rows that the log itself refuses are buried.
 */
export function createRelay(options: RelayOptions): Relay {
  return new OutboxRelay(options);
}

class OutboxRelay implements Relay {
  readonly #options: RelayOptions;
  readonly #closing = new AbortController();
  readonly #lanes = new Set<Promise<void>>();
  readonly #sender: BatchSender;
  readonly #gatherer: EventGatherer;
  /** One claim at a time: two at once would want the same rows. */
  #claims: Promise<unknown> = Promise.resolve();
  /** Counts the wakes, so that one that comes during a claim is not lost. */
  #wakes = 0;
  /** Interactions that the next batch takes. */
  #limit: number;
  /** When the next batch may be claimed, where there is no hurry. */
  #nextClaimAt = 0;
  /** Those that wait for everything to be sent. */
  #drains = 0;

  constructor(options: RelayOptions) {
    const { outbox, eventLog, gatherMs = GATHER_MS } = options;
    const closing = this.#closing.signal;
    this.#options = options;
    this.#limit = options.limit ?? LIMITS.least;
    this.#sender = new BatchSender(options, closing);
    this.#gatherer = new EventGatherer({ outbox, eventLog, sender: this.#sender, gatherMs }, closing);
  }

  wake(): void {
    this.#wakes += 1;
    if (this.#closing.signal.aborted || this.#lanes.size >= LANES) return;
    const lane = this.#run().finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  sweep(): void {
    this.wake();
    if (!this.#closing.signal.aborted) void this.#gatherer.flush();
  }

  async drain(timeoutMs: number): Promise<boolean> {
    const timeout = new AbortController();
    const late = sleep(timeoutMs, false, { signal: timeout.signal }).catch(() => false);
    this.#drains += 1;
    const isDone = await Promise.race([this.#sendAll(timeout.signal), late]);
    this.#drains -= 1;
    timeout.abort();
    return isDone && this.#sender.lastError === null && !this.#closing.signal.aborted;
  }

  async status(): Promise<RelayStatus> {
    const { outbox, clock } = this.#options;
    const { depth, oldestAt, oldestUnlearnedAt } = await outbox.backlog(this.#gatherer.held);
    const age = (since: number | null) => (since === null ? 0 : Math.max(0, clock.now() - since));
    return { depth, lagMs: age(oldestAt), unlearnedMs: age(oldestUnlearnedAt), lastError: this.#sender.lastError };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#idle();
    await this.#gatherer.close();
  }

  async #sendAll(gaveUp: AbortSignal): Promise<boolean> {
    do {
      this.wake();
      await this.#idle();
      await this.#gatherer.flush();
    } while (this.#gatherer.isBehind && !gaveUp.aborted && !this.#closing.signal.aborted);
    return !this.#gatherer.isBehind;
  }

  async #idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes);
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
      await this.#sender.waitAfter(error, 'The outbox could not be reached; trying again.');
    }
    return true;
  }

  async #claim(): Promise<OutboxBatch | null> {
    const { outbox, prepareAttribution, clock, limit, paceMs = PACE_MS } = this.#options;
    if (this.#drains === 0) await pause(Math.min(this.#nextClaimAt - clock.now(), paceMs), this.#closing.signal);
    const startedAt = clock.now();
    const batch = await outbox.claim(this.#limit, prepareAttribution);
    // where one was left behind, others were; and nobody gains by waiting for more to come
    const inAHurry = batch === null || batch.attempts > 0 || isFull(batch, this.#limit);
    this.#nextClaimAt = inAHurry ? 0 : startedAt + paceMs;
    if (limit === undefined) this.#limit = nextLimit(batch, this.#limit);
    return batch;
  }

  /** One that comes again goes whole: nobody knows how far it got. */
  async #send(batch: OutboxBatch): Promise<void> {
    const { eventLog, outbox } = this.#options;
    const isNew = batch.attempts === 0;
    const hasArrived = isNew
      ? await this.#sender.send(batch, 'teach', () => this.#teach(batch))
      : await this.#sender.send(batch, 'append', () => eventLog.append(batch));
    if (!hasArrived) return;
    this.#announce(batch);
    if (isNew) await this.#gatherer.add(batch);
    else await outbox.complete(batch.id);
  }

  async #teach(batch: OutboxBatch): Promise<void> {
    const { eventLog } = this.#options;
    try {
      await eventLog.teach(batch);
    } catch (error) {
      if (!(error instanceof RowsRefusedError)) throw error;
      // what is put aside lacks just what was refused: all the rest goes to the log
      await eventLog.append(batch);
    }
  }

  #announce(batch: OutboxBatch): void {
    try {
      this.#options.onBatch(batch);
    } catch (error) {
      this.#options.logger.error({ err: error, batchId: batch.id }, 'A batch was sent, but telling of it failed.');
    }
  }
}

function isFull(batch: OutboxBatch | null, limit: number): boolean {
  return (batch?.interactions.length ?? 0) >= limit;
}

/** A batch of executions, which comes again, says nothing of how many interactions wait. */
function nextLimit(batch: OutboxBatch | null, limit: number): number {
  if (batch !== null && batch.interactions.length === 0) return limit;
  return isFull(batch, limit) ? Math.min(2 * limit, LIMITS.most) : LIMITS.least;
}
