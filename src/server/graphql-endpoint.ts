import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { IncomingMessage } from 'node:http';
import { createContext, type Context } from '../../schema/context.ts';
import { schema } from '../../schema/index.ts';
import type { Credentials } from '../access/caller.ts';
import type { App } from '../app.ts';
import { DomainError } from '../shared/errors.ts';
import { clientAddress } from './client-address.ts';
import { graphiqlOptions, renderGraphiql } from './graphiql.ts';
import type { Guards } from './guards.ts';
import { limits } from './limits.ts';
import type { ErrorMask } from './mask-error.ts';
import { observeOperations, type OperationObservers } from './observe-operations.ts';
import { limitOperations } from './operation-limits.ts';
import { countAddresses, createRateLimits, type RateLimits } from './rate-limits.ts';
import { limitTime, requireJson } from './request-guards.ts';
import { shareEvents } from './share-events.ts';

export const graphqlPath = '/graphql';

/** What an operation came with. */
export interface ServerContext {
  /** The HTTP request, or the one that was upgraded to a WebSocket. */
  req?: IncomingMessage;
  /** Set by the WebSocket, whose credentials are not in a request. */
  credentials?: Credentials;
}

/** The one pipeline that every operation goes through, whatever it came over. */
export interface GraphQLEndpoint {
  yoga: YogaServerInstance<ServerContext, Context>;
  /** Counts an operation of whoever sent the request. @throws GraphQLError RATE_LIMITED */
  countAddress(request: IncomingMessage): Promise<void>;
}

export function createGraphQLEndpoint(
  app: App,
  maskError: ErrorMask,
  { guards, ...observers }: { guards: Guards } & OperationObservers,
): GraphQLEndpoint {
  const rates = createRateLimits(guards);
  const addressOf = (request: IncomingMessage) => clientAddress(request, guards.trustedProxies);
  const countAddress = (request: IncomingMessage) => rates.countAddress(addressOf(request));
  const yoga = createYoga<ServerContext, Context>({
    schema,
    graphqlEndpoint: graphqlPath,
    async context({ request, req, credentials }) {
      const address = req === undefined ? null : addressOf(req);
      return countKey(rates, await createContext(app, credentials ?? credentialsIn(request.headers), address));
    },
    plugins: [
      ...[countAddresses(countAddress), requireJson(), limitOperations(), shareEvents(), limitTime()],
      observeOperations(observers),
    ],
    maskedErrors: { maskError },
    maxRequestBodySize: limits.bodyBytes,
    parserAndValidationCache: { documentCache: boundedCache<DocumentNode>(), errorCache: boundedCache<Error>() },
    graphiql: graphiqlOptions,
    renderGraphiQL: renderGraphiql,
    batching: false,
    multipart: false,
    // origins.ts does it, for the WebSocket too
    cors: false,
    landingPage: false,
    // what there is to log goes through the mask
    logging: false,
  });
  return { yoga, countAddress };
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
