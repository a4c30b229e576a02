import { percentile } from '../benchmark.ts';

export function spread(valuesMs: readonly number[]): { p50Ms: number; p95Ms: number; p99Ms: number } {
  return { p50Ms: percentile(valuesMs, 50), p95Ms: percentile(valuesMs, 95), p99Ms: percentile(valuesMs, 99) };
}

/** How long it takes, in milliseconds. */
export async function timed<Result>(work: () => Promise<Result>): Promise<{ ms: number; result: Result }> {
  const startedAt = performance.now();
  const result = await work();
  return { ms: performance.now() - startedAt, result };
}

/** Calls a second that so many clients get through, each of which sends the next one when it has the answer. */
export async function perSecond(
  call: (number: number) => Promise<unknown>,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<number> {
  let calls = 0;
  const startedAt = performance.now();
  const until = startedAt + 1_000 * seconds;
  const client = async () => {
    while (performance.now() < until) await call(calls++);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return Number(((1_000 * calls) / (performance.now() - startedAt)).toPrecision(3));
}
