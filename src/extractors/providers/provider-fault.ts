import { ConflictError } from '../../shared/errors.ts';

/** Whom a fault is about. */
export interface FaultSource {
  provider: string;
  model: string;
  /** The environment variable that holds the key. */
  keyVariable: string;
}

/** What the provider said of itself or of us, for an answer that is no success. */
export interface ProviderFault {
  error: ConflictError;
  /** Whether the same request may succeed later. */
  isTransient: boolean;
  /** How long it asks to wait, in milliseconds; null: it does not say. */
  retryAfterMs: number | null;
}

/** The provider can do nothing with the request: with one of its inputs, maybe. */
export class RefusedRequest extends ConflictError {}

/** One text that is too long is a bad request at OpenAI and Vertex; servers of one's own say that content is too large. */
const REFUSES_CONTENT = new Set([400, 413, 422]);

const SHOWN = 200;

/** @param body as it came, JSON or not */
export function faultOfAnswer(
  source: FaultSource,
  status: number,
  body: string,
  retryAfter: string | null,
): ProviderFault {
  const { provider, model, keyVariable } = source;
  const { said, isOutOfQuota } = readBody(body);
  const permanent = (code: string, message: string, Kind = ConflictError) => ({
    error: new Kind(message, code),
    isTransient: false,
    retryAfterMs: null,
  });
  if (status === 401 || status === 403) {
    return permanent(
      'EMBEDDING_KEY_REFUSED',
      `${provider} refused the key for ${model}: set ${keyVariable} to one that may use it, and start the server again.`,
    );
  }
  if (status === 402 || (status === 429 && isOutOfQuota)) {
    return permanent(
      'EMBEDDING_QUOTA_EXCEEDED',
      `The quota at ${provider} is used up (${said}): raise it, or wait until it is renewed.`,
    );
  }
  if (status === 429 || status === 408 || status >= 500) {
    const [code, reason] =
      status === 429 ? ['EMBEDDING_RATE_LIMITED', 'limits our rate'] : ['EMBEDDING_UNAVAILABLE', `answers ${status}`];
    return {
      error: new ConflictError(`${provider} ${reason}: try again later, or set requestsPerMinute lower.`, code),
      isTransient: true,
      retryAfterMs: retryAfterMs(retryAfter),
    };
  }
  return permanent(
    'EMBEDDING_REQUEST_REFUSED',
    `${provider} refused the request for ${model} with ${status}: ${said}.`,
    REFUSES_CONTENT.has(status) ? RefusedRequest : ConflictError,
  );
}

export function faultOfConnection({ provider }: FaultSource, cause: unknown): ProviderFault {
  const isLate = cause instanceof Error && cause.name === 'TimeoutError';
  const message = isLate ? `${provider} did not answer in time.` : `${provider} cannot be reached: check its url.`;
  return { error: new ConflictError(message, 'EMBEDDING_UNAVAILABLE'), isTransient: true, retryAfterMs: null };
}

/** Nobody has asked the provider: we keep to the rate that is set. */
export function noTurn({ provider, model }: FaultSource): ConflictError {
  return new ConflictError(
    `The requests a minute to ${provider} are used up, and ${model} was not asked: try again later, or set requestsPerMinute higher.`,
    'EMBEDDING_RATE_LIMITED',
  );
}

export function badAnswer({ provider, model }: FaultSource, what: string): ConflictError {
  return new ConflictError(
    `${provider} answered for ${model} with ${what}: check that url and model name an embedding model of this provider.`,
    'EMBEDDING_ANSWER_INVALID',
  );
}

export function otherDimensions({ provider, model }: FaultSource, found: number, expected: number): ConflictError {
  return new ConflictError(
    `${model} of ${provider} gave ${found} dimensions where its feature says ${expected}: set dimensions to ${found} in ATTUNE_FEATURES, or requestDimensions to true where the model can shorten its vectors.`,
    'EMBEDDING_DIMENSIONS_DIFFER',
  );
}

interface SaidFault {
  error?: { message?: unknown; code?: unknown; type?: unknown } | string | null;
  message?: unknown;
  detail?: unknown;
}

/**
 * `{ error: { message } }`, `{ error }`, `{ message }` and `{ detail }` are all in use. Only OpenAI's code tells a used-up quota
 * from a limit a minute: Google says "Quota exceeded" and Voyage "billing page" of one that passes by itself.
 */
function readBody(body: string): { said: string; isOutOfQuota: boolean } {
  let said: unknown = body;
  let isOutOfQuota = false;
  try {
    const json = JSON.parse(body) as SaidFault;
    const error = typeof json.error === 'object' ? json.error : { message: json.error };
    isOutOfQuota = error?.code === 'insufficient_quota' || error?.type === 'insufficient_quota';
    said = error?.message ?? json.message ?? json.detail ?? body;
  } catch {
    // a proxy's page
  }
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  const shown = text.replaceAll(/\s+/g, ' ').trim().slice(0, SHOWN).replace(/\.$/, '');
  return { said: shown || 'no reason given', isOutOfQuota };
}

/** Seconds, as all of them say it; a date, which HTTP would allow as well, counts as nothing said. */
function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) * 1_000 : null;
}
