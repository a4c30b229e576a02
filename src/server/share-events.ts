import { createSourceEventStream, execute, type DocumentNode, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../../schema/context.ts';
import { DomainError } from '../shared/errors.ts';

type Results = Map<string, Promise<ExecutionResult>>;

/**
 * Works an event of a subscription out once for all who asked the same with the same key, instead of once a subscriber:
 * the same operation, variables and event have the same result. Who may see the event at all is decided before, for each
 * subscriber, where its stream begins.
 */
export function shareEvents(): Plugin {
  const shared = new WeakMap<object, WeakMap<DocumentNode, Results>>();

  async function subscribeSharing(
    args: ExecutionArgs,
  ): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    const asker = nameOf(args);
    return mapEvents(source[Symbol.asyncIterator](), (event) => resultOf(args, asker, event));
  }

  function resultOf(args: ExecutionArgs, asker: string | null, event: unknown): Promise<ExecutionResult> {
    const work = async () => execute({ ...args, rootValue: event });
    const subject = subjectOf(event);
    if (asker === null || subject === null) return work();
    const byDocument = shared.get(subject) ?? new WeakMap<DocumentNode, Results>();
    shared.set(subject, byDocument);
    const results = byDocument.get(args.document) ?? (new Map() as Results);
    byDocument.set(args.document, results);
    const known = results.get(asker) ?? work();
    results.set(asker, known);
    return known;
  }

  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(subscribeSharing);
    },
  };
}

/** What was asked, and with whose authority; null: nobody's, so that nothing is shared. */
function nameOf({ contextValue, operationName, variableValues }: ExecutionArgs): string | null {
  const { caller } = contextValue as Partial<Context>;
  if (caller === undefined || caller instanceof DomainError) return null;
  try {
    return JSON.stringify([caller.keyId, caller.namespace.id, operationName ?? null, variableValues ?? null]);
  } catch {
    // variables that are nested too deep to be written down, as nobody needs them: a subscriber of its own
    return null;
  }
}

/** Events that are values are equal only by chance. */
function subjectOf(event: unknown): object | null {
  return typeof event === 'object' ? event : null;
}

/** `return` ends the source at once, also while a read is pending; what the source throws is the last that comes. */
function mapEvents<Event, Result>(
  source: AsyncIterator<Event>,
  resultOf: (event: Event) => Promise<Result>,
): AsyncIterableIterator<Result> {
  let hasFailed = false;
  return {
    async next() {
      if (hasFailed) return { done: true, value: undefined };
      try {
        const { done, value } = await source.next();
        return done === true ? { done, value: undefined } : { done: false, value: await resultOf(value) };
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
    async throw(error) {
      await source.return?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
