import pRetry from 'p-retry';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConflictError } from '../../shared/errors.ts';
import { badAnswer, faultOfAnswer, faultOfConnection, type FaultSource, type ProviderFault } from './provider-fault.ts';
import type { EmbeddingRequest } from './wire-format.ts';

export interface CallOptions {
  timeoutMs: number;
  /** After the first attempt. */
  retries: number;
  /** Before the first retry; each further one waits twice as long. */
  backoffMs: number;
  /** How long somebody still waits for all of the attempts together; Infinity: as long as they take. */
  leftMs: () => number;
}

/** Longer than that nobody waits for an answer. */
const MAX_WAIT_MS = 20_000;

class FailedCall extends Error {
  readonly fault: ProviderFault;

  constructor(fault: ProviderFault) {
    super(fault.error.message);
    this.fault = fault;
  }
}

/**
 * Sends one request, again where the fault may pass.
 * @param build makes the request anew, so that a credential that has expired meanwhile is renewed
 * @throws ConflictError EMBEDDING_KEY_REFUSED, EMBEDDING_QUOTA_EXCEEDED, EMBEDDING_RATE_LIMITED, EMBEDDING_UNAVAILABLE,
 * EMBEDDING_REQUEST_REFUSED, EMBEDDING_ANSWER_INVALID
 */
export async function callProvider(
  build: () => Promise<EmbeddingRequest>,
  source: FaultSource,
  { timeoutMs, retries, backoffMs, leftMs }: CallOptions,
): Promise<unknown> {
  // an attempt that begins in the last moment has a moment
  const attemptMs = () => Math.max(1, Math.ceil(Math.min(timeoutMs, leftMs())));
  try {
    return await pRetry(() => callOnce(build, source, attemptMs()), {
      ...{ retries, minTimeout: backoffMs, factor: 2, randomize: true, maxTimeout: MAX_WAIT_MS },
      shouldRetry: ({ error }) => error instanceof FailedCall && error.fault.isTransient,
      async onFailedAttempt({ error, retriesLeft }) {
        if (!(error instanceof FailedCall) || retriesLeft === 0) return;
        const waitMs = Math.min(MAX_WAIT_MS, error.fault.retryAfterMs ?? 0);
        // nobody would be there for the answer: what is the matter is of more use now
        if (waitMs + backoffMs >= leftMs()) throw error;
        await sleep(waitMs);
      },
    });
  } catch (error) {
    throw error instanceof FailedCall ? error.fault.error : error;
  }
}

async function callOnce(
  build: () => Promise<EmbeddingRequest>,
  source: FaultSource,
  timeoutMs: number,
): Promise<unknown> {
  const { url, headers, body } = await build().catch((cause: unknown) => {
    throw new FailedCall(faultOfConnection(source, cause));
  });
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (cause) {
    throw new FailedCall(faultOfConnection(source, cause));
  }
  if (!response.ok)
    throw new FailedCall(faultOfAnswer(source, response.status, text, response.headers.get('retry-after')));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw notRetried(badAnswer(source, 'something that is not JSON'));
  }
}

function notRetried(error: ConflictError): FailedCall {
  return new FailedCall({ error, isTransient: false, retryAfterMs: null });
}
