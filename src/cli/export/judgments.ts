import type { Send } from '../api.ts';
import { findNamed } from '../find-named.ts';
import { everyPageOf, type Connection, type ExportSource } from './source.ts';

interface QueryNode {
  queryId: string;
  inputs: Record<string, unknown>;
  judgments: Record<string, number>;
}

/**
 * The judgments of a version of a dataset, a row each, as createEvaluationDataset and `attune eval` take them.
 * @throws OperatorError where there is no such dataset
 */
export async function judgmentsOf(send: Send, idOrName: string): Promise<ExportSource> {
  const { id, version, queryCount } = await findNamed<{ version: number; queryCount: number }>(
    send,
    'dataset',
    idOrName,
    'version queryCount',
  );
  const query = `query ($id: ID!, $version: Int, $after: String) { evaluationDataset(id: $id, version: $version) {
    queries(first: 100, after: $after) { nodes { queryId inputs judgments } pageInfo { hasNextPage endCursor } }
  } }`;
  const read = async (after: string | null) => {
    type Answer = { evaluationDataset: { queries: Connection<QueryNode> } };
    return (await send<Answer>(query, { id, version, after })).evaluationDataset.queries;
  };
  return {
    name: `judgments of ${id}, version ${version}`,
    unit: 'queries',
    total: queryCount,
    async *pages(from) {
      for await (const { nodes, cursor } of everyPageOf(read, from)) {
        yield { rows: nodes.flatMap(toRows), units: nodes.length, cursor };
      }
    },
    async columns(signal) {
      const names = new Set<string>();
      for await (const { nodes } of everyPageOf(read, null)) {
        signal.throwIfAborted();
        for (const { inputs } of nodes) for (const name of Object.keys(inputs)) names.add(name);
      }
      return ['query_id', ...names, 'document_id', 'relevance'];
    },
    toCells: ({ queryId, inputs, documentId, relevance }) => ({
      ...(inputs as object),
      ...{ query_id: queryId, document_id: documentId, relevance },
    }),
  };
}

function toRows({ queryId, inputs, judgments }: QueryNode) {
  return Object.entries(judgments).map(([documentId, relevance]) => ({ queryId, inputs, documentId, relevance }));
}
