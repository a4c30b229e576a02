import type { Logger } from '../shared/logger.ts';
import { pause } from '../shared/pause.ts';
import type { Rng } from '../shared/rng.ts';
import { RowsRefusedError } from './event-log.ts';
import type { Outbox, OutboxBatch } from './outbox.ts';

export interface BatchSenderOptions {
  outbox: Pick<Outbox, 'release' | 'bury'>;
  logger: Logger;
  rng: Rng;
  /** How often the log may refuse a batch's rows before it is buried. Default 3. */
  maxRefusals?: number;
  /** The first pause after a failure, doubled with each further one up to the cap. Default 50 ms and 10 s. */
  backoff?: { baseMs: number; capMs: number };
}

/** What is done with a batch, by the name of the log's method; the second is all of it. */
type Step = 'teach' | 'append';

/** Sends batches, and knows what becomes of those that do not arrive: another try after growing pauses, or the grave. */
export class BatchSender {
  readonly #options: BatchSenderOptions;
  readonly #closing: AbortSignal;
  #failures = 0;
  #lastError: string | null = null;
  /** What failed last: where it was all of it, a part that goes well proves nothing. */
  #failedStep: Step = 'teach';

  /** @param closing no pause lasts longer */
  constructor(options: BatchSenderOptions, closing: AbortSignal) {
    this.#options = options;
    this.#closing = closing;
  }

  /** Why nothing arrives; null while it does. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /**
   * Whether it has arrived. If not, it was given back, or buried where the log has refused it too often; then this returns
   * after a pause. @throws where the outbox cannot be reached
   */
  async send(batch: OutboxBatch, step: Step, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
    } catch (error) {
      await this.#notSent(batch, step, error);
      return false;
    }
    this.#succeeded(step);
    return true;
  }

  /** Waits until it may be worth another try. */
  async waitAfter(error: unknown, message: string): Promise<void> {
    await pause(this.#failed('teach', error, message), this.#closing);
  }

  async #notSent(batch: OutboxBatch, step: Step, error: unknown): Promise<void> {
    const { outbox, logger, maxRefusals = 3 } = this.#options;
    if (error instanceof RowsRefusedError && batch.attempts + 1 >= maxRefusals) {
      logger.error({ err: error, batchId: batch.id }, 'A batch was refused for good; it is put aside in outbox_dead.');
      await outbox.bury(batch.id, messageOf(error));
      return this.#succeeded(step);
    }
    const retryInMs = this.#failed(step, error, 'A batch could not be appended to the log; trying again.');
    await outbox.release(batch.id, messageOf(error), retryInMs);
    await pause(retryInMs, this.#closing);
  }

  #succeeded(step: Step): void {
    if (step === 'teach' && this.#failedStep === 'append') return;
    if (this.#failures > 0) this.#options.logger.info({ failures: this.#failures }, 'The relay is getting on again.');
    this.#failures = 0;
    this.#lastError = null;
    this.#failedStep = 'teach';
  }

  /** Returns how long to wait: full jitter over the upper half, so that instances do not return all at once. */
  #failed(step: Step, error: unknown, message: string): number {
    const { logger, rng, backoff: { baseMs, capMs } = { baseMs: 50, capMs: 10_000 } } = this.#options;
    if (this.#failures === 0) logger.warn({ err: error }, message);
    const ceilingMs = Math.min(capMs, baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    this.#lastError = messageOf(error);
    this.#failedStep = step;
    return ceilingMs * (0.5 + rng.next() / 2);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
