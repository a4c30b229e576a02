import type { ExecutedHit } from '../search/execution.ts';

/** Searches that a cell of the model is given on top, at the mean of its position: a cell of few must not run wild. */
const SHRINKAGE = 10;
const BUCKETS = 4;

/** What a document is expected to earn at a position. */
export type RewardModel = (position: number, hit: ExecutedHit) => number;

export interface ObservedSearch {
  hits: readonly ExecutedHit[];
  /** One a position. */
  rewards: readonly number[];
}

/**
 * The mean reward by position and by how strongly the features speak for the document (four buckets of its mean
 * normalised score), drawn towards the mean of the position. Plain on purpose: a doubly robust estimate is unbiased
 * whatever the model says, and gains by it where it says something.
 */
export function fitRewardModel(searches: readonly ObservedSearch[], k: number): RewardModel {
  const sums = Array.from({ length: k * (BUCKETS + 1) }, () => ({ reward: 0, count: 0 }));
  const cell = (position: number, bucket: number) => sums[position * (BUCKETS + 1) + bucket];
  for (const { hits, rewards } of searches) {
    for (let position = 0; position < k; position++) {
      const hit = hits[position];
      if (hit === undefined) break;
      for (const bucket of [bucketOf(hit), BUCKETS]) {
        const sum = cell(position, bucket);
        if (sum === undefined) continue;
        sum.reward += rewards[position] ?? 0;
        sum.count += 1;
      }
    }
  }
  return (position, hit) => {
    const whole = cell(position, BUCKETS);
    const own = cell(position, bucketOf(hit));
    const mean = whole === undefined || whole.count === 0 ? 0 : whole.reward / whole.count;
    return own === undefined ? mean : (own.reward + SHRINKAGE * mean) / (own.count + SHRINKAGE);
  };
}

function bucketOf({ features }: ExecutedHit): number {
  const mean = features.reduce((sum, { normalizedScore }) => sum + normalizedScore, 0) / Math.max(1, features.length);
  return Math.min(BUCKETS - 1, Math.max(0, Math.floor(mean * BUCKETS)));
}
