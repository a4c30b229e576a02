import { featureTable, lexemeTable } from '../collections/feature-tables.postgres.ts';
import type { ScoredDocument } from '../fusion/ranked-list.ts';
import type { Queryable } from '../postgres/database.ts';
import type { FeatureSearchRequest } from './feature-searcher.ts';
import { filterCondition } from './filter-sql.postgres.ts';
import { SqlParameters } from './sql-parameters.postgres.ts';

/** How soon the repetition of a term stops adding to the score. */
const K1 = 1.2;
/** How much of a document's length counts against it. */
const B = 0.75;
/** A lexeme in more than this share of the documents tells little and costs most: it is left out where a rarer one is asked for. */
const COMMON_SHARE = 0.2;
/** In smaller indexes every lexeme counts: there a share says little, and reading all costs nothing. */
const SMALL_INDEX = 1000;

/**
 * BM25 over the postings, exactly: Σ idf · tf / (tf + k1 · (1 − b + b · dl / avgdl)), idf = ln(1 + (N − df + ½) / (df + ½)).
 * Robertson & Zaragoza, The Probabilistic Relevance Framework (2009), section 3.4, with the idf of Lucene, which is never negative.
 * A term that the query repeats counts as often.
 */
export async function searchPostings(
  db: Queryable,
  request: FeatureSearchRequest,
  terms: readonly string[],
): Promise<ScoredDocument[]> {
  if (terms.length === 0) return [];
  const parameters = new SqlParameters();
  const featureId = parameters.add(request.feature.id);
  const wanted = parameters.add(terms);
  const { topK } = request;
  const filter =
    request.filter === null ? '' : `join documents d using (doc) where ${filterCondition(request.filter, parameters)}`;
  const rows = await db.query<{ document_id: string; score: number }>(
    `with index as (
       select document_count::float8 as size, total_length::float8 / nullif(document_count, 0) as mean_length
       from collection_features where id = ${featureId}
     ), asked as materialized (
       select l.lexeme, l.df, count(*) as times
       -- in a select of its own, so that a plan costs the same whatever the terms are, and Postgres keeps it
       from unnest((select ${wanted}::text[])) as w (lexeme)
       join ${lexemeTable(request.feature)} l on l.lexeme = w.lexeme collate "C"
       group by l.lexeme, l.df
     ), kept as materialized (
       select a.lexeme, a.times * ln(1 + (i.size - a.df + ${float(0.5)}) / (a.df + ${float(0.5)})) as weight, i.mean_length
       from asked a cross join index i
       where i.size < ${SMALL_INDEX} or a.df <= i.size * ${COMMON_SHARE}
         or not exists (select from asked r where r.df <= i.size * ${COMMON_SHARE})
     ), scored as (
       select p.doc,
         sum(k.weight * p.tf / (p.tf + ${float(K1)} * (${float(1 - B)} + ${float(B)} * p.dl / k.mean_length))) as score
       from kept k
       -- the fence (offset 0) keeps this a look-up a lexeme whatever the planner thinks of the table's statistics
       cross join lateral (select * from ${featureTable(request.feature)} p where p.lexeme = k.lexeme offset 0) p
       group by p.doc
     ), best as materialized (
       -- rounded, so that equal documents tie whatever the order of their summands; with ties, because document ids break them
       select doc, round(score * ${float(1e9)}) / ${float(1e9)} as score from scored ${filter}
       order by 2 desc fetch first ${topK} rows with ties
     )
     select d.document_id, best.score from best join documents d using (doc)
     order by best.score desc, d.document_id collate "C" limit ${topK}`,
    parameters.values,
    { prepare: request.filter === null },
  );
  return rows.map((row) => ({ documentId: row.document_id, score: row.score }));
}

/** A number as SQL. Written plainly it would be a `numeric`, and reckoning with those takes longer than all the rest. */
function float(value: number): string {
  return `float8 '${value}'`;
}
