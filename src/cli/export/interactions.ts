import type { Send } from '../api.ts';
import { findNamed } from '../find-named.ts';
import { everyPageOf, type Connection, type ExportedRow, type ExportSource } from './source.ts';

const fields = [
  ...['id', 'occurredAt', 'receivedAt', 'retrieverId', 'executionId', 'documentId', 'position', 'interactionTypes'],
  ...['userId', 'sessionId', 'segment', 'metadata', 'idempotencyKey', 'trains'],
];

/**
 * What people did, of one retriever or of all.
 * @param idOrName null: of all
 * @throws OperatorError where there is no such retriever
 */
export async function interactionsOf(send: Send, idOrName: string | null): Promise<ExportSource> {
  const retrieverId = idOrName === null ? null : (await findNamed(send, 'retriever', idOrName)).id;
  const filter = retrieverId === null ? null : { retrieverId };
  const query = `query ($filter: InteractionFilter, $after: String) {
    interactions(filter: $filter, first: 100, after: $after) {
      nodes { ${fields.join(' ')} } pageInfo { hasNextPage endCursor }
    }
  }`;
  const read = async (after: string | null) =>
    (await send<{ interactions: Connection<ExportedRow> }>(query, { filter, after })).interactions;
  return {
    name: `interactions of ${retrieverId ?? 'all retrievers'}`,
    unit: 'interactions',
    total: null,
    async *pages(from) {
      for await (const { nodes, cursor } of everyPageOf(read, from)) yield { rows: nodes, cursor };
    },
    columns: () => Promise.resolve(fields),
    toCells: (row) => ({ ...row, interactionTypes: (row['interactionTypes'] as string[]).join(' ') }),
  };
}
