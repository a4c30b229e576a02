import type { DatasetsQuery, EvaluationRunFragment, RetrieverNamesQuery } from '../gql/graphql.ts';

export type Run = EvaluationRunFragment;
export type Dataset = DatasetsQuery['evaluationDatasets']['nodes'][number];
export type Retriever = RetrieverNamesQuery['retrievers']['nodes'][number];
/** Names of retrievers by id. */
export type Names = ReadonlyMap<string, string>;

/** `demo-search, as RRF` */
export function runName({ retrieverId, fusion }: Run, names: Names): string {
  const name = names.get(retrieverId) ?? 'a deleted retriever';
  return fusion === null ? name : `${name}, as ${fusion}`;
}

export function isOver({ status }: Run): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED' || status === 'FAILED';
}
