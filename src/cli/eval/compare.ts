import type { Send } from '../api.ts';

export interface Comparison {
  metric: string;
  k: number;
  verdict: 'BETTER' | 'WORSE' | 'NO_DIFFERENCE_SHOWN';
  /** The verdict in words. */
  summary: string;
  difference: number;
  low: number;
  high: number;
  pValue: number;
  wins: number;
  ties: number;
  losses: number;
}

/** @param metric as the API names it @param k null: 10, or the largest below */
export async function compare(
  send: Send,
  which: { baselineId: string; candidateId: string; metric: string; k: number | null },
): Promise<Comparison> {
  const query = `query ($baselineId: ID!, $candidateId: ID!, $metric: EvaluationMetric!, $k: Int) {
    compareEvaluations(baselineId: $baselineId, candidateId: $candidateId, metric: $metric, k: $k) {
      metric k verdict summary difference low high pValue wins ties losses
    }
  }`;
  return (await send<{ compareEvaluations: Comparison }>(query, which)).compareEvaluations;
}
