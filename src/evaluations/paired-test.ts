import type { Rng } from '../shared/rng.ts';

const RESAMPLES = 5_000;
/** Up to here every assignment of signs is counted out. */
const EXACT_UP_TO = 12;
/** Differences of sums of floating-point numbers; no metric is as fine. */
const DUST = 1e-12;

export interface PairedTest {
  /** Observations. */
  count: number;
  mean: number;
  /** 95 % bootstrap interval of the mean; both its ends are the mean where there is one observation. */
  low: number;
  high: number;
  /** Two-sided; 1 where no observation differs. */
  pValue: number;
  /**
   * The true difference that a test of this many observations, as spread as these, finds four times in five; null where
   * their spread says nothing (fewer than two, or all the same).
   */
  smallestDetectable: number | null;
}

/**
 * What paired differences say of the mean difference. The same differences and seed give the same figures.
 *
 * - The interval is the percentile bootstrap over observations: Efron and Tibshirani, "An Introduction to the Bootstrap",
 *   1993, chapter 13.
 * - The p-value is the randomisation test of the hypothesis that the two sides could change places in every pair: Smucker,
 *   Allan and Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval Evaluation", CIKM
 *   2007. With few pairs all assignments of signs are counted out, else 5,000 are drawn, and the observed one counts too.
 * - The smallest detectable difference is (z₀.₉₇₅ + z₀.₈) · s / √n, for 5 % significance and 80 % power: Cohen,
 *   "Statistical Power Analysis for the Behavioral Sciences", 1988, chapter 2.
 */
export function testPairs(differences: readonly number[], rng: Rng): PairedTest {
  const count = differences.length;
  const mean = meanOf(differences);
  return {
    count,
    mean,
    ...bootstrap(differences, rng),
    pValue: randomise(differences, rng),
    ...detectable(differences),
  };
}

function bootstrap(differences: readonly number[], rng: Rng): { low: number; high: number } {
  const means = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let sum = 0;
    for (let draw = 0; draw < differences.length; draw++) {
      sum += differences[Math.floor(rng.next() * differences.length)] ?? 0;
    }
    means[resample] = sum / differences.length;
  }
  means.sort();
  const at = (share: number) => means[Math.round(share * (RESAMPLES - 1))] ?? 0;
  return { low: at(0.025), high: at(0.975) };
}

function randomise(differences: readonly number[], rng: Rng): number {
  const changed = differences.filter((difference) => Math.abs(difference) > DUST);
  if (changed.length === 0) return 1;
  const observed = Math.abs(sumOf(changed)) - DUST;
  if (changed.length <= EXACT_UP_TO) {
    const assignments = 2 ** changed.length;
    let extreme = 0;
    for (let signs = 0; signs < assignments; signs++) {
      const sum = changed.reduce((total, value, index) => total + ((signs >> index) & 1 ? -value : value), 0);
      if (Math.abs(sum) >= observed) extreme++;
    }
    return extreme / assignments;
  }
  let extreme = 1;
  for (let resample = 0; resample < RESAMPLES; resample++) {
    let sum = 0;
    for (const value of changed) sum += rng.next() < 0.5 ? -value : value;
    if (Math.abs(sum) >= observed) extreme++;
  }
  return extreme / (RESAMPLES + 1);
}

function detectable(differences: readonly number[]): { smallestDetectable: number | null } {
  const count = differences.length;
  const mean = meanOf(differences);
  const squares = sumOf(differences.map((difference) => (difference - mean) ** 2));
  if (count < 2 || squares <= DUST ** 2) return { smallestDetectable: null };
  return { smallestDetectable: (1.959964 + 0.841621) * Math.sqrt(squares / (count - 1) / count) };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length;
}
