import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';

export function apolloClient(url: string, key: string): ApolloClient {
  const authorization = `Bearer ${key}`;
  const socket = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization },
  });
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      new HttpLink({ uri: `${url}/graphql`, headers: { authorization } }),
    ),
    // a search is named by its execution, and never answered from the cache
    cache: new InMemoryCache({
      typePolicies: { SearchResult: { keyFields: ['executionId'] }, Hit: { keyFields: false } },
    }),
    defaultOptions: { query: { fetchPolicy: 'no-cache' } },
  });
}
