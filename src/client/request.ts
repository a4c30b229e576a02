import { AttuneError, fromGraphQL, fromStatus, type GraphQLFault } from './attune-error.ts';
import { backoffMs } from './backoff.ts';
import type { RandomSource, TimerClock } from './surroundings.ts';

/** Where operations are sent, by whom, and by what means. */
export interface Endpoint {
  /** `https://search.example/graphql` */
  url: string;
  key: string;
  namespace: string | null;
  fetch: typeof fetch;
  clock: TimerClock;
  random: RandomSource;
  /** After which a request counts as lost. */
  timeoutMs: number;
}

export interface RequestOptions {
  /** Calls the request off. */
  signal?: AbortSignal | undefined;
  /** How often to try again after a fault of the moment. Default 0. */
  retries?: number;
  /** The request outlives the page. Browsers let 64 KiB of such bodies be under way. */
  keepalive?: boolean;
}

/** Nobody waits longer for an answer that was promised for later. */
const longestWaitMs = 5_000;

/**
 * The data of one operation.
 * @throws AttuneError; the signal's reason where it was called off
 */
export async function request<Data>(
  endpoint: Endpoint,
  query: string,
  variables: object,
  { signal, retries = 0, keepalive = false }: RequestOptions = {},
): Promise<Data> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await requestOnce<Data>(endpoint, JSON.stringify({ query, variables }), { signal, keepalive });
    } catch (error) {
      if (!(error instanceof AttuneError && error.retryable) || failures > retries) throw error;
      const waitMs = error.retryAfterMs ?? backoffMs(failures, endpoint.random());
      if (waitMs > longestWaitMs) throw error;
      await pause(endpoint.clock, waitMs, signal);
    }
  }
}

/** The payload of a mutation. @throws AttuneError where it is one of the expected errors */
export function payloadOf<Payload extends object>(
  answer: Payload | { code: string; message: string; path?: readonly string[] },
): Payload {
  if (!('code' in answer)) return answer;
  const { message, code, path = [] } = answer;
  throw new AttuneError(message, code, { path });
}

async function requestOnce<Data>(
  { url, key, namespace, fetch, clock, timeoutMs }: Endpoint,
  body: string,
  { signal, keepalive }: { signal: AbortSignal | undefined; keepalive: boolean },
): Promise<Data> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const abort = () => ending.abort();
  signal?.addEventListener('abort', abort);
  let late = false;
  const stopTimer = clock.after(timeoutMs, () => {
    late = true;
    abort();
  });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        Authorization: `Bearer ${key}`,
        ...(namespace === null ? {} : { 'X-Namespace': namespace }),
      },
      body,
      keepalive,
      signal: ending.signal,
    });
    return dataOf<Data>(response.status, await response.text());
  } catch (error) {
    if (error instanceof AttuneError) throw error;
    signal?.throwIfAborted();
    if (late) throw new AttuneError('The server did not answer in time.', 'NO_ANSWER_IN_TIME', { retryable: true });
    throw new AttuneError('The server could not be reached.', 'NETWORK', { retryable: true, cause: error });
  } finally {
    stopTimer();
    signal?.removeEventListener('abort', abort);
  }
}

function dataOf<Data>(status: number, text: string): Data {
  const { data, errors } = parse<Data>(text);
  if (errors?.[0] !== undefined) throw fromGraphQL(errors[0]);
  if (data === undefined || data === null) throw fromStatus(status);
  return data;
}

function parse<Data>(text: string): { data?: Data | null; errors?: GraphQLFault[] } {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}

function pause(clock: TimerClock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    const abort = () => {
      cancel();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}
