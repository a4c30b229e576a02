import { setTimeout as sleep } from 'node:timers/promises';
import { hasScope, type Scope } from '../src/access/caller.ts';
import { DomainError, ForbiddenError, UnavailableError } from '../src/shared/errors.ts';
import { refusal } from './errors.ts';
import { callerOf, namespaceOf, type Context } from './context.ts';

/** Between two questions to a store that is away. */
const ASK_AGAIN_MS = 500;

/**
 * A subscription that lasts as long as its key is good: it asks before each event, and ends where it waits when the key
 * is revoked or expires. While the store that knows is away, an event waits. A plain iterator, so that `return()` reaches
 * the source at once, also while it waits.
 */
export function whileAllowed<Event>(
  source: AsyncIterableIterator<Event>,
  context: Context,
  scope: Scope,
): AsyncIterableIterator<Event> {
  const ended = new AbortController();
  let keyEnded = false;
  const stopWatching = context.app.access.watchKey(callerOf(context), () => {
    keyEnded = true;
    void end();
  });
  const end = (): Promise<IteratorResult<Event>> => {
    stopWatching();
    ended.abort();
    return source.return?.() ?? Promise.resolve({ done: true, value: undefined });
  };
  return {
    async next() {
      try {
        const event = await source.next();
        if (event.done === true && !keyEnded) {
          stopWatching();
          return event;
        }
        const error = await onceKnown(() => whyNotAllowed(context, scope), ended.signal);
        if (error === 'ended') return { done: true, value: undefined };
        if (error === null) return event;
        throw refusal(error);
      } catch (error) {
        // whoever reads does not call return() after a failure
        await end();
        throw error;
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The answer as soon as the store gives one, unless the asker has ended before. */
async function onceKnown<Answer>(ask: () => Promise<Answer>, ended: AbortSignal): Promise<Answer | 'ended'> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
    }
    await sleep(ASK_AGAIN_MS, undefined, { signal: ended }).catch(() => undefined);
    if (ended.aborted) return 'ended';
  }
}

async function whyNotAllowed(context: Context, scope: Scope): Promise<DomainError | null> {
  const caller = await context.authenticate();
  if (caller instanceof DomainError) return caller;
  if (hasScope(caller, scope) && caller.namespace.id === namespaceOf(context)) return null;
  return new ForbiddenError('The API key may not watch this any more.', 'FORBIDDEN');
}
