import { useEffect, useRef, useState } from 'react';
import type { AnyVariables, CombinedError, TypedDocumentNode } from 'urql';
import { fromGraphQL } from '../../client/attune-error.ts';
import { useApi } from './api.ts';

/** How long after a fault of the moment a subscription is tried again, unless the server asks for longer. */
const retryMs = 5_000;

/**
 * Calls `onEvent` for every event of a subscription, as long as the component is there. After a lost connection the
 * socket subscribes again by itself; after a fault of the moment this does.
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
        const waitMs = fault === undefined ? null : waitBeforeRetry(fault);
        if (waitMs !== null) retry = setTimeout(() => setAttempt(attempt + 1), waitMs);
      });
    return () => {
      clearTimeout(retry);
      unsubscribe();
    };
  }, [client, subscription, key, pause, attempt]);
  return error;
}

/**
 * How long until a subscription that broke off is tried again, in milliseconds; null: it is not, for a refusal stays one
 * however often it is asked. What passes is what passes for the client library.
 */
export function waitBeforeRetry({ networkError, graphQLErrors }: CombinedError): number | null {
  const passing = graphQLErrors.map(fromGraphQL).filter(({ retryable }) => retryable);
  if (networkError === undefined && passing.length === 0) return null;
  return Math.max(retryMs, ...passing.map(({ retryAfterMs }) => retryAfterMs ?? 0));
}
