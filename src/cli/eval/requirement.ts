import type { Metrics } from './run-evaluations.ts';

export const metricNames = ['ndcg', 'mrr', 'map', 'precision', 'recall', 'f1', 'judged'] as const;
export type MetricName = (typeof metricNames)[number];

/** `ndcg@10=0.7`: what an evaluation has to reach. */
export interface Requirement {
  metric: MetricName;
  k: number;
  least: number;
}

/** Null: it is not of that form. */
export function parseRequirement(text: string): Requirement | null {
  const [, name = '', k, least] = /^([a-z0-9]+)@(\d{1,4})=(0|1|0?\.\d+|1\.0+)$/.exec(text.toLowerCase()) ?? [];
  const metric = metricNames.find((known) => known === name);
  return metric === undefined || Number(k) < 1 ? null : { metric, k: Number(k), least: Number(least) };
}

/** What is not reached, in words; the metrics have to be there at every k that is named. */
export function unmet(requirements: readonly Requirement[], metrics: readonly Metrics[]): string[] {
  return requirements.flatMap(({ metric, k, least }) => {
    const reached = metrics.find((one) => one.k === k)?.[metric] ?? 0;
    return reached >= least ? [] : [`${metric}@${k} is ${reached.toFixed(4)}, and must be ${least} or more.`];
  });
}
