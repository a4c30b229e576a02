import { useState } from 'react';
import type { AnyVariables, CombinedError, TypedDocumentNode } from 'urql';
import { useApi } from './api.ts';

/** What a mutation came to: its payload, or a sentence that says what to do. */
export type Outcome<Payload> = { done: true; payload: Payload } | { done: false; message: string };

interface Refusal {
  code: string;
  message: string;
}

/** The one field of a mutation, without the expected errors. */
type PayloadOf<Data> = Exclude<Data[Exclude<keyof Data, '__typename'>], Refusal>;

export interface Action<Variables, Payload> {
  run(variables: Variables): Promise<Outcome<Payload>>;
  busy: boolean;
  /** Why the last run did not do it; null where it did. */
  fault: string | null;
  forgetFault(): void;
}

/** A mutation with one field, whose expected errors select `code` and `message`. */
export function useAction<Data, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<Data, Variables>,
): Action<Variables, PayloadOf<Data>> {
  const { client } = useApi();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  return {
    busy,
    fault,
    forgetFault: () => setFault(null),
    async run(variables) {
      setBusy(true);
      const { data, error } = await client.mutation(mutation, variables).toPromise();
      const outcome = outcomeOf(data, error);
      setBusy(false);
      setFault(outcome.done ? null : outcome.message);
      return outcome;
    },
  };
}

function outcomeOf<Data>(data: Data | null | undefined, error: CombinedError | undefined): Outcome<PayloadOf<Data>> {
  if (error !== undefined || !data) return { done: false, message: sentenceOf(error) };
  const answer = Object.values(data as object).find((value) => typeof value === 'object') as unknown;
  return isRefusal(answer)
    ? { done: false, message: answer.message }
    : { done: true, payload: answer as PayloadOf<Data> };
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'message' in answer;
}

/** An error as a person should read it. */
export function sentenceOf(error: CombinedError | null | undefined): string {
  if (error?.networkError) return 'The server did not answer. Check that it runs; the console tries again by itself.';
  const messages = error?.graphQLErrors.map(({ message }) => message) ?? [];
  return messages.length === 0 ? 'The server gave no answer.' : [...new Set(messages)].join(' ');
}
