import { setTimeout as sleep } from 'node:timers/promises';

/** What `work` comes to, unless that takes longer than `ms`; it goes on by itself then. @throws Error when it is late */
export async function within<Result>(work: Promise<Result>, ms: number): Promise<Result> {
  const inTime = new AbortController();
  const late = sleep(ms, undefined, { signal: inTime.signal }).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  late.catch(() => {}); // its own abort
  work.catch(() => {}); // nobody waits for it once it is late
  try {
    return await Promise.race([work, late]);
  } finally {
    inTime.abort();
  }
}
