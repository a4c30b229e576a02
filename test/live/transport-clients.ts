import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client, type ClientOptions, type FormattedExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createHealth, type Health } from '../../src/monitoring/health.ts';
import { createMetrics, type Metrics } from '../../src/monitoring/metrics.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../src/server.ts';
import { authorizations, handMadeApp, type HandMadeApp } from '../schema/hand-made-app.ts';

export interface Logged {
  level: string;
  fields: Record<string, unknown>;
  message: string;
}

export interface TestServer extends RunningServer {
  app: HandMadeApp;
  health: Health;
  metrics: Metrics;
  logged: Logged[];
}

/** A whole server on a free port, over an App that is played by hand. */
export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const app = handMadeApp();
  const logged: Logged[] = [];
  const log = (level: string) => (fields: object, message: string) => {
    logged.push({ level, fields: fields as Record<string, unknown>, message });
  };
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  const part = () => ({ status: 'up' as const });
  const health = createHealth({
    clock: systemClock,
    checks: { postgres: part, clickhouse: part, embeddings: part, relay: part },
    consequences: { postgres: '', clickhouse: '', embeddings: '', relay: '' },
  });
  const metrics = createMetrics({
    outbox: async () => ({ depth: 0, lagMs: 0, unlearnedMs: 0 }),
    deadLetters: async () => 0,
    posteriorsAwayMs: () => 0,
    subscribers: () => app.watchers.length,
    droppedExecutions: () => 0,
  });
  const server = await startServer({ app, health, metrics, port: 0, host: '127.0.0.1', logger, ...options });
  return { ...server, app, health, metrics, logged };
}

export interface Answer {
  status: number;
  headers: Headers;
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
}

export async function post(
  { url }: RunningServer,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: authorizations.admin, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = (await response.json()) as Omit<Answer, 'status' | 'headers'>;
  return { ...answer, status: response.status, headers: response.headers };
}

export function webSocketUrl({ url }: RunningServer): string {
  return `${url.replace('http', 'ws')}/graphql`;
}

/** graphql-ws as an application uses it, but that it gives up at the first closing. */
export function connect(server: RunningServer, options: Partial<ClientOptions> = {}): Client {
  return createClient({
    url: webSocketUrl(server),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
    connectionParams: { authorization: authorizations.search },
    ...options,
  });
}

/** What has come of a subscription so far. */
export interface Subscription<Event> {
  events: Event[];
  /** Resolves when it ended, with what ended it: null where it completed. */
  ended: Promise<unknown>;
  unsubscribe(): void;
}

export function subscribe(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Subscription<FormattedExecutionResult<Record<string, unknown>, unknown>> {
  const events: FormattedExecutionResult<Record<string, unknown>, unknown>[] = [];
  let unsubscribe = () => {};
  const ended = new Promise((resolve) => {
    unsubscribe = client.subscribe<Record<string, unknown>, unknown>(
      { query, variables },
      { next: (event) => void events.push(event), error: resolve, complete: () => resolve(null) },
    );
  });
  return { events, ended, unsubscribe: () => unsubscribe() };
}

/** Server-sent events as fetch reads them: the data of each `next` event; pings are left out. */
export async function eventStream(
  { url }: RunningServer,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; events: AsyncGenerator<Record<string, unknown>>; abort(): void }> {
  const controller = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: authorizations.search,
      ...headers,
    },
    body: JSON.stringify(body),
    signal: controller.signal,
  });
  if (response.body === null) throw new Error('the response has no body');
  return { status: response.status, events: parseEvents(response.body), abort: () => controller.abort() };
}

async function* parseEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<Record<string, unknown>> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith('event: complete')) return;
      const data = /^event: next\ndata: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield JSON.parse(data) as Record<string, unknown>;
    }
  }
}

/** What is left of a stream, when it has ended. */
export async function all<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const seen: Event[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

/** Waits until it holds; the test's own time-out is what gives up. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

export interface Operation {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
  extensions?: Record<string, unknown>;
}

export const transports = ['HTTP', 'SSE', 'WebSocket'] as const;

/** The first answer to an operation, over any transport, by the same real clients that applications use. */
export async function askOver(
  transport: (typeof transports)[number],
  server: RunningServer,
  operation: Operation,
  authorization: string = authorizations.admin,
): Promise<Pick<Answer, 'data' | 'errors'>> {
  if (transport === 'HTTP') return post(server, operation, { authorization });
  if (transport === 'SSE') {
    const { events, abort } = await eventStream(server, operation, { authorization });
    const { value } = await events.next();
    abort();
    return value as Answer;
  }
  const client = connect(server, { connectionParams: { authorization } });
  try {
    return await new Promise((resolve) => {
      client.subscribe(operation, {
        next: (answer) => resolve(answer as Answer),
        error: (reason) => resolve((Array.isArray(reason) ? { errors: reason } : { closed: reason }) as Answer),
        complete: () => resolve({}),
      });
    });
  } finally {
    await client.dispose();
  }
}

/** The codes of its errors; none where it was let through. */
export async function codesOver(...asked: Parameters<typeof askOver>): Promise<unknown[]> {
  return ((await askOver(...asked)).errors ?? []).map(({ extensions }) => extensions?.['code']);
}
