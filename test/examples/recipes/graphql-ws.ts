import { createClient } from 'graphql-ws';

/** Live weights over WebSocket. After a lost connection, call it again with the last version. */
export async function* watch(url: string, key: string, retrieverId: string, after: string | null = null) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  const query = `subscription ($retrieverId: ID!, $after: String) {
    learnedWeights(retrieverId: $retrieverId, after: $after) { version weights { featureUri weight } }
  }`;
  interface Event {
    learnedWeights: { version: string; weights: { featureUri: string; weight: number }[] };
  }
  try {
    for await (const { data } of client.iterate<Event>({ query, variables: { retrieverId, after } })) {
      if (data) yield data.learnedWeights;
    }
  } finally {
    await client.dispose();
  }
}
