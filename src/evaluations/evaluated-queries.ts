import type { Page, PageRequest } from '../shared/page.ts';
import type { DatasetStore } from './dataset-store.ts';
import type { EvaluationQuery } from './evaluation-dataset.ts';
import type { EvaluationStore } from './evaluation-store.ts';
import type { Evaluation, QueryResult } from './evaluation.ts';

/** A query and what an evaluation made of it. */
export interface EvaluatedQuery extends EvaluationQuery {
  /** Null: not yet done, or not measured because it is not held out. */
  result: QueryResult | null;
}

/** A page of the dataset's queries with what is there of their results, by position. */
export async function evaluatedQueries(
  deps: { evaluations: Pick<EvaluationStore, 'results'>; datasets: Pick<DatasetStore, 'queryPage'> },
  { id, datasetId, datasetVersion }: Evaluation,
  page: PageRequest,
): Promise<Page<EvaluatedQuery>> {
  const [queries, results] = await Promise.all([
    deps.datasets.queryPage(datasetId, datasetVersion, page),
    deps.evaluations.results(id),
  ]);
  const resultAt = new Map(results.map((result) => [result.position, result]));
  const items = queries.items.map((query) => ({ ...query, result: resultAt.get(query.position) ?? null }));
  return { items, hasNextPage: queries.hasNextPage };
}
