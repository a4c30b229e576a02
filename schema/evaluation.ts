import type { EvaluatedQuery } from '../src/evaluations/evaluated-queries.ts';
import { estimateRemainingMs, type Evaluation, type EvaluationStatus } from '../src/evaluations/evaluation.ts';
import type { MetricsAtK } from '../src/evaluations/ranking-metrics.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { namespaceOf } from './context.ts';
import { EvaluationDatasetType } from './evaluation-dataset.ts';
import { FusionEnum } from './stage.ts';
import { whileAllowed } from './while-allowed.ts';

const EvaluationStatusEnum = builder.enumType('EvaluationStatus', {
  description: 'How far an evaluation is.',
  values: {
    QUEUED: { description: 'It waits for its turn.' },
    RUNNING: { description: 'It runs, or goes on as soon as a server takes it up again.' },
    COMPLETED: { description: 'Every query is done.' },
    CANCELLED: { description: 'It was cancelled; what was done is kept.' },
    FAILED: { description: 'It broke off for good: see `error`.' },
  } as const satisfies Record<EvaluationStatus, object>,
});

const MetricsType = builder.objectRef<MetricsAtK>('EvaluationMetrics').implement({
  description: 'What a ranking is worth by its first k hits, as trec_eval defines it. All but k are 0 to 1.',
  fields: (t) => ({
    k: t.exposeInt('k', { description: 'The cut-off.' }),
    precision: t.exposeFloat('precision', { description: 'The share of the first k that is relevant.' }),
    recall: t.exposeFloat('recall', { description: 'The share of the relevant documents that is among the first k.' }),
    f1: t.exposeFloat('f1', { description: 'The harmonic mean of both.' }),
    map: t.exposeFloat('map', {
      description: 'Average precision: precision at each relevant hit, over all relevant documents. Its mean is MAP.',
    }),
    ndcg: t.exposeFloat('ndcg', {
      description: 'Discounted gain over that of the ideal order; the gain is the grade itself.',
    }),
    mrr: t.exposeFloat('mrr', { description: 'One over the rank of the first relevant hit. Its mean is MRR.' }),
    judged: t.exposeFloat('judged', {
      description: 'The share of the first k hits that somebody judged: where it is low, the rest are lower bounds.',
    }),
  }),
});

const ProgressType = builder.objectRef<Evaluation>('EvaluationProgress').implement({
  description: 'How much is done.',
  fields: (t) => ({
    done: t.exposeInt('doneCount', { description: 'Queries that are done.' }),
    total: t.exposeInt('queryCount', { description: 'Queries there are.' }),
    failed: t.exposeInt('failedCount', {
      description:
        'Queries that the retriever refused, which count as having found nothing, or that one of its features could not read, of which the others count: see `error` of each.',
    }),
    fraction: t.float({ description: '0 to 1.', resolve: ({ doneCount, queryCount }) => doneCount / queryCount }),
    remainingMs: t.float({
      nullable: true,
      description: 'Milliseconds that are left, if it goes on as it went; null before the first query is done.',
      resolve: estimateRemainingMs,
    }),
  }),
});

const EvaluatedQueryType = builder.objectRef<EvaluatedQuery>('EvaluatedQuery').implement({
  description: 'A query and what the retriever made of it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, of the version of the dataset.' }),
    queryId: t.exposeString('queryId', { description: 'Its name in the dataset.' }),
    inputs: t.field({ type: 'JSON', description: 'What was searched with.', resolve: (query) => query.inputs }),
    ranking: t.idList({
      nullable: true,
      description: 'Document ids, best first; null where it is not done, or not measured.',
      resolve: ({ result }) => (result === null ? null : [...result.ranking]),
    }),
    metrics: t.field({
      type: [MetricsType],
      nullable: true,
      complexity: { field: 1, multiplier: 4 },
      description: 'One a k; null where it is not done, or not measured.',
      resolve: ({ result }) => (result === null ? null : [...result.metrics]),
    }),
    error: t.string({
      nullable: true,
      description:
        'Why the retriever refused it, or why one of its features could not read it; null where all of it ran.',
      resolve: ({ result }) => result?.error ?? null,
    }),
  }),
});

const EvaluatedQueryConnection = connectionType('EvaluatedQuery', EvaluatedQueryType, 'in the dataset’s order');

export const EvaluationType = builder.objectRef<Evaluation>('Evaluation').implement({
  description:
    'A retriever measured on judged queries. Its searches are no executions: nothing learns from them, and no analytics count them.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    status: t.expose('status', { type: EvaluationStatusEnum, description: 'How far it is.' }),
    retrieverId: t.exposeID('retrieverId', { description: 'The retriever.' }),
    retrieverVersion: t.exposeInt('retrieverVersion', {
      description: 'Its version when the evaluation was asked for.',
    }),
    datasetId: t.exposeID('datasetId', { description: 'The dataset.' }),
    datasetVersion: t.exposeInt('datasetVersion', { description: 'Its version.' }),
    dataset: t.field({
      type: EvaluationDatasetType,
      nullable: true,
      description: 'The dataset in that version.',
      resolve: ({ namespaceId, datasetId, datasetVersion }, _args, context) =>
        context.app.evaluations.dataset(namespaceId, datasetId, datasetVersion),
    }),
    fusion: t.expose('fusion', {
      type: FusionEnum,
      nullable: true,
      description: 'The fusion in place of the retriever’s own; null: its own.',
    }),
    kValues: t.intList({ description: 'The cut-offs, ascending.', resolve: ({ kValues }) => [...kValues] }),
    limit: t.exposeInt('limit', { description: 'How many hits were looked at a query.' }),
    heldOutOnly: t.exposeBoolean('heldOutOnly', { description: 'Whether only held-out queries were measured.' }),
    weightVersion: t.exposeString('weightVersion', {
      nullable: true,
      description:
        'The learned weights that were frozen at the start, as the means of what was learned; null before, and where the fusion is static.',
    }),
    progress: t.field({ type: ProgressType, description: 'How much is done.', resolve: (evaluation) => evaluation }),
    metrics: t.field({
      type: [MetricsType],
      nullable: true,
      complexity: { field: 1, multiplier: 4 },
      description: 'The means over all queries, one a k; null until it is completed.',
      resolve: ({ metrics }) => (metrics === null ? null : [...metrics]),
    }),
    queries: t.field({
      type: EvaluatedQueryConnection,
      complexity: pageCost,
      description: 'Query by query.',
      args: pageArguments(t.arg),
      resolve: async (evaluation, page, context) =>
        toConnection(await context.app.evaluations.evaluatedQueries(evaluation, pageRequest(page)), page),
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed; null where it did not.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was asked for.',
      resolve: ({ createdAt }) => new Date(createdAt),
    }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it began.',
      resolve: ({ startedAt }) => (startedAt === null ? null : new Date(startedAt)),
    }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was over.',
      resolve: ({ finishedAt }) => (finishedAt === null ? null : new Date(finishedAt)),
    }),
  }),
});

const EvaluationConnection = connectionType('Evaluation', EvaluationType);

builder.queryFields((t) => ({
  evaluation: t.field({
    type: EvaluationType,
    nullable: true,
    authScopes: { scope: 'admin' },
    description: 'The evaluation with this id; null where there is none. Scope: ADMIN.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: async (_root, { id }, context) => {
      const [evaluation] = await context.app.evaluations.get(namespaceOf(context), [id]);
      return evaluation ?? null;
    },
  }),
  evaluations: t.field({
    type: EvaluationConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description: 'The evaluations of the namespace, newest first. Scope: ADMIN.',
    args: {
      retrieverId: t.arg.id({ description: 'Of this retriever.' }),
      datasetId: t.arg.id({ description: 'On this dataset.' }),
      ...pageArguments(t.arg),
    },
    resolve: async (_root, { retrieverId, datasetId, ...page }, context) => {
      const which = { retrieverId: retrieverId ?? null, datasetId: datasetId ?? null };
      return toConnection(await context.app.evaluations.list(namespaceOf(context), which, pageRequest(page)), page);
    },
  }),
}));

builder.subscriptionField('evaluationProgress', (t) =>
  t.field({
    type: EvaluationType,
    authScopes: { scope: 'admin' },
    description:
      'The evaluation as it is now, then again whenever a query is done, until it is over; a slow reader gets the latest and misses what was between. Scope: ADMIN.',
    args: { evaluationId: t.arg.id({ required: true, description: 'The evaluation.' }) },
    subscribe: async (_root, { evaluationId }, context) => {
      const changes = await context.app.evaluations.watch(namespaceOf(context), evaluationId);
      return whileAllowed(changes, context, 'admin');
    },
    resolve: (evaluation: Evaluation) => evaluation,
  }),
);

const RunEvaluationInput = builder.inputType('RunEvaluationInput', {
  description: 'What to measure, and how.',
  fields: (t) => ({
    retrieverId: t.id({ required: true, description: 'The retriever, in its version of now.' }),
    datasetId: t.id({ required: true, description: 'The judged queries.' }),
    datasetVersion: t.int({ description: 'Which version of them. Left out: the newest.' }),
    limit: t.int({ description: 'How many hits to look at a query, 1 to 1000. Left out: the largest k.' }),
    kValues: t.intList({
      required: true,
      defaultValue: [1, 5, 10, 20],
      description: 'The cut-offs, each 1 to 1000; at most 20.',
    }),
    fusion: t.field({
      type: FusionEnum,
      description: 'A fusion in place of the retriever’s own, to compare with: RRF, say. Left out: its own.',
    }),
    heldOutOnly: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'Of a generated dataset, only the queries that were judged by what came after its split. Learned weights are those of now all the same: they have seen that part too, if only as one part of all they learned from.',
    }),
  }),
});

const CancelEvaluationInput = builder.inputType('CancelEvaluationInput', {
  description: 'An evaluation to cancel.',
  fields: (t) => ({ evaluationId: t.id({ required: true, description: 'The evaluation.' }) }),
});

const RunEvaluationPayload = builder.objectRef<{ evaluation: Evaluation }>('RunEvaluationPayload').implement({
  description: 'The evaluation is queued; it runs behind the answer.',
  fields: (t) => ({
    evaluation: t.expose('evaluation', { type: EvaluationType, description: 'Watch it with `evaluationProgress`.' }),
  }),
});

const CancelEvaluationPayload = builder.objectRef<{ evaluation: Evaluation }>('CancelEvaluationPayload').implement({
  description: 'The evaluation was cancelled.',
  fields: (t) => ({
    evaluation: t.expose('evaluation', { type: EvaluationType, description: 'The evaluation as it was left.' }),
  }),
});

builder.mutationFields((t) => ({
  runEvaluation: t.field({
    type: RunEvaluationPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Measures a retriever on judged queries. Scope: ADMIN.',
    args: { input: t.arg({ type: RunEvaluationInput, required: true, description: 'What to measure.' }) },
    resolve: async (_root, { input }, context) => ({
      evaluation: await context.app.evaluations.run(namespaceOf(context), {
        ...input,
        datasetVersion: input.datasetVersion ?? null,
        limit: input.limit ?? null,
        fusion: input.fusion ?? null,
      }),
    }),
  }),
  cancelEvaluation: t.field({
    type: CancelEvaluationPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Cancels an evaluation that waits or runs. What was done is kept. Scope: ADMIN.',
    args: { input: t.arg({ type: CancelEvaluationInput, required: true, description: 'Which one.' }) },
    resolve: async (_root, { input }, context) => ({
      evaluation: await context.app.evaluations.cancel(namespaceOf(context), input.evaluationId),
    }),
  }),
}));
