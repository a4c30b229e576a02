import type {
  EvaluationComparison,
  MetricDifference,
  QueryDifference,
} from '../src/evaluations/compare-evaluations.ts';
import type { MetricName } from '../src/evaluations/ranking-metrics.ts';
import type { Verdict } from '../src/evaluations/verdict.ts';
import { builder } from './builder.ts';
import { namespaceOf } from './context.ts';
import { EvaluationType } from './evaluation.ts';

export const MetricEnum = builder.enumType('EvaluationMetric', {
  description: 'A measure of a ranking: see EvaluationMetrics.',
  values: {
    PRECISION: { value: 'precision' satisfies MetricName, description: 'Precision.' },
    RECALL: { value: 'recall' satisfies MetricName, description: 'Recall.' },
    F1: { value: 'f1' satisfies MetricName, description: 'F1.' },
    MAP: { value: 'map' satisfies MetricName, description: 'Mean average precision.' },
    NDCG: { value: 'ndcg' satisfies MetricName, description: 'Normalised discounted cumulative gain.' },
    MRR: { value: 'mrr' satisfies MetricName, description: 'Mean reciprocal rank.' },
    JUDGED: { value: 'judged' satisfies MetricName, description: 'The share of hits that somebody judged.' },
  } as const,
});

export const VerdictEnum = builder.enumType('EvaluationVerdict', {
  description: 'What a comparison shows.',
  values: {
    BETTER: { description: 'The candidate is better: p below 0.05, and the interval is above 0.' },
    WORSE: { description: 'The candidate is worse: p below 0.05, and the interval is below 0.' },
    NO_DIFFERENCE_SHOWN: { description: 'Neither is shown, which does not show that they are equal.' },
  } as const satisfies Record<Verdict, object>,
});

const QueryDifferenceType = builder.objectRef<QueryDifference>('QueryDifference').implement({
  description: 'One query under both.',
  fields: (t) => ({
    queryId: t.exposeString('queryId', { description: 'Its name in the dataset.' }),
    inputs: t.field({ type: 'JSON', description: 'What was searched with.', resolve: (query) => query.inputs }),
    baseline: t.exposeFloat('baseline', { description: 'The metric under the baseline.' }),
    candidate: t.exposeFloat('candidate', { description: 'The metric under the candidate.' }),
    difference: t.exposeFloat('difference', { description: 'Candidate − baseline.' }),
  }),
});

const MetricDifferenceType = builder.objectRef<MetricDifference>('MetricDifference').implement({
  description: 'The means of one metric under both.',
  fields: (t) => ({
    metric: t.expose('metric', { type: MetricEnum, description: 'The metric.' }),
    k: t.exposeInt('k', { description: 'The cut-off.' }),
    baseline: t.exposeFloat('baseline', { description: 'The mean under the baseline.' }),
    candidate: t.exposeFloat('candidate', { description: 'The mean under the candidate.' }),
    difference: t.exposeFloat('difference', { description: 'Candidate − baseline.' }),
  }),
});

export const EvaluationComparisonType = builder.objectRef<EvaluationComparison>('EvaluationComparison').implement({
  description: 'Two evaluations on the same queries, query by query.',
  fields: (t) => ({
    baseline: t.expose('baseline', { type: EvaluationType, description: 'What is compared with.' }),
    candidate: t.expose('candidate', { type: EvaluationType, description: 'What is compared.' }),
    metric: t.expose('metric', { type: MetricEnum, description: 'The metric that decides.' }),
    k: t.exposeInt('k', { description: 'Its cut-off.' }),
    baselineMean: t.exposeFloat('baselineMean', { description: 'Its mean under the baseline.' }),
    candidateMean: t.exposeFloat('candidateMean', { description: 'Its mean under the candidate.' }),
    observations: t.exposeInt('count', {
      description: 'How many independent differences there are: queries, or sessions where sessions were replayed.',
    }),
    difference: t.exposeFloat('mean', { description: 'Their mean, candidate − baseline.' }),
    low: t.exposeFloat('low', { description: 'The lower end of its 95 % interval (paired bootstrap).' }),
    high: t.exposeFloat('high', { description: 'The upper end of its 95 % interval (paired bootstrap).' }),
    pValue: t.exposeFloat('pValue', {
      description: 'How often a mean difference as large comes by chance where there is none (randomisation test).',
    }),
    smallestDetectable: t.exposeFloat('smallestDetectable', {
      nullable: true,
      description:
        'The true difference that a comparison of this size finds four times in five; null where that cannot be told.',
    }),
    wins: t.exposeInt('wins', { description: 'Queries on which the candidate is better.' }),
    ties: t.exposeInt('ties', { description: 'Queries on which both are equal.' }),
    losses: t.exposeInt('losses', { description: 'Queries on which the baseline is better.' }),
    verdict: t.expose('verdict', { type: VerdictEnum, description: 'What that shows.' }),
    summary: t.exposeString('summary', { description: 'The verdict in words, with its figures.' }),
    changedMost: t.field({
      type: [QueryDifferenceType],
      description: 'Up to ten queries, the largest differences first.',
      resolve: ({ changedMost }) => [...changedMost],
    }),
    metrics: t.field({
      type: [MetricDifferenceType],
      complexity: { field: 1, multiplier: 28 },
      description: 'The means of every metric at every k that both have.',
      resolve: ({ metrics }) => [...metrics],
    }),
  }),
});

builder.queryField('compareEvaluations', (t) =>
  t.field({
    type: EvaluationComparisonType,
    authScopes: { scope: 'admin' },
    complexity: 20,
    description: 'Whether one evaluation is better than another of the same dataset. Scope: ADMIN.',
    args: {
      baselineId: t.arg.id({ required: true, description: 'The evaluation to compare with.' }),
      candidateId: t.arg.id({ required: true, description: 'The evaluation to compare.' }),
      metric: t.arg({
        type: MetricEnum,
        required: true,
        defaultValue: 'ndcg',
        description: 'The metric that decides. Choose it before you look.',
      }),
      k: t.arg.int({ description: 'Its cut-off. Left out: 10, or the largest below that both have.' }),
    },
    resolve: (_root, { k, ...args }, context) =>
      context.app.evaluations.compare(namespaceOf(context), { ...args, k: k ?? null }),
  }),
);
