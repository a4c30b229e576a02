import type { RejectedRow } from '../src/evaluations/dataset-input.ts';
import type { DatasetSource, EvaluationDataset, EvaluationQuery } from '../src/evaluations/evaluation-dataset.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { namespaceOf } from './context.ts';

const DatasetSourceEnum = builder.enumType('EvaluationDatasetSource', {
  description: 'Where the judgments of a dataset come from.',
  values: {
    MANUAL: { description: 'People judged: `createEvaluationDataset`.' },
    INTERACTIONS: { description: 'Worked out from what people did: `generateEvaluationDataset`.' },
    SESSIONS: { description: 'Past searches to replay, each judged by what was done with it: `runBenchmark`.' },
  } as const satisfies Record<DatasetSource, object>,
});

/** The fields that a judged query has wherever it appears. */
export const EvaluationQueryType = builder.objectRef<EvaluationQuery>('EvaluationQuery').implement({
  description: 'A query with its judgments.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, of this version of the dataset.' }),
    queryId: t.exposeString('queryId', { description: 'Its name, the same in every version of the dataset.' }),
    inputs: t.field({ type: 'JSON', description: 'What the retriever is searched with.', resolve: (q) => q.inputs }),
    judgments: t.field({
      type: 'JSON',
      description:
        'Grades by document id, `{ "d1": 2, "d7": 0 }`: relevant from 1 on. What is not there is not judged.',
      resolve: (query) => query.judgments,
    }),
    heldOut: t.exposeBoolean('heldOut', { description: 'Judged only by what people did after the dataset’s split.' }),
  }),
});

const EvaluationQueryConnection = connectionType('EvaluationQuery', EvaluationQueryType, 'in the dataset’s order');

export const EvaluationDatasetType = builder.objectRef<EvaluationDataset>('EvaluationDataset').implement({
  description: 'One version of a set of judged queries. It never changes: what is added makes the next version.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, the same for every version.' }),
    name: t.exposeString('name', { description: 'Unique in the namespace.' }),
    version: t.exposeInt('version', { description: 'From 1.' }),
    source: t.expose('source', { type: DatasetSourceEnum, description: 'Where the judgments come from.' }),
    queryCount: t.exposeInt('queryCount', { description: 'How many queries are judged.' }),
    judgmentCount: t.exposeInt('judgmentCount', { description: 'How many documents are judged, over all queries.' }),
    heldOutFrom: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Where a generated dataset is split: queries searched since are judged by that part alone.',
      resolve: ({ origin }) => (origin === null ? null : new Date(origin.heldOutFrom)),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When this version was made.',
      resolve: ({ createdAt }) => new Date(createdAt),
    }),
    queries: t.field({
      type: EvaluationQueryConnection,
      complexity: pageCost,
      description: 'The judged queries.',
      args: pageArguments(t.arg),
      resolve: async (dataset, page, context) =>
        toConnection(await context.app.evaluations.queries(dataset, pageRequest(page)), page),
    }),
  }),
});

const DatasetConnection = connectionType('EvaluationDataset', EvaluationDatasetType);

builder.queryFields((t) => ({
  evaluationDataset: t.field({
    type: EvaluationDatasetType,
    nullable: true,
    authScopes: { scope: 'admin' },
    description: 'The evaluation dataset with this id; null where there is none. Scope: ADMIN.',
    args: {
      id: t.arg.id({ required: true, description: 'Its id.' }),
      version: t.arg.int({ description: 'Which version; left out: the newest.' }),
    },
    resolve: (_root, { id, version }, context) =>
      context.app.evaluations.dataset(namespaceOf(context), id, version ?? null),
  }),
  evaluationDatasets: t.field({
    type: DatasetConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description: 'The evaluation datasets of the namespace, newest first, each in its newest version. Scope: ADMIN.',
    args: pageArguments(t.arg),
    resolve: async (_root, page, context) =>
      toConnection(await context.app.evaluations.datasets(namespaceOf(context), pageRequest(page)), page),
  }),
}));

const JudgmentInput = builder.inputType('JudgmentInput', {
  description: 'How relevant a document is to a query.',
  fields: (t) => ({
    documentId: t.id({ required: true, description: 'The document.' }),
    relevance: t.int({
      required: true,
      defaultValue: 1,
      description: 'A grade, 0 to 100: relevant from 1 on. Binary judgments are 0 and 1.',
    }),
  }),
});

const JudgedQueryInput = builder.inputType('JudgedQueryInput', {
  description: 'A query and which documents are relevant to it.',
  fields: (t) => ({
    queryId: t.string({ description: 'Its name in the dataset. Left out: its inputs.' }),
    inputs: t.field({
      type: 'JSON',
      required: true,
      description: 'What the retriever is searched with: `{ "query": "warm jacket" }`.',
    }),
    judgments: t.field({ type: [JudgmentInput], required: true, description: 'The judged documents; at least one.' }),
  }),
});

const CreateEvaluationDatasetInput = builder.inputType('CreateEvaluationDatasetInput', {
  description: 'Judged queries, as exactly one of `queries`, `csv` and `jsonl`.',
  fields: (t) => ({
    name: t.string({ description: 'Unique in the namespace. Needed unless `datasetId` is given.' }),
    datasetId: t.id({ description: 'Makes the next version of this dataset.' }),
    keepPrevious: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'With `datasetId`: keeps what the version before holds; of two judgments of a document the new one counts.',
    }),
    queries: t.field({ type: [JudgedQueryInput], description: 'The queries as objects.' }),
    csv: t.string({
      description:
        'CSV with a header: `query,document_id,relevance`. `relevance` may be left out (1), `query_id` may be there, and every other column is an input of the search.',
    }),
    jsonl: t.string({
      description:
        'One object a line: `{"query": "warm jacket", "documentId": "d1", "relevance": 2}`, with `inputs` in place of `query` where the search takes others.',
    }),
  }),
});

const GenerateEvaluationDatasetInput = builder.inputType('GenerateEvaluationDatasetInput', {
  description: 'From which interactions to judge.',
  fields: (t) => ({
    retrieverId: t.id({ required: true, description: 'The retriever whose searches are judged.' }),
    minInteractions: t.int({
      required: true,
      defaultValue: 5,
      description: 'How many interactions with a reward or penalty a query needs, 1 to 10000.',
    }),
    name: t.string({ description: 'Unique in the namespace. Left out: after the retriever and the time.' }),
    days: t.int({ required: true, defaultValue: 90, description: 'How many days back, up to 365.' }),
    heldOutShare: t.float({
      required: true,
      defaultValue: 0.3,
      description: 'The latest share of the searches, between 0 and 1, that is held out.',
    }),
  }),
});

interface DatasetPayload {
  dataset: EvaluationDataset;
  rejected: readonly RejectedRow[];
}

const RejectedRowType = builder.objectRef<RejectedRow>('RejectedRow').implement({
  description: 'A row of an upload that was left out.',
  fields: (t) => ({
    line: t.exposeInt('line', { description: 'Its line, from 1.' }),
    message: t.exposeString('message', { description: 'Why, and what to do.' }),
  }),
});

const maxReported = 100;

const EvaluationDatasetPayload = builder.objectRef<DatasetPayload>('EvaluationDatasetPayload').implement({
  description: 'The dataset is stored.',
  fields: (t) => ({
    dataset: t.expose('dataset', { type: EvaluationDatasetType, description: 'The dataset in its new version.' }),
    rejectedCount: t.int({
      description: 'How many rows of the upload were left out.',
      resolve: (p) => p.rejected.length,
    }),
    rejectedRows: t.field({
      type: [RejectedRowType],
      description: `The first ${maxReported} of them.`,
      resolve: ({ rejected }) => rejected.slice(0, maxReported),
    }),
  }),
});

/** Both ways to a dataset answer alike. */
const EvaluationDatasetResult = builder.errorUnion('EvaluationDatasetResult', {
  description: 'The dataset, or the expected error that kept it from being made.',
  types: [EvaluationDatasetPayload],
  resolveType: () => EvaluationDatasetPayload,
});

builder.mutationFields((t) => ({
  createEvaluationDataset: t.field({
    type: EvaluationDatasetResult,
    authScopes: { scope: 'admin' },
    description: 'Stores judged queries to measure retrievers by. Scope: ADMIN.',
    args: { input: t.arg({ type: CreateEvaluationDatasetInput, required: true, description: 'The judged queries.' }) },
    resolve: (_root, { input }, context) =>
      context.app.evaluations.createDataset(namespaceOf(context), {
        name: input.name ?? null,
        datasetId: input.datasetId ?? null,
        keepPrevious: input.keepPrevious,
        queries:
          input.queries?.map(({ queryId, inputs, judgments }) => ({ queryId: queryId ?? null, inputs, judgments })) ??
          null,
        csv: input.csv ?? null,
        jsonl: input.jsonl ?? null,
      }),
  }),
  generateEvaluationDataset: t.field({
    type: EvaluationDatasetResult,
    authScopes: { scope: 'admin' },
    description: 'Judges queries by what people did with their results, corrected for where each stood. Scope: ADMIN.',
    args: { input: t.arg({ type: GenerateEvaluationDatasetInput, required: true, description: 'From what.' }) },
    resolve: async (_root, { input }, context) => ({
      dataset: await context.app.evaluations.generateDataset(namespaceOf(context), {
        ...input,
        name: input.name ?? null,
      }),
      rejected: [],
    }),
  }),
}));
