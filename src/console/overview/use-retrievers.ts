import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { useLiveQuery, type LiveQuery } from '../api/use-live-query.ts';
import { OverviewDocument, type OverviewQuery } from '../gql/graphql.ts';
import { onceEach, readFurther, type ListPage } from './further-pages.ts';
import type { OverviewRetriever } from './use-retriever-health.ts';

const everyMs = 5_000;

export interface Retrievers {
  /** Of the first page. */
  query: LiveQuery<OverviewQuery>;
  /** Of all pages that were asked for, newest first. */
  retrievers: readonly OverviewRetriever[];
  /** There are more behind them. */
  hasMore: boolean;
}

/** The newest retrievers. @param pages how many of 25 */
export function useRetrievers(pages: number): Retrievers {
  const client = useClient();
  const query = useLiveQuery(OverviewDocument, { after: null }, { everyMs });
  const first = query.data?.retrievers;
  const [further, setFurther] = useState<ListPage<OverviewRetriever> | null>(null);
  // whenever the first page was read, those behind it are, too
  useEffect(() => {
    if (first === undefined) return undefined;
    let isCurrent = true;
    const readBehind = async (after: string) => {
      const answer = client.query(OverviewDocument, { after }, { requestPolicy: 'network-only' });
      const { data, error } = await answer.toPromise();
      if (data === undefined) throw error ?? new Error('no answer');
      return data.retrievers;
    };
    readFurther(readBehind, first, pages - 1).then(
      (found) => {
        if (isCurrent) setFurther(found);
      },
      // what is known stays, and is asked for again with the next first page
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client, first, pages]);
  return {
    query,
    retrievers: onceEach(first?.nodes ?? [], further?.nodes ?? []),
    hasMore: (further ?? first)?.pageInfo.hasNextPage ?? false,
  };
}
