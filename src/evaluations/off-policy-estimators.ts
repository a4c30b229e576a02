import type { Rng } from '../shared/rng.ts';

/** One position of one logged search. */
export interface LoggedPosition {
  /** What the document that stood there earned. */
  reward: number;
  /** The chance that the logging policy put it there, above 0. */
  loggedProbability: number;
  /** The chance that the candidate would. */
  candidateProbability: number;
  /** What a model of rewards expects of it there. */
  predicted: number;
  /** What the model expects of what the candidate would put there. */
  expected: number;
}

export interface Estimate {
  value: number;
  /** 95 % bootstrap interval over searches. */
  low: number;
  high: number;
}

export interface OffPolicyEstimates {
  ips: Estimate;
  snips: Estimate;
  dr: Estimate;
}

const RESAMPLES = 1_000;

/**
 * The reward a search that a candidate would have earned, from searches that another policy ranked. All have the same
 * number of positions, and w = candidate probability / logged probability is a position's importance weight:
 *
 *   IPS    mean over searches of Σₖ w·r
 *   SNIPS  Σₖ (Σ w·r / Σ w), the sums over searches
 *   DR     mean over searches of Σₖ (expected + w·(r − predicted))
 *
 * That is the item-position model, in which the reward at a position depends on the document there alone: Li et al.,
 * "Offline Evaluation of Ranking Policies with Click Models", KDD 2018. Estimators: Horvitz and Thompson, JASA 47(260),
 * 1952; Swaminathan and Joachims, "The Self-Normalized Estimator for Counterfactual Learning", NIPS 2015; Dudík, Langford
 * and Li, "Doubly Robust Policy Evaluation and Learning", ICML 2011. As in the Open Bandit Pipeline (zr-obp), whose
 * SlateIndependentIPS is the first, and whose IPS, SNIPS and DR they are at one position.
 */
export function estimateOffPolicy(searches: readonly (readonly LoggedPosition[])[], rng: Rng): OffPolicyEstimates {
  const positions = searches[0]?.length ?? 0;
  const terms = searches.map((search) => ({
    ips: sumOf(search.map((at) => weightOf(at) * at.reward)),
    dr: sumOf(search.map((at) => at.expected + weightOf(at) * (at.reward - at.predicted))),
    weights: search.map(weightOf),
    weighted: search.map((at) => weightOf(at) * at.reward),
  }));
  const estimate = (sample: readonly (typeof terms)[number][]) => {
    const snips = Array.from({ length: positions }, (_, position) => {
      let [weight, weighted] = [0, 0];
      for (const term of sample) {
        weight += term.weights[position] ?? 0;
        weighted += term.weighted[position] ?? 0;
      }
      return weight === 0 ? 0 : weighted / weight;
    });
    return {
      ips: sumOf(sample.map(({ ips }) => ips)) / sample.length,
      snips: sumOf(snips),
      dr: sumOf(sample.map(({ dr }) => dr)) / sample.length,
    };
  };
  const resampled = Array.from({ length: RESAMPLES }, () =>
    estimate(terms.map(() => terms[Math.floor(rng.next() * terms.length)] as (typeof terms)[number])),
  );
  const value = estimate(terms);
  const withInterval = (name: 'ips' | 'snips' | 'dr'): Estimate => {
    const sorted = resampled.map((one) => one[name]).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.round(share * (RESAMPLES - 1))] ?? 0;
    return { value: value[name], low: at(0.025), high: at(0.975) };
  };
  return { ips: withInterval('ips'), snips: withInterval('snips'), dr: withInterval('dr') };
}

/**
 * How many searches ranked by the candidate itself the logged ones are worth, at the position where it is least:
 * (Σw)² / Σw². Source: Kish, "Survey Sampling", 1965.
 */
export function effectiveSampleSize(searches: readonly (readonly LoggedPosition[])[]): number {
  const positions = searches[0]?.length ?? 0;
  const sizes = Array.from({ length: positions }, (_, position) => {
    const weights = searches.map((search) => weightOf(search[position] as LoggedPosition));
    const squares = sumOf(weights.map((weight) => weight ** 2));
    return squares === 0 ? 0 : sumOf(weights) ** 2 / squares;
  });
  return Math.min(...sizes, searches.length);
}

function weightOf({ candidateProbability, loggedProbability }: LoggedPosition): number {
  return candidateProbability / loggedProbability;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
