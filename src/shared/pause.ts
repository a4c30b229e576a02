import { setTimeout as sleep } from 'node:timers/promises';

/** Returns after so many milliseconds, or as soon as it is aborted; at once for none. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
}
