import { hasScope, type Scope } from '../src/access/caller.ts';
import { DomainError, ForbiddenError } from '../src/shared/errors.ts';
import { refusal } from './errors.ts';
import { callerOf, namespaceOf, type Context } from './context.ts';

/**
 * A subscription that lasts as long as its key is good: it asks before each event, and ends where it waits when the key
 * is revoked or expires. A plain iterator, so that `return()` reaches the source at once, also while it waits.
 */
export function whileAllowed<Event>(
  source: AsyncIterableIterator<Event>,
  context: Context,
  scope: Scope,
): AsyncIterableIterator<Event> {
  let keyEnded = false;
  const stopWatching = context.app.access.watchKey(callerOf(context), () => {
    keyEnded = true;
    void end();
  });
  const end = (): Promise<IteratorResult<Event>> => {
    stopWatching();
    return source.return?.() ?? Promise.resolve({ done: true, value: undefined });
  };
  return {
    async next() {
      const event = await source.next();
      if (event.done === true && !keyEnded) {
        stopWatching();
        return event;
      }
      const error = await whyNotAllowed(context, scope);
      if (error === null) return event;
      await end();
      throw refusal(error);
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function whyNotAllowed(context: Context, scope: Scope): Promise<DomainError | null> {
  const caller = await context.authenticate();
  if (caller instanceof DomainError) return caller;
  if (hasScope(caller, scope) && caller.namespace.id === namespaceOf(context)) return null;
  return new ForbiddenError('The API key may not watch this any more.', 'FORBIDDEN');
}
