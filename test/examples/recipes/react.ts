import { useEffect, useState } from 'react';
import type { AttuneError, Client } from '../../../src/client/client.ts';
import type { LearnedWeights, SearchResult } from '../../../src/client/types.ts';

/** The result for what is typed now: an answer that comes late is not shown. */
export function useSearch(client: Client, retrieverId: string, query: string, userId: string) {
  const [state, setState] = useState<{ result: SearchResult | null; error: AttuneError | null }>(nothing);
  useEffect(() => {
    if (query === '') return setState(nothing);
    const typing = new AbortController();
    client.search({ retrieverId, userId, inputs: { query } }, { signal: typing.signal }).then(
      (result) => setState({ result, error: null }),
      (error: AttuneError) => typing.signal.aborted || setState({ result: null, error }),
    );
    return () => typing.abort();
  }, [client, retrieverId, query, userId]);
  return state;
}
const nothing = { result: null, error: null };

/** The weights of a user as they are, and again whenever they move; null until they are there. */
export function useLearnedWeights(client: Client, retrieverId: string, userId: string): LearnedWeights | null {
  const [weights, setWeights] = useState<LearnedWeights | null>(null);
  useEffect(() => client.watchWeights(retrieverId, { userId }, setWeights), [client, retrieverId, userId]);
  return weights;
}
