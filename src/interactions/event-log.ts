import type { OutboxBatch } from './outbox.ts';

/** The growing record of executions, interactions and posterior deltas. */
export interface EventLog {
  /**
   * Appends what a batch teaches, once however often it is tried: when it returns, the posteriors count it. One that was put
   * aside is appended whole instead.
   * @throws RowsRefusedError where the rows are at fault; anything else is worth another try.
   */
  teach(batch: OutboxBatch): Promise<void>;
  /** Appends a batch whole, once however often it is tried, also after it has taught. @throws as `teach` */
  append(batch: OutboxBatch): Promise<void>;
}

/** The log understood the request and will not take these rows, however often they are sent. */
export class RowsRefusedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RowsRefusedError';
  }
}
