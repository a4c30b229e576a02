import type { OutboxBatch } from './outbox.ts';

/** The growing record of executions, interactions and posterior deltas. */
export interface EventLog {
  /**
   * Appends a batch, once however often it is tried: when it returns, every row is in and the posteriors count them.
   * @throws RowsRefusedError where the rows are at fault; anything else is worth another try.
   */
  append(batch: OutboxBatch): Promise<void>;
}

/** The log understood the request and will not take these rows, however often they are sent. */
export class RowsRefusedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RowsRefusedError';
  }
}
