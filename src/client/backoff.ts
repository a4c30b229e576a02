/** Doubles from half a second to half a minute. */
const firstMs = 500;
const longestMs = 30_000;

/**
 * How long to wait before trying again, in milliseconds.
 * @param failures how often it has failed in a row, from 1
 * @param random uniform on [0, 1): clients that lost the server together do not come back together
 */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10));
  return whole * (0.5 + random / 2);
}

/** A connection that held so long has proven itself: the next failure is a first one again. */
export const provenMs = longestMs;
