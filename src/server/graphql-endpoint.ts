import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createContext, type Context } from '../../schema/context.ts';
import { schema } from '../../schema/index.ts';
import type { Credentials } from '../access/caller.ts';
import type { App } from '../app.ts';
import { DomainError } from '../shared/errors.ts';
import { clientAddress } from './client-address.ts';
import { tieToResponses, type EventStreams } from './event-streams.ts';
import { graphiqlOptions, renderGraphiql, withoutGraphiql } from './graphiql.ts';
import type { Guards } from './guards.ts';
import { guardIntrospection } from './introspection.ts';
import type { Limits } from './limits.ts';
import type { ErrorMask } from './mask-error.ts';
import { observeOperations, type OperationObservers } from './observe-operations.ts';
import { limitOperations } from './operation-limits.ts';
import { createOperationList, type OperationList, type OperationPolicy } from './operation-list.ts';
import { countAddresses, createRateLimits, type RateLimits } from './rate-limits.ts';
import { readBodies } from './request-body.ts';
import { limitTime, requireJson } from './request-guards.ts';
import { shareEvents } from './share-events.ts';

export const graphqlPath = '/graphql';

/** What an operation came with. */
export interface ServerContext {
  /** The HTTP request, or the one that was upgraded to a WebSocket. */
  req?: IncomingMessage;
  /** Of an HTTP request. */
  res?: ServerResponse;
  /** Set by the WebSocket, whose credentials are not in a request. */
  credentials?: Credentials;
}

/** The one pipeline that every operation goes through, whatever it came over. */
export interface GraphQLEndpoint {
  yoga: YogaServerInstance<ServerContext, Context>;
  /** Counts an operation of whoever sent the request. @throws GraphQLError RATE_LIMITED */
  countAddress(request: IncomingMessage): Promise<void>;
  /** What comes over HTTP and SSE has gone through it already. */
  operations: Pick<OperationList, 'admit'>;
}

export interface EndpointOptions extends OperationObservers {
  guards: Guards;
  limits: Limits;
  operations: OperationPolicy;
  /** Whether anybody may read the schema. */
  introspection: boolean;
  /** Filled with the responses over which subscriptions are sent, for as long as they are. */
  streams: EventStreams;
}

export function createGraphQLEndpoint(
  app: App,
  maskError: ErrorMask,
  { guards, limits, operations: policy, introspection, streams, ...observers }: EndpointOptions,
): GraphQLEndpoint {
  const rates = createRateLimits(guards);
  const operations = createOperationList(policy);
  const addressOf = (request: IncomingMessage) => clientAddress(request, guards.trustedProxies);
  const countAddress = (request: IncomingMessage) => rates.countAddress(addressOf(request));
  const yoga = createYoga<ServerContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    async context({ request, req, credentials }) {
      const address = req === undefined ? null : addressOf(req);
      const from = credentials ?? credentialsIn(request.headers);
      return countKey(rates, await createContext(app, from, { address, limits }));
    },
    plugins: [
      ...[
        countAddresses(countAddress),
        requireJson(),
        readBodies(limits.bodyBytes),
        operations.plugin,
        guardIntrospection(introspection),
      ],
      ...[limitOperations(limits), shareEvents(), limitTime(limits.requestMs), tieToResponses(streams)],
      observeOperations(observers),
    ],
    maskedErrors: { maskError },
    // readBodies limits them
    maxRequestBodySize: false,
    parserAndValidationCache: { documentCache: boundedCache<DocumentNode>(), errorCache: boundedCache<Error>() },
    graphiql: graphiqlOptions,
    renderGraphiQL: graphiqlOr(whyNoGraphiql(policy, introspection)),
    batching: false,
    multipart: false,
    // origins.ts does it, for the WebSocket too
    cors: false,
    landingPage: false,
    // what there is to log goes through the mask
    logging: false,
  });
  return { yoga, countAddress, operations };
}

function graphiqlOr(whyNot: string | null): typeof renderGraphiql {
  return whyNot === null ? renderGraphiql : async () => withoutGraphiql(whyNot);
}

/** Null: it is there. */
function whyNoGraphiql({ only }: OperationPolicy, introspection: boolean): string | null {
  if (only) return 'this server takes only the operations that it was given (ATTUNE_OPERATIONS_ONLY)';
  return introspection ? null : 'this server does not show its schema (ATTUNE_INTROSPECTION)';
}

async function countKey(rates: RateLimits, context: Context): Promise<Context> {
  if (!(context.caller instanceof DomainError)) await rates.countKey(context.caller);
  return context;
}

function credentialsIn(headers: Headers): Credentials {
  return {
    authorization: headers.get('authorization'),
    namespace: headers.get('x-namespace'),
    origin: headers.get('origin'),
  };
}

/** By characters of the operation: a thousand ordinary ones fit, and strangers cannot fill the memory with huge ones. */
function boundedCache<Value extends object>(): LRUCache<string, Value> {
  return new LRUCache({
    maxSize: 2_000_000,
    maxEntrySize: 20_000,
    sizeCalculation: (_value, source) => source.length + 1,
  });
}
