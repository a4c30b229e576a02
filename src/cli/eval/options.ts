import type { ApiOptions } from '../api.ts';
import type { MetricName, Requirement } from './requirement.ts';

export const fusions = ['RRF', 'DBSF', 'WEIGHTED', 'MAX', 'LEARNED'] as const;
export type FusionName = (typeof fusions)[number];

export interface EvalOptions extends ApiOptions {
  /** Id, name or file. */
  dataset: string;
  fusion?: FusionName;
  k?: number[];
  limit?: number;
  heldOut?: boolean;
  /** A fusion, or a retriever's id or name. */
  compare?: string;
  metric: MetricName;
  at?: number;
  mustWin?: boolean;
  min?: Requirement[];
  json?: boolean;
}
