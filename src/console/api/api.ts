import { createClient as createSocket } from 'graphql-ws';
import { createContext, useContext } from 'react';
import { cacheExchange, Client, fetchExchange, mapExchange, subscriptionExchange, type CombinedError } from 'urql';
import { closeSocket } from '../../client/live-socket.ts';
import { ConnectionMonitor } from './connection.ts';
import { sessionHeaders, type Session } from './session.ts';

/** The server as one session sees it: queries and mutations over HTTP, subscriptions over one WebSocket. */
export interface Api {
  client: Client;
  connection: ConnectionMonitor;
  close(): void;
}

const endpoint = '/graphql';
/** The server closes the WebSocket with it where it does not know the key. */
const unauthorizedClose = 4401;
const forbiddenClose = 4403;
/** A connection that was cut without a word is found out by a ping without an answer. */
const pingMs = 10_000;
const longestWaitMs = 5_000;

/** @param onRefused the key is no longer let in; called with the reason */
export function openApi(session: Session, onRefused: (reason: string) => void): Api {
  const connection = new ConnectionMonitor();
  const socket = openSocket(session, connection, onRefused);
  const client = new Client({
    url: endpoint,
    preferGetMethod: false,
    fetchOptions: { headers: sessionHeaders(session) },
    exchanges: [
      mapExchange({
        onError(error) {
          if (isUnauthenticated(error)) onRefused('The server does not know this key any more.');
        },
      }),
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables: variables ?? null }, sink) }),
        }),
      }),
    ],
  });
  return { client, connection, close: () => closeSocket(socket) };
}

function openSocket(session: Session, connection: ConnectionMonitor, onRefused: (reason: string) => void) {
  let current: WebSocket | undefined;
  let unanswered: number | undefined;
  return createSocket({
    url: new URL(endpoint, window.location.href.replace(/^http/, 'ws')).href,
    connectionParams: { authorization: `Bearer ${session.key}`, namespace: session.namespace },
    // open from the start, so that every page can tell whether what it shows is live
    lazy: false,
    keepAlive: pingMs,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: (retries) =>
      new Promise((resolve) => setTimeout(resolve, Math.min(longestWaitMs, 250 * 2 ** Math.min(retries, 5)))),
    onNonLazyError: () => undefined,
    on: {
      connected: () => connection.opened(),
      ping: (received) => {
        if (!received) unanswered = window.setTimeout(() => current?.close(4408, 'No answer'), pingMs / 2);
      },
      pong: (received) => {
        if (received) window.clearTimeout(unanswered);
      },
      opened: (opened) => {
        current = opened as WebSocket;
      },
      closed: (event) => {
        window.clearTimeout(unanswered);
        connection.lost();
        const code = (event as CloseEvent).code;
        if (code === unauthorizedClose) onRefused('The server does not know this key.');
        if (code === forbiddenClose) onRefused('This key may not enter this namespace.');
      },
    },
  });
}

export function isUnauthenticated({ graphQLErrors }: CombinedError): boolean {
  return graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED');
}

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (api === null) throw new Error('useApi is called outside of the signed-in console.');
  return api;
}
