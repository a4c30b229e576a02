import type { EvaluationMetric } from '../gql/graphql.ts';

/** As people write them. */
export const metricNames: Readonly<Record<EvaluationMetric, string>> = {
  NDCG: 'nDCG',
  MRR: 'MRR',
  MAP: 'MAP',
  PRECISION: 'Precision',
  RECALL: 'Recall',
  F1: 'F1',
  JUDGED: 'Judged',
};
