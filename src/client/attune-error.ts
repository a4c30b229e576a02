/** Why something was not done. Codes of the server come through as they are; those of the client are listed at `code`. */
export class AttuneError extends Error {
  /**
   * Stable, for programs: the server's (`UNAUTHENTICATED`, `RETRIEVER_NOT_FOUND`, …), or `NETWORK` where no answer came,
   * `NO_ANSWER_IN_TIME`, `HTTP_502` and the like where something else than Attune answered, `POSITION_NOT_SHOWN`,
   * `QUEUE_FULL`, `CLIENT_CLOSED`, `WEBSOCKET_MISSING`.
   */
  readonly code: string;
  /** The input field at fault, outermost first; empty where no single field is. */
  readonly path: readonly string[];
  /** The same may succeed later. */
  readonly retryable: boolean;
  /** How long the server asked to wait; null: it did not say. */
  readonly retryAfterMs: number | null;

  constructor(message: string, code: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'AttuneError';
    this.code = code;
    this.path = details.path ?? [];
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

interface ErrorDetails {
  path?: readonly string[];
  retryable?: boolean;
  retryAfterMs?: number | null;
  cause?: unknown;
}

/** An error as GraphQL writes it. */
export interface GraphQLFault {
  message: string;
  extensions?: Record<string, unknown>;
}

/** Faults of the moment: the same operation may succeed later. */
const passing = ['RATE_LIMITED', 'TIMEOUT', 'INTERNAL', 'UNAVAILABLE', 'SHUTTING_DOWN'];

export function fromGraphQL({ message, extensions = {} }: GraphQLFault): AttuneError {
  const { code, inputPath, retryAfterSeconds } = extensions;
  return new AttuneError(message, String(code ?? 'UNKNOWN'), {
    path: Array.isArray(inputPath) ? inputPath.map(String) : [],
    retryable: passing.includes(String(code)),
    retryAfterMs: typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1000 : null,
  });
}

/** An answer that is not GraphQL's: a proxy's page, say. */
export function fromStatus(status: number): AttuneError {
  return new AttuneError(`The server answered with HTTP ${status}, and not as Attune does.`, `HTTP_${status}`, {
    retryable: status >= 500 || status === 429 || status === 408,
  });
}

/** WebSocket closings after which trying again is of no use: the protocol was broken, or the key is not let in. */
const finalClosings = [4400, 4401, 4403, 4406];

/** What ended a subscription: GraphQL errors, the closing of the WebSocket, or whatever else a WebSocket breaks with. */
export function fromSubscription(reason: unknown): AttuneError {
  if (Array.isArray(reason) && reason.length > 0) return fromGraphQL(reason[0] as GraphQLFault);
  const { code, reason: words = '' } = (reason ?? {}) as { code?: unknown; reason?: string };
  const [, name, message] = /^([A-Z_]+)(?:: (.*))?$/.exec(words) ?? [];
  const retryable = !finalClosings.includes(code as number);
  return new AttuneError(message ?? 'The live connection broke off.', name ?? 'NETWORK', { retryable, cause: reason });
}
