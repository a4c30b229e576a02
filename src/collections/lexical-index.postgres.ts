import type { Queryable } from '../postgres/database.ts';
import type { CollectionFeature } from './collection.ts';
import { featureTable, lexemeTable } from './feature-tables.postgres.ts';

export interface DocumentTerms {
  /** The document's number in the database. */
  doc: number;
  /** Term → times it occurs; none: the document leaves the index. */
  terms: ReadonlyMap<string, number>;
}

/**
 * Replaces the postings of these documents and keeps the index's statistics exact. The statistics are read and written
 * back, so the caller holds the collection's lock.
 */
export async function replacePostings(
  tx: Queryable,
  feature: CollectionFeature,
  documents: readonly DocumentTerms[],
): Promise<void> {
  if (documents.length === 0) return;
  const docs = documents.map(({ doc }) => doc);
  const orphans = await removePostings(tx, feature, docs);
  const filled = documents.filter(({ terms }) => terms.size > 0);
  if (filled.length > 0) await addPostings(tx, feature, filled);
  if (orphans.length > 0) {
    await tx.query(`delete from ${lexemeTable(feature)} where lexeme = any($1::text[]) and df = 0`, [orphans]);
  }
}

/** Takes the documents out of the index, statistics included. Returns the lexemes that no document has any more. */
async function removePostings(tx: Queryable, feature: CollectionFeature, docs: readonly number[]): Promise<string[]> {
  const orphans = await tx.query<{ lexeme: string }>(
    `with removed as (
       delete from ${featureTable(feature)} where doc = any($2::bigint[]) returning lexeme, doc, dl
     ), lexemes as (
       update ${lexemeTable(feature)} l set df = l.df - r.documents
       from (select lexeme, count(*) as documents from removed group by lexeme) r
       where l.lexeme = r.lexeme
       returning l.lexeme, l.df
     ), gone as (
       select count(*) as documents, coalesce(sum(dl), 0) as length from (select distinct doc, dl from removed) d
     ), statistics as (
       update collection_features f
       set document_count = f.document_count - gone.documents, total_length = f.total_length - gone.length
       from gone where f.id = $1 and gone.documents > 0
     )
     select lexeme from lexemes where df = 0`,
    [feature.id, docs],
  );
  return orphans.map(({ lexeme }) => lexeme);
}

async function addPostings(
  tx: Queryable,
  feature: CollectionFeature,
  documents: readonly DocumentTerms[],
): Promise<void> {
  const columns = { lexeme: [] as string[], doc: [] as number[], tf: [] as number[], dl: [] as number[] };
  for (const { doc, terms } of documents) {
    const length = [...terms.values()].reduce((sum, tf) => sum + tf, 0);
    for (const [lexeme, tf] of terms) {
      columns.lexeme.push(lexeme);
      columns.doc.push(doc);
      columns.tf.push(tf);
      columns.dl.push(length);
    }
  }
  await tx.query(
    `with added as (
       insert into ${featureTable(feature)} (lexeme, doc, tf, dl)
       select * from unnest($2::text[], $3::bigint[], $4::integer[], $5::integer[])
       returning lexeme, doc, dl
     ), lexemes as (
       insert into ${lexemeTable(feature)} as l (lexeme, df)
       select lexeme, count(*) from added group by lexeme
       on conflict (lexeme) do update set df = l.df + excluded.df
     ), come as (
       select count(*) as documents, coalesce(sum(dl), 0) as length from (select distinct doc, dl from added) d
     )
     update collection_features f
     set document_count = f.document_count + come.documents, total_length = f.total_length + come.length
     from come where f.id = $1 and come.documents > 0`,
    [feature.id, columns.lexeme, columns.doc, columns.tf, columns.dl],
  );
}
