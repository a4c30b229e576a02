import { isRelevant, type Judgments } from './judgment.ts';

/** What one ranking is worth at one cut-off. All but `k` from 0 to 1. */
export interface MetricsAtK {
  k: number;
  precision: number;
  recall: number;
  f1: number;
  /** Average precision; over several queries its mean is MAP. */
  map: number;
  ndcg: number;
  /** Reciprocal rank; over several queries its mean is MRR. */
  mrr: number;
  /** The share of the first k hits that somebody judged: where it is low, the other figures are lower bounds. */
  judged: number;
}

export const metricNames = ['precision', 'recall', 'f1', 'map', 'ndcg', 'mrr', 'judged'] as const;
export type MetricName = (typeof metricNames)[number];

/**
 * The metrics of one ranking, as trec_eval defines them (P, recall, map_cut, ndcg_cut, recip_rank; NIST, trec_eval 9):
 *
 * - A document that was not judged is not relevant.
 * - A list shorter than k counts as if filled up with documents that are not relevant: precision divides by k.
 * - Average precision divides by the number of relevant documents there are, though there be more of them than k.
 * - Without a relevant document every metric is 0, and the query counts in the mean.
 * - The order of the ranking is taken as it was shown. (trec_eval sorts a run file itself, by score and then by document
 *   id backwards: to compare, give it the rank as the score.)
 *
 * @param ranking document ids, best first, each once
 * @param kValues each a whole number of at least 1
 */
export function rankingMetrics(
  ranking: readonly string[],
  judgments: Judgments,
  kValues: readonly number[],
): MetricsAtK[] {
  const gains = ranking.map((documentId) => judgments.get(documentId) ?? 0);
  const ideal = [...judgments.values()].sort((a, b) => b - a);
  const relevant = ideal.filter(isRelevant).length;
  return kValues.map((k) => {
    const shown = gains.slice(0, k);
    const found = shown.filter(isRelevant).length;
    const precision = found / k;
    const recall = relevant === 0 ? 0 : found / relevant;
    const firstRelevant = shown.findIndex(isRelevant);
    const idealGain = discountedGain(ideal.slice(0, k));
    const judged = ranking.slice(0, k).filter((documentId) => judgments.has(documentId)).length;
    return {
      k,
      precision,
      recall,
      f1: harmonicMean(precision, recall),
      map: relevant === 0 ? 0 : sumOfPrecisions(shown) / relevant,
      ndcg: idealGain === 0 ? 0 : discountedGain(shown) / idealGain,
      mrr: firstRelevant === -1 ? 0 : 1 / (firstRelevant + 1),
      judged: shown.length === 0 ? 0 : judged / shown.length,
    };
  });
}

/** The mean over queries, at each k; every query has the same ones. Of no query: none. */
export function meanMetrics(queries: readonly (readonly MetricsAtK[])[]): MetricsAtK[] {
  const [first = []] = queries;
  return first.map(({ k }, index) => {
    const mean = (name: MetricName) =>
      queries.reduce((sum, metrics) => sum + (metrics[index]?.[name] ?? 0), 0) / queries.length;
    return {
      k,
      precision: mean('precision'),
      recall: mean('recall'),
      f1: mean('f1'),
      map: mean('map'),
      ndcg: mean('ndcg'),
      mrr: mean('mrr'),
      judged: mean('judged'),
    };
  });
}

/**
 * Σ gain / log2(rank + 1), rank from 1, with the grade itself as the gain, as in trec_eval's ndcg_cut (not 2^grade − 1).
 * Source: Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", ACM TOIS 20(4), 2002, with the
 * discount of Burges et al., ICML 2005.
 */
function discountedGain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, index) => sum + grade / Math.log2(index + 2), 0);
}

/** Source: Buckley and Voorhees, "Evaluating Evaluation Measure Stability", SIGIR 2000. */
function sumOfPrecisions(grades: readonly number[]): number {
  let found = 0;
  let sum = 0;
  for (const [index, grade] of grades.entries()) {
    if (isRelevant(grade)) sum += ++found / (index + 1);
  }
  return sum;
}

/** Source: van Rijsbergen, "Information Retrieval", 1979, chapter 7 (F with β = 1). */
function harmonicMean(precision: number, recall: number): number {
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}
