/** Buckets a doubling: each is 2.2 % wide, so a quantile is off by 1.1 % at the most. */
const BUCKETS_A_DOUBLING = 32;

/** Bucket → durations in it; bucket n stands for 2^(n / 32) milliseconds. */
export type LatencyHistogram = ReadonlyMap<number, number>;

/**
 * The duration, in milliseconds, that a share of all durations does not exceed; null where there is none. Counts add up
 * exactly, in whatever order and however often parts of them are merged, which sketches do not.
 * @param share 0 to 1
 */
export function latencyQuantile(histogram: LatencyHistogram, share: number): number | null {
  const total = [...histogram.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const [bucket, count] of [...histogram].sort(([one], [other]) => one - other)) {
    seen += count;
    if (seen >= rank) return 2 ** (bucket / BUCKETS_A_DOUBLING);
  }
  return null;
}
