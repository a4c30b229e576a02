import pThrottle from 'p-throttle';
import { within } from '../../shared/within.ts';

/** So many requests an interval, in the order in which they are wanted. */
export interface RequestTurns {
  /** @returns whether the turn came within `ms`; whoever is late has given it up */
  take(ms: number): Promise<boolean>;
}

/**
 * A throttle that can be left. Whose turn it is is decided when it comes, and no more turns are booked than there is somebody
 * to take them: else searches that have given up would keep those to come waiting, ever longer.
 */
export function createRequestTurns(limit: number, intervalMs: number): RequestTurns {
  const waiting = new Set<() => void>();
  let booked = 0;
  const turn = pThrottle({ limit, interval: intervalMs, strict: false })(() => {
    booked--;
    const [next] = waiting;
    next?.();
  });
  return {
    async take(ms) {
      let go = () => {};
      const come = new Promise<void>((resolve) => {
        go = () => {
          waiting.delete(go);
          resolve();
        };
      });
      waiting.add(go);
      if (booked < waiting.size) {
        booked++;
        void turn();
      }
      if (ms === Infinity) await come;
      else await within(come, ms).catch(() => undefined);
      return !waiting.delete(go);
    },
  };
}
