import type { Client as Socket } from 'graphql-ws';
import { fromSubscription, type AttuneError } from './attune-error.ts';
import { backoffMs, provenMs } from './backoff.ts';
import { watchSubscription } from './operations.ts';
import type { RandomSource, TimerClock } from './surroundings.ts';
import type { LearnedWeights } from './types.ts';

export interface WatchOptions {
  /** As this user gets them, or else this segment. Left out: nobody in particular. */
  userId?: string | null;
  segment?: string | null;
  /** The last version that was seen: nothing comes until there is a newer one. */
  after?: string | null;
  /** Stops watching. */
  signal?: AbortSignal;
  /** Called once where it ends by itself: with the reason, or with null where the retriever was deleted. */
  onEnd?: (error: AttuneError | null) => void;
}

export interface WatchDeps {
  socket(): Socket;
  /** Stops all watching. */
  closing: AbortSignal;
  clock: TimerClock;
  random: RandomSource;
}

/**
 * Calls the listener with the weights as they are now, and again whenever they change, over whatever breaks in between:
 * after each break it goes on behind the last version seen, so that no state comes twice.
 * @returns stops watching
 */
export function watchWeights(
  deps: WatchDeps,
  retrieverId: string,
  { userId = null, segment = null, after = null, signal, onEnd = () => undefined }: WatchOptions,
  listener: (weights: LearnedWeights) => void,
): () => void {
  const signals = signal === undefined ? [deps.closing] : [deps.closing, signal];
  let last = after;
  let failures = 0;
  /** Ends what is under way: a subscription, or a wait for the next. */
  let leave = () => {};
  const stop = () => {
    leave();
    for (const stopping of signals) stopping.removeEventListener('abort', stop);
  };

  function subscribe(): void {
    const since = deps.clock.now();
    let over = false;
    const once = (run: () => void) => {
      if (over) return;
      over = true;
      run();
    };
    const fail = (reason: unknown) => once(() => recover(fromSubscription(reason), deps.clock.now() - since));
    const variables = { retrieverId, userId, segment, after: last };
    const unsubscribe = deps.socket().subscribe<{ learnedWeights: LearnedWeights }>(
      { query: watchSubscription, variables },
      {
        next({ data, errors }) {
          const weights = data?.learnedWeights;
          if (weights === undefined) return fail(errors);
          failures = 0;
          if (over || (last !== null && weights.version <= last)) return;
          last = weights.version;
          listener(weights);
        },
        error: fail,
        complete: () => once(() => end(null)),
      },
    );
    leave = () => once(unsubscribe);
  }

  function recover(error: AttuneError, lastedMs: number): void {
    if (!error.retryable) return end(error);
    failures = lastedMs > provenMs ? 1 : failures + 1;
    leave = deps.clock.after(error.retryAfterMs ?? backoffMs(failures, deps.random()), subscribe);
  }

  function end(error: AttuneError | null): void {
    stop();
    onEnd(error);
  }

  if (signal?.aborted) return stop;
  for (const stopping of signals) stopping.addEventListener('abort', stop);
  subscribe();
  return stop;
}
