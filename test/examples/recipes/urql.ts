import { createClient as createSocket } from 'graphql-ws';
import { Client, fetchExchange, subscriptionExchange } from 'urql';

/** Without a document cache: a search is an event that feedback refers to, and is never the same twice. */
export function urqlClient(url: string, key: string): Client {
  const authorization = `Bearer ${key}`;
  const socket = createSocket({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization },
  });
  return new Client({
    url: `${url}/graphql`,
    fetchOptions: { headers: { authorization } },
    preferGetMethod: false,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables: variables ?? null }, sink) }),
        }),
      }),
    ],
  });
}
