import { useEffect, useRef, useState } from 'react';
import type { AnyVariables, CombinedError, TypedDocumentNode } from 'urql';
import { useApi } from './api.ts';

/** How long after a fault of the server a subscription is tried again. */
const retryMs = 5_000;

/**
 * Calls `onEvent` for every event of a subscription, as long as the component is there. After a lost connection the
 * socket subscribes again by itself; after a fault of the server this does.
 * @returns why it broke off; null while it runs
 */
export function useEvents<Data, Variables extends AnyVariables>(
  subscription: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  onEvent: (data: Data) => void,
  { pause = false }: { pause?: boolean } = {},
): CombinedError | null {
  const { client } = useApi();
  const [error, setError] = useState<CombinedError | null>(null);
  const [attempt, setAttempt] = useState(0);
  const handler = useRef(onEvent);
  useEffect(() => {
    handler.current = onEvent;
  });
  const key = JSON.stringify(variables);
  useEffect(() => {
    if (pause) return undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const { unsubscribe } = client
      .subscription(subscription, JSON.parse(key) as Variables)
      .subscribe(({ data, error: fault }) => {
        setError(fault ?? null);
        if (data) handler.current(data);
        if (fault !== undefined && isFaultOfServer(fault)) retry = setTimeout(() => setAttempt(attempt + 1), retryMs);
      });
    return () => {
      clearTimeout(retry);
      unsubscribe();
    };
  }, [client, subscription, key, pause, attempt]);
  return error;
}

const FAULTS_OF_SERVER: readonly unknown[] = ['INTERNAL', 'UNAVAILABLE'];

/** A refusal stays one however often it is asked. */
function isFaultOfServer({ networkError, graphQLErrors }: CombinedError): boolean {
  return (
    networkError !== undefined || graphQLErrors.some(({ extensions }) => FAULTS_OF_SERVER.includes(extensions['code']))
  );
}
