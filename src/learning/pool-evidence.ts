import type { Evidence } from './evidence.ts';
import type { ArmTotals, ContextTotals } from './posterior-store.ts';

/** Totals of one context that another borrows from, and how much each of its sums counts there. */
export interface Borrowed {
  totals: ContextTotals | null;
  share: number;
}

/** What decides the weights of a context. */
export interface PooledTotals {
  arms: ReadonlyMap<string, ArmTotals>;
  /** On the retriever's features as they are now; null: none. */
  evidence: Evidence | null;
}

/**
 * A context's own sums and shares of others': what a wider context has learned becomes the prior of a narrower one, worth so
 * many interactions. Source of the idea: Gelman et al., "Bayesian Data Analysis", 2013, 5 (partial pooling).
 */
export function poolTotals(own: ContextTotals | null, borrowed: readonly Borrowed[], basis: string): PooledTotals {
  let evidence: number[] | null = null;
  for (const { totals, share } of [{ totals: own, share: 1 }, ...borrowed]) {
    if (totals === null || share === 0) continue;
    const sums = totals.evidence.find((known) => known.basis === basis)?.sums;
    if (sums !== undefined) evidence = sums.map((sum, index) => share * sum + (evidence?.[index] ?? 0));
  }
  return { arms: poolArms(own, borrowed), evidence: evidence === null ? null : { basis, sums: evidence } };
}

/** The arms of `poolTotals` alone. */
export function poolArms(own: ContextTotals | null, borrowed: readonly Borrowed[]): ReadonlyMap<string, ArmTotals> {
  const arms = new Map<string, ArmTotals>();
  for (const { totals, share } of [{ totals: own, share: 1 }, ...borrowed]) {
    if (totals === null || share === 0) continue;
    for (const [featureUri, { rewards, failures }] of totals.arms) {
      const sum = arms.get(featureUri) ?? { rewards: 0, failures: 0 };
      arms.set(featureUri, { rewards: sum.rewards + share * rewards, failures: sum.failures + share * failures });
    }
  }
  return arms;
}

/**
 * The share of a wider context's sums that is worth `pooling` interactions, at most all of them: of those that have not
 * faded, as the sums have.
 */
export function pooledShare(wider: ContextTotals | null, pooling: number): number {
  if (wider === null || wider.interactions <= 0 || pooling === 0) return 0;
  return Math.min(1, pooling / Math.max(0, wider.faded ?? wider.interactions));
}
