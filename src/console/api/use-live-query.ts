import { useEffect, useRef, useState } from 'react';
import { useQuery, type AnyVariables, type CombinedError, type TypedDocumentNode } from 'urql';
import { useApi } from './api.ts';
import { useConnection } from './connection.ts';

export interface LiveQuery<Data> {
  /** The last answer without a fault. */
  data: Data | undefined;
  /** Why asking failed the last time; what was there before stays. */
  error: CombinedError | undefined;
  /** The first answer is under way. */
  loading: boolean;
  reload(): void;
}

interface LiveQueryOptions {
  /** Asks again this often while the page is looked at. */
  everyMs?: number;
  /** Not asked at all while true. */
  pause?: boolean;
}

/** A query that asks again by itself: at an interval, and after the connection was lost. */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { everyMs, pause = false }: LiveQueryOptions = {},
): LiveQuery<Data> {
  const { reconnects } = useConnection(useApi().connection);
  const [{ data, error, fetching }, execute] = useQuery<Data>({
    query: query as TypedDocumentNode<Data>,
    variables: variables as object,
    requestPolicy: 'cache-and-network',
    pause,
  });
  const key = JSON.stringify(variables);
  // with an error urql forgets what it had, or has null for the field that failed, which looks like something that is not there
  const [kept, setKept] = useState<{ key: string; data: Data } | null>(null);
  const answer = error === undefined ? (data ?? undefined) : undefined;
  // while it fetches, the answer may be that to other variables
  if (answer !== undefined && !fetching && !pause && (kept?.key !== key || kept.data !== answer)) {
    setKept({ key, data: answer });
  }
  const shown = answer ?? (kept?.key === key ? kept.data : undefined);
  const reload = () => {
    if (!pause) execute({ requestPolicy: 'network-only' });
  };
  const latest = useRef(reload);
  useEffect(() => {
    latest.current = reload;
  });
  useEffect(() => {
    if (reconnects > 0) latest.current();
  }, [reconnects]);
  useEffect(() => {
    if (everyMs === undefined || pause) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, pause]);
  return { data: shown, error, loading: fetching && shown === undefined, reload };
}
