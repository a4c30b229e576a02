import type { Send } from '../api.ts';
import { findNamed } from '../find-named.ts';
import { everyPageOf, type Connection, type ExportedRow, type ExportSource } from './source.ts';

interface DocumentNode {
  documentId: string;
  content?: string | null;
  metadata: Record<string, unknown>;
  vectors?: { featureUri: string; values: number[] }[];
}

/** The documents of a collection, as `attune import` takes them. @throws OperatorError where there is no such collection */
export async function documentsOf(send: Send, idOrName: string, withVectors: boolean): Promise<ExportSource> {
  interface Found {
    documentCount: number;
    features: { source: string | null }[];
  }
  const { id, ...found } = await findNamed<Found>(send, 'collection', idOrName, 'documentCount features { source }');
  const hasVectors = withVectors && found.features.some(({ source }) => source === null);
  const read = async (fields: string, after: string | null) => {
    const query = `query ($id: ID!, $after: String) { collection(id: $id) { documents(first: 100, after: $after) {
      nodes { ${fields} } pageInfo { hasNextPage endCursor }
    } } }`;
    type Answer = { collection: { documents: Connection<DocumentNode> } };
    return (await send<Answer>(query, { id, after })).collection.documents;
  };
  const fields = `documentId content metadata ${hasVectors ? 'vectors { featureUri values }' : ''}`;
  return {
    name: `documents of ${id}`,
    unit: 'documents',
    total: found.documentCount,
    async *pages(from) {
      for await (const { nodes, cursor } of everyPageOf((after) => read(fields, after), from)) {
        yield { rows: nodes.map(toRow), cursor };
      }
    },
    async columns(signal) {
      const names = new Set<string>();
      for await (const { nodes } of everyPageOf((after) => read('metadata', after), null)) {
        signal.throwIfAborted();
        for (const { metadata } of nodes) for (const name of Object.keys(metadata)) names.add(columnOf(name));
      }
      return [...ownColumns, ...names];
    },
    toCells({ documentId, content, metadata }) {
      const own = Object.entries(metadata as object).map(([name, value]) => [columnOf(name), value as unknown]);
      return { documentId, content, ...Object.fromEntries(own) };
    },
  };
}

const ownColumns = ['documentId', 'content'];

/** A metadata field that is called as one of a document's own gets out of its way. */
function columnOf(name: string): string {
  return ownColumns.includes(name) ? `metadata.${name}` : name;
}

function toRow({ documentId, content = null, metadata, vectors = [] }: DocumentNode): ExportedRow {
  return {
    documentId,
    ...(content !== null && { content }),
    metadata,
    ...(vectors.length > 0 && { vectors }),
  };
}
