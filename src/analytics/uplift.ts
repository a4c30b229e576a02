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
 * few people search much, the true interval is wider. Where one side has no hit, the verdict is that of the interval with a
 * half added to each count.
 * Source: Katz et al., "Obtaining Confidence Intervals for the Risk Ratio in Cohort Studies", Biometrics 34, 1978; Walter, "The
 * Distribution of Levin's Measure of Attributable Risk", Biometrika 62, 1975, for the half.
 */
export function upliftOf(learned: Rate, baseline: Rate): Uplift {
  const rates = { learned: rateOf(learned), baseline: rateOf(baseline) };
  if (learned.trials === 0 || baseline.trials === 0) {
    return { ...rates, relative: null, low: null, high: null, verdict: 'NOTHING_TO_COMPARE' };
  }
  if (learned.hits > 0 && baseline.hits > 0) {
    const { low, high } = intervalOf(learned, baseline);
    return { ...rates, relative: rates.learned / rates.baseline - 1, low, high, verdict: verdictOf(low, high) };
  }
  const { low, high } = intervalOf(halfMore(learned), halfMore(baseline));
  return { ...rates, relative: baseline.hits > 0 ? -1 : null, low: null, high: null, verdict: verdictOf(low, high) };
}

function intervalOf(learned: Rate, baseline: Rate): { low: number; high: number } {
  const ratio = rateOf(learned) / rateOf(baseline);
  const variance = 1 / learned.hits - 1 / learned.trials + 1 / baseline.hits - 1 / baseline.trials;
  const margin = Z * Math.sqrt(variance);
  return { low: ratio * Math.exp(-margin) - 1, high: ratio * Math.exp(margin) - 1 };
}

function verdictOf(low: number, high: number): Uplift['verdict'] {
  if (low > 0) return 'BETTER';
  return high < 0 ? 'WORSE' : 'NO_DIFFERENCE_SHOWN';
}

function halfMore({ hits, trials }: Rate): Rate {
  return { hits: hits + 0.5, trials: trials + 0.5 };
}

function rateOf({ hits, trials }: Rate): number {
  return trials === 0 ? 0 : hits / trials;
}
