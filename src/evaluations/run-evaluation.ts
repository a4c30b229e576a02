import type { FusionMethod } from '../fusion/ranked-list.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { prepareSearch, type RankDocumentsDeps } from '../search/rank-documents.ts';
import { ConflictError, NotFoundError, ValidationError } from '../shared/errors.ts';
import { findDataset } from './create-dataset.ts';
import type { DatasetStore } from './dataset-store.ts';
import { searcherOf } from './evaluate-query.ts';
import type { EvaluationDataset, EvaluationQuery } from './evaluation-dataset.ts';
import type { EvaluationFeed } from './evaluation-feed.ts';
import type { EvaluationStore } from './evaluation-store.ts';
import type { Evaluation } from './evaluation.ts';

const MAX_K = 1_000;
const MAX_K_VALUES = 20;
const MAX_OPEN = 100;

export interface RunEvaluationInput {
  retrieverId: string;
  datasetId: string;
  /** Null: the newest. */
  datasetVersion: number | null;
  /** Hits a query; null: as many as the largest k. */
  limit: number | null;
  kValues: readonly number[];
  /** In place of the retriever's own; null: its own. */
  fusion: FusionMethod | null;
  heldOutOnly: boolean;
}

export interface RunEvaluationDeps extends Pick<RankDocumentsDeps, 'collections'> {
  evaluations: EvaluationStore;
  datasets: DatasetStore;
  retrievers: Pick<RetrieverStore, 'get'>;
  feed: EvaluationFeed;
  /** Tells the runner that there is work. */
  wakeRunner: () => void;
}

/**
 * Queues the measuring of a retriever, in its version of now, on a dataset. It runs behind the answer.
 * @throws ValidationError INVALID_K_VALUES, INVALID_LIMIT, NO_HELD_OUT_QUERY, DATASET_DOES_NOT_FIT; NotFoundError
 *   RETRIEVER_NOT_FOUND, DATASET_NOT_FOUND, DATASET_VERSION_NOT_FOUND; ConflictError TOO_MANY_EVALUATIONS
 */
export async function runEvaluation(
  deps: RunEvaluationDeps,
  namespaceId: string,
  input: RunEvaluationInput,
): Promise<Evaluation> {
  const kValues = checkKValues(input.kValues);
  const limit = checkLimit(input.limit, kValues);
  const retriever = await findRetriever(deps.retrievers, namespaceId, input.retrieverId, ['input', 'retrieverId']);
  const dataset = await findVersion(deps.datasets, namespaceId, input);
  const queries = await measuredQueries(deps.datasets, dataset, input.heldOutOnly);
  await checkFit(deps, retriever, queries[0]);
  if ((await deps.evaluations.countOpen(namespaceId)) >= MAX_OPEN) {
    throw new ConflictError(
      `${MAX_OPEN} evaluations of this namespace are waiting or running: wait for one, or cancel one with cancelEvaluation.`,
      'TOO_MANY_EVALUATIONS',
    );
  }
  const evaluation = await deps.evaluations.create(namespaceId, {
    datasetId: dataset.id,
    datasetVersion: dataset.version,
    retrieverId: retriever.id,
    retrieverVersion: retriever.version,
    fusion: input.fusion,
    kValues,
    limit,
    heldOutOnly: input.heldOutOnly,
    queryCount: queries.length,
  });
  deps.wakeRunner();
  return evaluation;
}

/** @throws NotFoundError EVALUATION_NOT_FOUND, ConflictError EVALUATION_OVER */
export async function cancelEvaluation(
  deps: Pick<RunEvaluationDeps, 'evaluations' | 'feed'>,
  namespaceId: string,
  id: string,
): Promise<Evaluation> {
  const path = ['input', 'evaluationId'];
  const cancelled = await deps.evaluations.cancel(namespaceId, id);
  if (cancelled !== null) {
    deps.feed.changed(cancelled);
    return cancelled;
  }
  const { status } = await findEvaluation(deps.evaluations, namespaceId, id, path);
  throw new ConflictError(`The evaluation is ${status} already: there is nothing to cancel.`, 'EVALUATION_OVER', path);
}

/** Its state now and at every change, until it is over. @throws NotFoundError EVALUATION_NOT_FOUND */
export async function watchEvaluation(
  deps: Pick<RunEvaluationDeps, 'evaluations' | 'feed'>,
  namespaceId: string,
  id: string,
): Promise<AsyncIterableIterator<Evaluation>> {
  return deps.feed.watch(await findEvaluation(deps.evaluations, namespaceId, id, ['evaluationId']));
}

/** @throws NotFoundError EVALUATION_NOT_FOUND */
export async function findEvaluation(
  evaluations: Pick<EvaluationStore, 'get'>,
  namespaceId: string,
  id: string,
  path: readonly string[],
): Promise<Evaluation> {
  const [evaluation] = await evaluations.get(namespaceId, [id]);
  if (evaluation !== undefined) return evaluation;
  throw new NotFoundError(
    `There is no evaluation ${JSON.stringify(id.slice(0, 100))} in this namespace: ${path.at(-1)} is an id that runEvaluation returned.`,
    'EVALUATION_NOT_FOUND',
    path,
  );
}

/** Ascending, each once. @throws ValidationError INVALID_K_VALUES */
export function checkKValues(kValues: readonly number[]): number[] {
  const invalid = (message: string, ...rest: number[]) =>
    new ValidationError(message, 'INVALID_K_VALUES', ['input', 'kValues', ...rest]);
  if (kValues.length === 0 || kValues.length > MAX_K_VALUES) {
    throw invalid(`kValues must name 1 to ${MAX_K_VALUES} cut-offs, such as [1, 5, 10, 20], not ${kValues.length}.`);
  }
  for (const [index, k] of kValues.entries()) {
    if (Number.isInteger(k) && k >= 1 && k <= MAX_K) continue;
    throw invalid(`kValues must hold whole numbers from 1 to ${MAX_K}, not ${k}.`, index);
  }
  return [...new Set(kValues)].sort((a, b) => a - b);
}

function checkLimit(limit: number | null, kValues: readonly number[]): number {
  if (limit === null) return Math.max(...kValues);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_K) return limit;
  throw new ValidationError(
    `limit must be a whole number of hits from 1 to ${MAX_K}, not ${limit}; leave it out for the largest k.`,
    'INVALID_LIMIT',
    ['input', 'limit'],
  );
}

async function findVersion(
  datasets: DatasetStore,
  namespaceId: string,
  { datasetId, datasetVersion }: RunEvaluationInput,
): Promise<EvaluationDataset> {
  const newest = await findDataset(datasets, namespaceId, datasetId, ['input', 'datasetId']);
  if (datasetVersion === null) return newest;
  const isVersion = Number.isInteger(datasetVersion) && datasetVersion >= 1 && datasetVersion <= newest.version;
  const dataset = isVersion ? await datasets.version(namespaceId, datasetId, datasetVersion) : null;
  if (dataset !== null) return dataset;
  throw new NotFoundError(
    `The dataset has no version ${datasetVersion}: they go from 1 to ${newest.version}; leave datasetVersion out for the newest.`,
    'DATASET_VERSION_NOT_FOUND',
    ['input', 'datasetVersion'],
  );
}

async function measuredQueries(
  datasets: DatasetStore,
  { id, version }: EvaluationDataset,
  heldOutOnly: boolean,
): Promise<EvaluationQuery[]> {
  const queries = await datasets.queries(id, version);
  const measured = heldOutOnly ? queries.filter(({ heldOut }) => heldOut) : queries;
  if (measured.length > 0) return measured;
  throw new ValidationError(
    'The dataset has no held-out query: leave heldOutOnly out, or use one that generateEvaluationDataset made.',
    'NO_HELD_OUT_QUERY',
    ['input', 'heldOutOnly'],
  );
}

/** A dataset whose inputs the retriever does not know would score 0 throughout: better said at once. */
async function checkFit(
  deps: Pick<RankDocumentsDeps, 'collections'>,
  retriever: Retriever,
  query: EvaluationQuery | undefined,
): Promise<void> {
  if (query === undefined) return;
  try {
    await prepareSearch(deps, retriever, query.inputs, searcherOf(query.inputs));
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new ValidationError(
      `The retriever cannot be searched with the dataset's queries (the first is ${JSON.stringify(query.queryId.slice(0, 100))}). ${error.message}`,
      'DATASET_DOES_NOT_FIT',
      ['input', 'datasetId'],
    );
  }
}
