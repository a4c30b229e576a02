import type { Queryable } from '../postgres/database.ts';
import { decodeVector } from '../postgres/vector-codec.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import type { BroughtVector, Collection, Document } from './collection.ts';
import { featureTable } from './feature-tables.postgres.ts';

export interface DocumentRow {
  document_id: string;
  content: string | null;
  metadata: Document['metadata'];
}

/** By document id, so that a list that changes meanwhile neither repeats nor skips what was there all the time. */
export async function pageDocuments(
  db: Queryable,
  collectionId: string,
  { limit, after }: PageRequest,
): Promise<Page<Document>> {
  const rows = await db.query<DocumentRow>(
    `select document_id, content, metadata from documents
     where collection_id = $1 and ($2::text is null or document_id > $2) order by document_id limit $3`,
    [collectionId, after, limit + 1],
  );
  return { items: rows.slice(0, limit).map(toDocument), hasNextPage: rows.length > limit };
}

/** By document id; one that brought none is left out. */
export async function broughtVectors(
  db: Queryable,
  collection: Collection,
  documentIds: readonly string[],
): Promise<Map<string, BroughtVector[]>> {
  const found = new Map<string, BroughtVector[]>();
  for (const feature of collection.features.filter(({ extractor }) => extractor === null)) {
    const rows = await db.query<{ document_id: string; embedding: string }>(
      `select d.document_id, f.embedding::text as embedding
       from documents d join ${featureTable(feature)} f using (doc)
       where d.collection_id = $1 and d.document_id = any($2::text[])`,
      [collection.id, documentIds],
    );
    for (const { document_id, embedding } of rows) {
      const vector = { featureUri: feature.featureUri, values: decodeVector(embedding) };
      found.set(document_id, [...(found.get(document_id) ?? []), vector]);
    }
  }
  return found;
}

export function toDocument(row: DocumentRow): Document {
  return { documentId: row.document_id, content: row.content, metadata: row.metadata };
}
