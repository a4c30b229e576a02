import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { App } from './app.ts';
import type { Health } from './monitoring/health.ts';
import type { Metrics } from './monitoring/metrics.ts';
import { trackConnections } from './server/connections.ts';
import { clientPath, createClientFile } from './server/client-file.ts';
import { createConsoleFiles, type ConsoleFiles } from './server/console-files.ts';
import type { EventStreams } from './server/event-streams.ts';
import { createGraphQLEndpoint, graphqlPath, type GraphQLEndpoint } from './server/graphql-endpoint.ts';
import { defaultGuards, type Guards } from './server/guards.ts';
import { defaultLimits, type Limits } from './server/limits.ts';
import { createErrorMask } from './server/mask-error.ts';
import { anyOperation, type OperationPolicy } from './server/operation-list.ts';
import { operationsRoutes } from './server/operations-routes.ts';
import { createOrigins, type Origins } from './server/origins.ts';
import { requestPath } from './server/request-path.ts';
import { attachWebSocket } from './server/websocket.ts';
import { OperatorError } from './shared/errors.ts';
import type { Logger } from './shared/logger.ts';
import { noTracing, type Tracer } from './shared/tracer.ts';

export interface ServerOptions {
  app: App;
  /** 0: any that is free. */
  port: number;
  host: string;
  logger: Logger;
  /** Web origins that may call from a browser; `*`: any. Pages of the server itself always may. */
  corsOrigins?: readonly string[];
  /** Who may ask how much. */
  guards?: Partial<Guards>;
  /** How much one may ask at once. */
  limits?: Partial<Limits>;
  /** Which operations are taken; default: any. */
  operations?: OperationPolicy;
  /** Whether anybody may read the schema; default true. */
  introspection?: boolean;
  /** How often a WebSocket is pinged; default 12 s. */
  keepAliveMs?: number;
  /** Where the built console is; default src/console/dist. */
  consoleDirectory?: string;
  /** The built client; default src/client/dist/client.js. */
  clientFile?: string;
  health: Health;
  metrics: Metrics;
  /** See OperationsDeps; default: none. */
  metricsToken?: string | null;
  /** Default: nothing is traced. */
  tracer?: Tracer;
}

export interface RunningServer {
  /** `http://127.0.0.1:4000` */
  url: string;
  /**
   * Stops listening and taking operations, lets those under way finish for up to 3 s, waits for `drain`, and then ends
   * subscriptions, which hear of what was drained.
   */
  close(drain?: () => Promise<void>): Promise<void>;
}

const graceMs = 3_000;
const builtConsole = fileURLToPath(new URL('console/dist/', import.meta.url));
const builtClient = fileURLToPath(new URL('client/dist/client.js', import.meta.url));

/**
 * The console at /; GraphQL on /graphql over HTTP, SSE and WebSocket, and GraphiQL there for browsers; the client at
 * /client.js; /health/live, /health/ready and /metrics for operators.
 * @throws OperatorError where the address cannot be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { app, logger, corsOrigins = [], keepAliveMs = 12_000, consoleDirectory = builtConsole } = options;
  const { health, metrics, tracer = noTracing, metricsToken = null } = options;
  const guards = { ...defaultGuards, ...options.guards };
  const limits = { ...defaultLimits, ...options.limits };
  const { operations: policy = anyOperation, introspection = true } = options;
  const maskError = createErrorMask(logger, { ...limits, suggests: introspection });
  const exposure = { guards, limits, operations: policy, introspection };
  const streams: EventStreams = new Set();
  const endpoint = createGraphQLEndpoint(app, maskError, { ...exposure, streams, metrics, tracer });
  const origins = createOrigins(corsOrigins);
  const consoleFiles = createConsoleFiles(consoleDirectory, policy.only);
  const clientFile = createClientFile(options.clientFile ?? builtClient);
  const operations = operationsRoutes({ app, health, metrics, metricsToken });
  const server = createServer(
    { requestTimeout: limits.requestMs, headersTimeout: limits.requestMs },
    (request, response) => {
      route(request, response, { endpoint, origins, consoleFiles, clientFile, operations }).catch((error: unknown) =>
        fail(response, error, logger),
      );
    },
  );
  const connections = trackConnections(server);
  const webSocket = attachWebSocket({ server, endpoint, app, origins, maskError, logger, limits, keepAliveMs });
  const url = await listen(server, options);
  return {
    url,
    async close(drain = async () => {}) {
      health.stopping();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.closeIdle();
      const finished = Promise.all([connections.finished(streams), webSocket.finish()]);
      await Promise.race([finished, sleep(graceMs, undefined, { ref: false })]);
      await drain();
      for (const stream of streams) stream.destroy();
      await webSocket.close();
      server.closeAllConnections();
      await closed;
      await endpoint.yoga.dispose();
    },
  };
}

interface Routes {
  endpoint: GraphQLEndpoint;
  origins: Origins;
  consoleFiles: ConsoleFiles;
  clientFile: ReturnType<typeof createClientFile>;
  operations: ReturnType<typeof operationsRoutes>;
}

async function route(request: IncomingMessage, response: ServerResponse, routes: Routes): Promise<void> {
  const { endpoint, origins, consoleFiles, clientFile, operations } = routes;
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  const pathname = requestPath(request);
  switch (pathname) {
    case null:
      response.writeHead(400, { 'Content-Type': 'text/plain' }).end('Host and address of the request make no URL.');
      return;
    case graphqlPath:
      if (!origins.answerCors(request, response)) await endpoint.yoga(request, response);
      return;
    case clientPath:
      return clientFile(request, response);
    default:
      if (Object.hasOwn(operations, pathname)) return operations[pathname]?.(request, response);
      if (consoleFiles.answer(request, response, pathname)) return;
      response
        .writeHead(404, { 'Content-Type': 'text/plain' })
        .end(`Not found. The console is at /, the API at ${graphqlPath}.`);
  }
}

/** A fault of ours ends the request, and neither the process nor in an answer that shows it. */
function fail(response: ServerResponse, error: unknown, logger: Logger): void {
  logger.error({ err: error }, 'A request failed unexpectedly.');
  if (response.headersSent) return void response.destroy();
  response.writeHead(500, { 'Content-Type': 'text/plain' }).end('Unexpected error. The server’s log has it.');
}

function listen(server: Server, { port, host }: ServerOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(whyNot(error, port, host)));
    server.listen(port, host, () => resolve(urlOf(server.address() as AddressInfo, host)));
  });
}

function whyNot(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const sentences: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use; stop what holds it or set PORT.`,
    EACCES: `Port ${port} on ${host} may not be opened by this user; set PORT to 1024 or higher.`,
    EADDRNOTAVAIL: `${host} is no address of this machine; set HOST.`,
    ENOTFOUND: `${host} is no address of this machine; set HOST.`,
  };
  const sentence = sentences[error.code ?? ''];
  return sentence === undefined ? error : new OperatorError(sentence, { cause: error });
}

function urlOf({ port }: AddressInfo, host: string): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
