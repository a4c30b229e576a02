import type { Command } from 'commander';
import { OperatorError } from '../shared/errors.ts';

/** What every command takes that speaks to a running server. */
export interface ApiOptions {
  url: string;
  key?: string;
  namespace?: string;
}

/** Sends one operation, again where that may help. */
export type Send = <Data>(query: string, variables: object) => Promise<Data>;

/** Of a request: what a restart of the server, or a moment without a network, takes. */
const RETRIES = 6;

export const INTERRUPTED = 130;

/** A key of the environment is no default of an option, which help would print. */
export function addApiOptions(command: Command): Command {
  return command
    .option('--url <url>', 'where the server is (ATTUNE_URL)', process.env['ATTUNE_URL'] || 'http://127.0.0.1:4000')
    .option('--key <key>', 'an API key with the scope admin (better by ATTUNE_KEY)')
    .option('--namespace <name>', 'another namespace than the key’s');
}

/**
 * Does something over the API. Ctrl-C aborts the signal, and a second one ends the process.
 * @throws OperatorError where there is no key, and for what the server refuses
 */
export async function withApi<Result>(
  { url, key = process.env['ATTUNE_KEY'] || undefined, namespace }: ApiOptions,
  work: (send: Send, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (key === undefined) {
    throw new OperatorError('Give a key with --key, or in ATTUNE_KEY: attune key create NAME --scope admin makes one.');
  }
  const { createClient, AttuneError } = await import('../client/client.ts');
  const client = createClient({ url, key, ...(namespace !== undefined && { namespace }) });
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  try {
    return await work((query, variables) => client.request(query, variables, { retries: RETRIES }), stop.signal);
  } catch (error) {
    throw error instanceof AttuneError ? new OperatorError(error.message, { cause: error }) : error;
  } finally {
    process.off('SIGINT', onSignal);
    client.close();
  }
}
