import pg from 'pg';
import { UnavailableError } from '../shared/errors.ts';

/** SQLSTATEs by which a server says that it has no time for anybody: shutting down, starting, out of connections. */
const SERVER_IS_AWAY = new Set(['57P01', '57P02', '57P03', '53300']);
const CONNECTION_EXCEPTION = /^08/;

/** What Node says of a network where nobody answers, or no longer. */
const NETWORK = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENOTFOUND', 'EAI_AGAIN'],
]);

/** The words of `pg` for the same, which have neither a class nor a code. */
const WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered)/;

/** What is known of a failed statement: UnavailableError where the database gave no answer, anything else as it is. */
export function explainLoss(error: unknown): unknown {
  if (!isLoss(error)) return error;
  // a host with several addresses fails with one error for each
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const reason = first instanceof Error ? first.message : String(first);
  return new UnavailableError('Postgres', `Postgres cannot be reached (${reason.replace(/\.$/, '')}).`, {
    cause: first,
  });
}

function isLoss(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code = '' } = error as { code?: string };
  if (error instanceof pg.DatabaseError) return SERVER_IS_AWAY.has(code) || CONNECTION_EXCEPTION.test(code);
  return NETWORK.has(code) || WORDS.test(error.message);
}
