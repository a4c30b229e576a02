import { createHash } from 'node:crypto';

/** Buckets of a hundredth of a percent. */
const BUCKETS = 10_000;

/** Each decision has a seed of its own, so that who is in the control group says nothing of who is rolled out to. */
export type BucketSeed = 'rollout' | 'control';

/** What is assigned as a whole: a user, else a session, else one search. */
export interface Unit {
  kind: 'user' | 'session' | 'search';
  id: string;
}

/**
 * Where a unit stands for a decision: 0 to 99.99 in steps of 0.01, uniform over units, always the same for the same
 * unit. Below a percentage means in, so whoever is in at 10 % is in at 20 %.
 * Source: Kohavi, Tang and Xu, "Trustworthy Online Controlled Experiments", 2020, ch. 4 (hash-based assignment).
 */
export function bucketOf(seed: BucketSeed, retrieverId: string, unit: Unit): number {
  const key = JSON.stringify([seed, retrieverId, unit.kind, unit.id]);
  // 48 bits: the buckets differ in size by less than one in 10¹⁰
  const hash = createHash('sha256').update(key).digest().readUIntBE(0, 6);
  return (hash % BUCKETS) / 100;
}
