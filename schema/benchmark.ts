import type { Benchmark, Configuration } from '../src/evaluations/benchmark.ts';
import { isOver, type Evaluation } from '../src/evaluations/evaluation.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { namespaceOf, type Context } from './context.ts';
import { EvaluationComparisonType } from './evaluation-comparison.ts';
import { EvaluationDatasetType } from './evaluation-dataset.ts';
import { EvaluationType } from './evaluation.ts';
import { FusionEnum } from './stage.ts';

interface Candidate {
  evaluation: Evaluation;
  baseline: Evaluation;
}

/** The evaluations of a benchmark, in that order; they are there as long as it is. */
async function evaluationsOf(ids: readonly string[], context: Context): Promise<Evaluation[]> {
  const found = await context.app.evaluations.get(namespaceOf(context), ids);
  return found.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}

const CandidateType = builder.objectRef<Candidate>('BenchmarkCandidate').implement({
  description: 'One candidate of a benchmark.',
  fields: (t) => ({
    evaluation: t.expose('evaluation', { type: EvaluationType, description: 'Its replay.' }),
    comparison: t.field({
      type: EvaluationComparisonType,
      nullable: true,
      complexity: 20,
      description: 'The replay against the baseline’s, by nDCG; null until both are completed.',
      resolve: ({ evaluation, baseline }, _args, context) =>
        evaluation.status !== 'COMPLETED' || baseline.status !== 'COMPLETED'
          ? null
          : context.app.evaluations.compare(namespaceOf(context), {
              ...{ baselineId: baseline.id, candidateId: evaluation.id, metric: 'ndcg', k: null },
            }),
    }),
  }),
});

const BenchmarkType = builder.objectRef<Benchmark>('Benchmark').implement({
  description:
    'Past sessions, replayed with a baseline and with candidates. What was never shown could not be liked, so a replay favours rankings like the one that was shown: for what a candidate would win, interleave.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    sessionCount: t.exposeInt('sessionCount', { description: 'How many sessions are replayed.' }),
    dataset: t.field({
      type: EvaluationDatasetType,
      nullable: true,
      description: 'Their searches, each judged by what was done with it.',
      resolve: ({ datasetId }, _args, context) => context.app.evaluations.dataset(namespaceOf(context), datasetId, 1),
    }),
    done: t.boolean({
      description: 'Whether every replay is over.',
      resolve: async ({ baselineId, candidateIds }, _args, context) =>
        (await evaluationsOf([baselineId, ...candidateIds], context)).every(isOver),
    }),
    baseline: t.field({
      type: EvaluationType,
      nullable: true,
      description: 'The replay of the baseline.',
      resolve: async ({ baselineId }, _args, context) => (await evaluationsOf([baselineId], context))[0] ?? null,
    }),
    candidates: t.field({
      type: [CandidateType],
      complexity: { field: 1, multiplier: 3 },
      description: 'The candidates, in the order in which they were named.',
      resolve: async ({ baselineId, candidateIds }, _args, context) => {
        const [baseline, ...others] = await evaluationsOf([baselineId, ...candidateIds], context);
        return baseline === undefined ? [] : others.map((evaluation) => ({ evaluation, baseline }));
      },
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was asked for.',
      resolve: ({ createdAt }) => new Date(createdAt),
    }),
  }),
});

const BenchmarkConnection = connectionType('Benchmark', BenchmarkType);

builder.queryFields((t) => ({
  benchmark: t.field({
    type: BenchmarkType,
    nullable: true,
    authScopes: { scope: 'admin' },
    description: 'The benchmark with this id; null where there is none. Scope: ADMIN.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => context.app.evaluations.benchmark(namespaceOf(context), id),
  }),
  benchmarks: t.field({
    type: BenchmarkConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description: 'The benchmarks of the namespace, newest first. Scope: ADMIN.',
    args: pageArguments(t.arg),
    resolve: async (_root, page, context) =>
      toConnection(await context.app.evaluations.benchmarks(namespaceOf(context), pageRequest(page)), page),
  }),
}));

const ConfigurationInput = builder.inputType('ConfigurationInput', {
  description: 'A configuration to measure.',
  fields: (t) => ({
    retrieverId: t.id({ required: true, description: 'The retriever.' }),
    fusion: t.field({ type: FusionEnum, description: 'A fusion in place of its own. Left out: its own.' }),
  }),
});

const RunBenchmarkInput = builder.inputType('RunBenchmarkInput', {
  description: 'Which sessions to replay, and with what.',
  fields: (t) => ({
    baseline: t.field({
      type: ConfigurationInput,
      required: true,
      description: 'What to compare with. The past sessions of its retriever are replayed.',
    }),
    candidates: t.field({ type: [ConfigurationInput], required: true, description: 'What to compare, 1 to 5.' }),
    sessions: t.int({ required: true, defaultValue: 500, description: 'The newest so many, up to 2000.' }),
    days: t.int({ required: true, defaultValue: 30, description: 'How many days back, up to 365.' }),
    kValues: t.intList({
      required: true,
      defaultValue: [1, 5, 10],
      description: 'The cut-offs, each 1 to 1000; at most 20.',
    }),
  }),
});

const RunBenchmarkPayload = builder.objectRef<{ benchmark: Benchmark }>('RunBenchmarkPayload').implement({
  description: 'The replays are queued; they run behind the answer.',
  fields: (t) => ({
    benchmark: t.expose('benchmark', { type: BenchmarkType, description: 'The benchmark.' }),
  }),
});

builder.mutationField('runBenchmark', (t) =>
  t.field({
    type: RunBenchmarkPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Replays past sessions with a baseline and with candidates. Scope: ADMIN.',
    args: { input: t.arg({ type: RunBenchmarkInput, required: true, description: 'What to replay.' }) },
    resolve: async (_root, { input }, context) => ({
      benchmark: await context.app.evaluations.runBenchmark(namespaceOf(context), {
        ...input,
        baseline: toConfiguration(input.baseline),
        candidates: input.candidates.map(toConfiguration),
      }),
    }),
  }),
);

function toConfiguration({ retrieverId, fusion }: typeof ConfigurationInput.$inferInput): Configuration {
  return { retrieverId, fusion: fusion ?? null };
}
