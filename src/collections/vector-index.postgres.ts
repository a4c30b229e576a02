import type { Queryable } from '../postgres/database.ts';
import { encodeVectors } from '../postgres/vector-codec.ts';
import type { CollectionFeature } from './collection.ts';
import { featureTable, vectorType } from './feature-tables.postgres.ts';

export interface DocumentVector {
  /** The document's number in the database. */
  doc: number;
  /** Null: the document leaves the index. */
  vector: Float32Array | null;
}

/** Replaces the vectors of these documents. */
export async function replaceVectors(
  tx: Queryable,
  feature: CollectionFeature,
  documents: readonly DocumentVector[],
): Promise<void> {
  const table = featureTable(feature);
  const leaving: number[] = [];
  const docs: number[] = [];
  const vectors: Float32Array[] = [];
  for (const { doc, vector } of documents) {
    if (vector === null) leaving.push(doc);
    else {
      docs.push(doc);
      vectors.push(vector);
    }
  }
  if (leaving.length > 0) await tx.query(`delete from ${table} where doc = any($1::bigint[])`, [leaving]);
  if (docs.length === 0) return;
  // a vector that stays the same is not written: every rewrite leaves a dead element in the HNSW graph
  await tx.query(
    `insert into ${table} as f (doc, embedding)
     select doc, embedding::${vectorType(feature)} from unnest($1::bigint[], $2::vector[]) as given (doc, embedding)
     on conflict (doc) do update set embedding = excluded.embedding where f.embedding <> excluded.embedding`,
    [docs, encodeVectors(vectors)],
  );
}
