import type { Client as Socket } from 'graphql-ws';
import { AttuneError } from './attune-error.ts';
import { closeSocket, openSocket, type LiveOptions } from './live-socket.ts';
import { searchQuery, trackMutation } from './operations.ts';
import { payloadOf, request, type Endpoint, type RequestOptions } from './request.ts';
import { randomId, systemRandom, systemTimers, watchPage, type RandomSource, type TimerClock } from './surroundings.ts';
import { Tracker, type Rejected, type TrackerOptions } from './tracker.ts';
import type { Interaction, LearnedWeights, SearchInput, SearchResult } from './types.ts';
import { watchWeights, type WatchDeps, type WatchOptions } from './watch-weights.ts';

export { AttuneError } from './attune-error.ts';
export { interactionFromResult } from './interaction-from-result.ts';

export interface ClientOptions extends Partial<TrackerOptions>, LiveOptions {
  /** Where Attune is: `https://search.example`, or its GraphQL path. */
  url: string;
  /** An API key. In a page: one with the scopes SEARCH and INTERACT alone, bound to the page's origin. */
  key: string;
  /** Default: the key's. */
  namespace?: string;
  /** After which a request counts as lost. Default 15 000. */
  timeoutMs?: number;
  /** What it stands on; only tests have a reason to change it. */
  fetch?: typeof fetch;
  clock?: TimerClock;
  random?: RandomSource;
  newId?: () => string;
}

export interface SearchOptions {
  signal?: AbortSignal;
  /** Hits say what each feature added to their scores. */
  explain?: boolean;
}

/** Whatever goes wrong is an AttuneError with a code; what is called off rejects with its signal's reason. */
export interface Client {
  /** Runs a retriever, and tries again after faults of the moment. */
  search(input: SearchInput, options?: SearchOptions): Promise<SearchResult>;
  /** Queues what a person did. It is sent with others, again and again until it is stored, and counts once. */
  track(interaction: Interaction): void;
  /** Sends what is queued now; resolves when nothing is left. What is called off stays queued. */
  flush(options?: { signal?: AbortSignal }): Promise<void>;
  /** How many interactions are neither stored nor dropped yet. */
  readonly pending: number;
  /** Calls the listener with the weights as they are and as they change. @returns stops watching */
  watchWeights(retrieverId: string, options: WatchOptions, listener: (weights: LearnedWeights) => void): () => void;
  /** Any other operation: its data. */
  request<Data>(query: string, variables?: object, options?: RequestOptions): Promise<Data>;
  /** Ends everything. What is still queued is dropped, and reported: `flush` before. */
  close(): void;
}

const searchRetries = 2;
const mostPerCall = 1_000;

export function createClient(options: ClientOptions): Client {
  const { clock = systemTimers, random = systemRandom, newId = randomId } = options;
  const endpoint: Endpoint = {
    url: endpointUrl(options.url),
    key: options.key,
    namespace: options.namespace ?? null,
    // unbound, browsers refuse to run it
    fetch: options.fetch ?? ((...args) => fetch(...args)),
    timeoutMs: options.timeoutMs ?? 15_000,
    ...{ clock, random },
  };
  /** How far the server's clock is ahead of this one, as the last search told. */
  let serverAheadMs = 0;
  let socket: Socket | null = null;
  const closing = new AbortController();
  const tracker = new Tracker(
    {
      send: (interactions, keepalive) => sendInteractions(endpoint, interactions, keepalive, closing.signal),
      serverTime: (ms) => ms + serverAheadMs,
      ...{ clock, random, newId },
    },
    trackerOptions(options),
  );
  const leavePage = watchPage(
    () => tracker.flushBeforeEnd(),
    () => tracker.retryNow(),
  );
  const watchDeps: WatchDeps = {
    socket: () => (socket ??= openSocket(endpoint, options)),
    closing: closing.signal,
    ...{ clock, random },
  };

  return {
    async search(input, { signal, explain = false } = {}) {
      const variables = { input, explain };
      const patient = { signal, retries: searchRetries };
      const { search } = await request<{ search: SearchResult }>(endpoint, searchQuery, variables, patient);
      serverAheadMs = Date.parse(search.executedAt) - clock.now();
      return search;
    },
    track: (interaction) => tracker.track(interaction),
    flush: ({ signal } = {}) => tracker.flush(signal),
    get pending() {
      return tracker.pending;
    },
    watchWeights(retrieverId, watchOptions, listener) {
      closing.signal.throwIfAborted();
      return watchWeights(watchDeps, retrieverId, watchOptions, listener);
    },
    request: (query, variables = {}, requestOptions) => request(endpoint, query, variables, requestOptions),
    close() {
      leavePage();
      closing.abort(new AttuneError('The client was closed.', 'CLIENT_CLOSED'));
      tracker.close(closing.signal.reason as AttuneError);
      if (socket !== null) closeSocket(socket);
    },
  };
}

async function sendInteractions(
  endpoint: Endpoint,
  interactions: readonly Interaction[],
  keepalive: boolean,
  signal: AbortSignal,
): Promise<readonly Rejected[]> {
  const { recordInteractions: answer } = await request<{ recordInteractions: { rejected: Rejected[] } }>(
    endpoint,
    trackMutation,
    { interactions },
    { keepalive, signal },
  );
  return payloadOf(answer).rejected;
}

/** @throws AttuneError INVALID_URL */
function endpointUrl(given: string): string {
  const url = given.replace(/\/+$/, '');
  if (!/^https?:\/\/[^/]/.test(url)) {
    const message = 'url must say where Attune is, such as https://search.example.';
    throw new AttuneError(message, 'INVALID_URL', { path: ['url'] });
  }
  return url.endsWith('/graphql') ? url : `${url}/graphql`;
}

function trackerOptions({ batchSize = 50, batchMs = 1_000, queueSize = 1_000, onDrop }: ClientOptions): TrackerOptions {
  return {
    batchSize: Math.max(1, Math.min(mostPerCall, batchSize)),
    batchMs,
    queueSize,
    onDrop: onDrop ?? (({ error }) => console.warn(`An interaction was dropped: ${error.message}`)),
  };
}
