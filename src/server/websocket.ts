import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import {
  CloseCode,
  handleProtocols,
  makeServer,
  type Context as Connection,
  type Server as GraphQLWsServer,
  type SubscribePayload,
} from 'graphql-ws';
import type { GraphQLParams } from 'graphql-yoga';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Credentials } from '../access/caller.ts';
import type { App } from '../app.ts';
import { DomainError, UnavailableError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { graphqlPath, type GraphQLEndpoint } from './graphql-endpoint.ts';
import type { Limits } from './limits.ts';
import type { ErrorMask } from './mask-error.ts';
import type { Origins } from './origins.ts';
import { requestPath } from './request-path.ts';
import { SharedPayloads } from './shared-payload.ts';

export interface WebSocketDeps {
  server: Server;
  endpoint: GraphQLEndpoint;
  app: App;
  origins: Origins;
  maskError: ErrorMask;
  logger: Logger;
  limits: Pick<Limits, 'frameBytes' | 'subscriptionsPerConnection'>;
  /** A ping this often; who has not answered by the next one is gone. */
  keepAliveMs: number;
}

/** As 429 over HTTP. */
const rateLimited = 4429;
/** As 503 over HTTP: graphql-ws takes most other codes below 4000 for the end of it, and never comes again. */
const tryAgainLater = 1013;
/** How long a client may take to answer the closing handshake. */
const closingMs = 1_000;

interface Extra {
  socket: WebSocket;
  request: IncomingMessage;
}

type OperationConnection = Connection<Record<string, unknown>, Extra>;

/** Carried in rootValue, where graphql-ws hands it on: each operation has a pipeline of its own. */
type Pipeline = Pick<ReturnType<GraphQLEndpoint['yoga']['getEnveloped']>, 'execute' | 'subscribe'>;

export interface AttachedWebSocket {
  /** Takes no more operations; resolves when the queries and mutations under way are answered. */
  finish(): Promise<void>;
  /** Ends all connections, with 1001. */
  close(): Promise<void>;
}

/** GraphQL over WebSocket (graphql-transport-ws) on the GraphQL path. */
export function attachWebSocket(deps: WebSocketDeps): AttachedWebSocket {
  const underWay = trackOperations();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: deps.limits.frameBytes, handleProtocols });
  const payloads = new SharedPayloads();
  const protocol = makeServer<Record<string, unknown>, Extra>({
    onConnect: (connection) => admit(deps, connection),
    onSubscribe: (connection, _id, payload) =>
      underWay.isStopping() ? [goingAway()] : prepare(deps, connection, payload),
    execute: (args) => underWay.track(orErrors(async () => pipelineOf(args).execute(args), deps.maskError)),
    subscribe: (args) => orErrors(async () => pipelineOf(args).subscribe(args), deps.maskError),
    onError: (_connection, _id, _payload, errors) => errors.map(forTheWire),
    onNext: (_connection, _id, _payload, _args, result) =>
      result.errors === undefined ? payloads.standIn(result) : { ...result, errors: result.errors.map(forTheWire) },
  });

  deps.server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const pathname = requestPath(request);
    if (pathname !== graphqlPath) return refuse(stream, pathname === null ? '400 Bad Request' : '404 Not Found');
    if (!deps.origins.allows(request)) return refuse(stream, '403 Forbidden');
    sockets.handleUpgrade(request, stream, head, (socket) => serve(deps, { protocol, payloads }, { socket, request }));
  });

  return {
    finish: () => underWay.stop(),
    async close() {
      for (const socket of sockets.clients) socket.close(1001, 'The server is going away');
      const impatience = setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), closingMs);
      const gone = [...sockets.clients].map((socket) => once(socket, 'close'));
      await Promise.all(gone);
      clearTimeout(impatience);
      sockets.close();
    },
  };
}

/** Queries and mutations that are being executed. */
function trackOperations() {
  const underWay = new Set<Promise<unknown>>();
  let stopping = false;
  return {
    isStopping: () => stopping,
    track<Result>(result: Promise<Result> | Result): Promise<Result> {
      const working = Promise.resolve(result);
      const settled = working.then(
        () => {},
        () => {},
      );
      underWay.add(settled);
      void settled.then(() => underWay.delete(settled));
      return working;
    },
    async stop() {
      stopping = true;
      while (underWay.size > 0) await Promise.all(underWay);
      await turn(); // in which what was answered is handed to the sockets
    },
  };
}

function goingAway(): GraphQLError {
  return new GraphQLError('The server is stopping; connect again.', { extensions: { code: 'SHUTTING_DOWN' } });
}

function refuse(stream: Duplex, status: string): void {
  // Node listens to it no more, and a client that is gone already would end the process
  stream.on('error', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Joins a socket to the protocol for as long as it is open. */
function serve(
  { logger, keepAliveMs }: WebSocketDeps,
  { protocol, payloads }: { protocol: GraphQLWsServer<Extra>; payloads: SharedPayloads },
  extra: Extra,
): void {
  const { socket } = extra;
  const fail = (error: unknown) => {
    logger.error({ err: error }, 'A WebSocket message failed unexpectedly.');
    socket.close(1011, 'Unexpected error');
  };
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) => send(socket, payloads.complete(data)),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) => void socket.on('message', (data) => void handle(String(data)).catch(fail)),
    },
    extra,
  );
  const stopPinging = keepAlive(socket, keepAliveMs);
  // a frame that is too large, say: ws closes the socket by itself
  socket.on('error', (error) => logger.debug({ err: error }, 'A WebSocket client broke the protocol.'));
  socket.once('close', (code, reason) => {
    stopPinging();
    void closed(code, String(reason)).catch(fail);
  });
}

/** Resolves when the data has left for the network: a reader that is slow holds its own subscription up, and no memory. */
function send(socket: WebSocket, data: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(data, () => resolve()));
}

/** A connection that was cut without a word is found out by its silence. */
function keepAlive(socket: WebSocket, everyMs: number): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, everyMs);
  return () => clearInterval(timer);
}

/** Lets a connection in, or closes it with the reason: 4401 without a valid key, 4403 where it may not be here, 4429 too often, 1013 where nobody can tell. */
async function admit({ app, endpoint, maskError }: WebSocketDeps, connection: OperationConnection): Promise<boolean> {
  const close = (closeCode: number, code: unknown, message: string) => {
    connection.extra.socket.close(closeCode, closeReason(String(code), message));
    return false;
  };
  try {
    await endpoint.countAddress(connection.extra.request);
    await app.access.authenticate(credentialsOf(connection));
    return true;
  } catch (error) {
    if (error instanceof GraphQLError) return close(rateLimited, error.extensions['code'], error.message);
    if (error instanceof UnavailableError) {
      const { extensions, message } = maskError(error);
      return close(tryAgainLater, extensions['code'], message);
    }
    if (!(error instanceof DomainError)) throw error;
    const isUnknown = error.code === 'UNAUTHENTICATED';
    return close(isUnknown ? CloseCode.Unauthorized : CloseCode.Forbidden, error.code, error.message);
  }
}

/** As connection_init says, else as the headers of the upgrade request: clients outside of browsers can set them. */
function credentialsOf({ connectionParams = {}, extra }: OperationConnection): Credentials {
  const { headers } = extra.request;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    authorization: text(connectionParams['authorization']) ?? text(headers.authorization),
    namespace: text(connectionParams['namespace']) ?? text(headers['x-namespace']),
    origin: text(headers.origin),
  };
}

/** The protocol has room for 123 bytes. */
function closeReason(code: string, message: string): string {
  const reason = `${code}: ${message}`;
  return Buffer.byteLength(reason) <= 123 ? reason : code;
}

/** Everything before execution. Whatever is wrong is an error of this operation; the socket stays open for the others. */
async function prepare(
  { endpoint, maskError, limits: { subscriptionsPerConnection } }: WebSocketDeps,
  connection: OperationConnection,
  payload: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  if (Object.keys(connection.subscriptions).length > subscriptionsPerConnection) {
    const message = `The connection has ${subscriptionsPerConnection} operations open; complete one, or open another connection.`;
    return [new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } })];
  }
  try {
    const { request: req } = connection.extra;
    await endpoint.countAddress(req);
    const params = await endpoint.operations.admit(payload as GraphQLParams);
    const pipeline = endpoint.yoga.getEnveloped({ credentials: credentialsOf(connection), req, params });
    const document = pipeline.parse(params.query);
    const faults = pipeline.validate(pipeline.schema, document);
    if (faults.length > 0) return faults.map(maskError);
    return {
      schema: pipeline.schema,
      document,
      operationName: payload.operationName,
      variableValues: payload.variables,
      contextValue: await pipeline.contextFactory(),
      rootValue: pipeline satisfies Pipeline,
    };
  } catch (error) {
    return [maskError(error)];
  }
}

/** What is thrown, when time is up say, is the end of this operation, and not of the others on its socket. */
async function orErrors<Result>(work: () => Promise<Result>, maskError: ErrorMask): Promise<Result | ExecutionResult> {
  try {
    return await work();
  } catch (error) {
    return { errors: [maskError(error)] };
  }
}

function pipelineOf(args: ExecutionArgs): Pipeline {
  return args.rootValue as Pipeline;
}

/** Without what is meant for HTTP. */
function forTheWire(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  const { extensions: { http: _http, ...extensions } = {}, ...rest } =
    error instanceof GraphQLError ? error.toJSON() : error;
  return { ...rest, extensions };
}
