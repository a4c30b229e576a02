import type { Queryable } from '../postgres/database.ts';
import type { CollectionFeature } from './collection.ts';

/** The longest `vector` that HNSW indexes; `halfvec` goes to twice that. */
const MAX_FLOAT32_DIMENSIONS = 2000;

/** The feature's index: embeddings or postings. The name is made of a number of ours, so it may stand in SQL as it is. */
export function featureTable(feature: CollectionFeature): string {
  return `feature_${feature.id}`;
}

/** In how many documents each lexeme of a lexical index occurs. */
export function lexemeTable(feature: CollectionFeature): string {
  return `feature_${feature.id}_lexemes`;
}

/** The column type of a vector index, with its length. */
export function vectorType(feature: CollectionFeature): string {
  const dimensions = Number(feature.dimensions);
  return dimensions <= MAX_FLOAT32_DIMENSIONS ? `vector(${dimensions})` : `halfvec(${dimensions})`;
}

export async function createFeatureTables(tx: Queryable, feature: CollectionFeature): Promise<void> {
  const table = featureTable(feature);
  if (feature.kind === 'vector') {
    const type = vectorType(feature);
    await tx.query(`create table ${table} (doc bigint primary key, embedding ${type} not null)`);
    const operators = type.startsWith('halfvec') ? 'halfvec_cosine_ops' : 'vector_cosine_ops';
    await tx.query(`create index on ${table} using hnsw (embedding ${operators})`);
    return;
  }
  await tx.query(
    `create table ${table} (
       lexeme text collate "C" not null, doc bigint not null, tf integer not null, dl integer not null,
       primary key (lexeme, doc) include (tf, dl))`,
  );
  await tx.query(`create index on ${table} (doc)`);
  await tx.query(
    `create table ${lexemeTable(feature)} (lexeme text collate "C" primary key, df integer not null) with (fillfactor = 80)`,
  );
}
