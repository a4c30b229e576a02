/** What the learned fusion brought over the static one, among searches that chance assigned. */
export interface Uplift {
  learned: number;
  baseline: number;
  /** learned / baseline − 1; null where there is nothing to divide by, as are the next two. */
  relative: number | null;
  /** Its 95 % interval. */
  low: number | null;
  high: number | null;
  verdict: 'BETTER' | 'WORSE' | 'NO_DIFFERENCE_SHOWN' | 'NOTHING_TO_COMPARE';
}

export interface Rate {
  hits: number;
  trials: number;
}

/** The 97.5 % quantile of the normal distribution. */
const Z = 1.959964;

/**
 * The ratio of two rates with its 95 % interval, which is taken on its logarithm. Searches count as independent: where
 * few people search much, the true interval is wider.
 * Source: Katz et al., "Obtaining Confidence Intervals for the Risk Ratio in Cohort Studies", Biometrics 34, 1978.
 */
export function upliftOf(learned: Rate, baseline: Rate): Uplift {
  const rates = { learned: rateOf(learned), baseline: rateOf(baseline) };
  if (learned.trials === 0 || baseline.hits === 0) {
    return { ...rates, relative: null, low: null, high: null, verdict: 'NOTHING_TO_COMPARE' };
  }
  const ratio = rates.learned / rates.baseline;
  if (learned.hits === 0) return { ...rates, relative: -1, low: null, high: null, verdict: 'NO_DIFFERENCE_SHOWN' };
  const variance = 1 / learned.hits - 1 / learned.trials + 1 / baseline.hits - 1 / baseline.trials;
  const margin = Z * Math.sqrt(variance);
  const low = ratio * Math.exp(-margin) - 1;
  const high = ratio * Math.exp(margin) - 1;
  const verdict = low > 0 ? 'BETTER' : high < 0 ? 'WORSE' : 'NO_DIFFERENCE_SHOWN';
  return { ...rates, relative: ratio - 1, low, high, verdict };
}

function rateOf({ hits, trials }: Rate): number {
  return trials === 0 ? 0 : hits / trials;
}
