import { ClickHouseError } from '@clickhouse/client';
import { UnavailableError } from '../shared/errors.ts';

/** ClickHouse gave no answer: it is away, starting, overloaded or stopped. Worth another try. */
export class WarehouseAwayError extends UnavailableError {
  constructor(message: string, options?: ErrorOptions) {
    super('ClickHouse', message, options);
  }
}

/**
 * What a failed request means, said so that a log line is enough. What ClickHouse itself answered (ClickHouseError) and
 * what the caller aborted are returned as they are.
 */
export function explainFailure(error: unknown): unknown {
  if (error instanceof ClickHouseError || !(error instanceof Error)) return error;
  // the client's own words, which have neither a class nor a code
  if (error.message === 'Timeout error.') {
    return new WarehouseAwayError('ClickHouse did not answer in time.', { cause: error });
  }
  if (error.name === 'AbortError' || error.message === 'The user aborted a request.') return error;
  const reason = (error as NodeJS.ErrnoException).code ?? error.message;
  return new WarehouseAwayError(`ClickHouse cannot be reached (${reason}).`, { cause: error });
}
