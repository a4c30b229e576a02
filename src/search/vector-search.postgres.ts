import { featureTable, vectorType } from '../collections/feature-tables.postgres.ts';
import { unitVector } from '../shared/unit-vector.ts';
import type { ScoredDocument } from '../fusion/ranked-list.ts';
import { encodeVector } from '../postgres/vector-codec.ts';
import type { Queryable } from '../postgres/database.ts';
import type { FeatureSearchRequest } from './feature-searcher.ts';
import { filterCondition } from './filter-sql.postgres.ts';
import { SqlParameters } from './sql-parameters.postgres.ts';

/** Up to so many documents that pass the filter, the distance to each is computed: exact, and cheaper than the graph. */
const FEW_MATCHES = 1000;
/**
 * Candidates that the graph is asked for, for each hit that is wanted: the nearer half of what it returns is nearly exact. One
 * more for each tenfold of TABLE_ROWS: with two throughout, .97 of the true nearest hundred are found among ten thousand
 * MiniLM vectors and .94 among a hundred thousand, with three .96 there (measured).
 */
const BREADTH_PER_HIT = 2;
const TABLE_ROWS = 10_000;
/** The same under a filter, one after the other until enough pass: what every third document passes, what every tenth does. */
const FILTERED_BREADTHS_PER_HIT = [4, 10];
/** So many times the wanted hits must pass a filter: of all that the graph returns, the last ones are the unsure ones. */
const FILTERED_SURPLUS = 1.5;
/** Without a filter, so much is enough: a deleted document among a thousand candidates is no reason to measure all of a large table. */
const NEARLY_ALL = 0.95;
/** pgvector's bounds: fewer than 100 lose accuracy and save nothing, more than 1,000 are refused. */
const MIN_BREADTH = 100;
const MAX_BREADTH = 1000;

/**
 * The nearest by cosine similarity.
 *
 * A filter that few documents pass, or only ones far from the query, makes an HNSW search miss most of them; going on
 * in the graph until enough have passed (pgvector's iterative scan) finds some, but not the nearest. So: where few pass,
 * the distance to all of those; else the graph, more broadly than otherwise; and where too few of its candidates pass, or
 * too many of them are deleted documents that no vacuum has removed from it yet, the distance to all that pass.
 */
export async function searchVectors(
  db: Queryable,
  request: FeatureSearchRequest,
  vector: Float32Array,
): Promise<ScoredDocument[]> {
  const query = unitVector(vector);
  if (query === null) return [];
  const { filter } = request;
  if (filter !== null) {
    const few = await searchMatches(db, request, query, FEW_MATCHES);
    if (few !== null) return few;
  }
  const enough = Math.ceil(request.topK * (filter === null ? 1 : FILTERED_SURPLUS));
  for (const breadth of graphBreadths(request)) {
    const found = await searchGraph(db, request, query, { breadth, limit: enough });
    if (found.length >= enough * (filter === null ? NEARLY_ALL : 1)) return found.slice(0, request.topK);
    const hopeless = found.length * MAX_BREADTH < enough * breadth;
    if (hopeless) break;
  }
  return (await searchMatches(db, request, query, null)) ?? [];
}

/**
 * Asks the HNSW index. (In a small table Postgres finds reading all of it cheaper, and the result is exact.) Its breadth
 * is set by a condition of the statement, which Postgres evaluates once, before it opens the index: the setting ends
 * with the statement, and costs no round trip of its own.
 */
async function searchGraph(
  db: Queryable,
  request: FeatureSearchRequest,
  query: Float32Array,
  { breadth, limit }: { breadth: number; limit: number },
): Promise<ScoredDocument[]> {
  const { filter } = request;
  const parameters = new SqlParameters();
  const distance = distanceTo(query, request, parameters);
  // as a subquery, or the planner turns it into a join that starts from the documents
  const passes =
    filter === null ? '' : `and (select ${filterCondition(filter, parameters)} from documents d where d.doc = f.doc)`;
  const table = featureTable(request.feature);
  const rows = await db.query<{ document_id: string; score: number }>(
    `with nearest as materialized (
       select f.doc, ${distance} as distance from ${table} f
       where (${setBreadth(table, parameters.add(breadth), parameters.add(request.topK))}) is not null ${passes}
       order by ${distance} limit ${limit}
     )
     select d.document_id, 1 - n.distance as score from nearest n join documents d using (doc)
     order by n.distance, d.document_id collate "C"`,
    parameters.values,
    { prepare: filter === null },
  );
  return rows.map(toScoredDocument);
}

/** Sets `hnsw.ef_search`, which also caps the rows that come back. The statistics of the table are those of its last analyze, -1 before. */
function setBreadth(table: string, breadth: string, topK: string): string {
  const tenfolds = `greatest(0, log(greatest(reltuples, 1)::float8 / ${TABLE_ROWS}))`;
  const wanted = `${breadth}::integer + ceil(${topK}::integer * ${tenfolds})::integer`;
  return `select set_config('hnsw.ef_search', least(${wanted}, ${MAX_BREADTH})::text, true)
          from pg_class where oid = '${table}'::regclass`;
}

/** In a small table. */
function graphBreadths({ topK, filter }: FeatureSearchRequest): Set<number> {
  const perHit = filter === null ? [BREADTH_PER_HIT] : FILTERED_BREADTHS_PER_HIT;
  return new Set(perHit.map((breadth) => Math.min(Math.max(breadth * topK, MIN_BREADTH), MAX_BREADTH)));
}

/** The distance to every document that passes; null where more than `atMost` do. */
async function searchMatches(
  db: Queryable,
  request: FeatureSearchRequest,
  query: Float32Array,
  atMost: number | null,
): Promise<ScoredDocument[] | null> {
  const parameters = new SqlParameters();
  const distance = distanceTo(query, request, parameters);
  const table = featureTable(request.feature);
  const passes =
    request.filter === null
      ? 'true' // the table is of one collection
      : `d.collection_id = ${parameters.add(request.collection.id)} and ${filterCondition(request.filter, parameters)}`;
  // counting up to a bound looks at documents alone; all of them are only those that have a vector, which may be few
  const candidates = atMost === null ? `${table} f join documents d using (doc)` : 'documents d';
  const most = parameters.add(atMost);
  const rows = await db.query<{ exceeded: boolean; document_id: string | null; score: number }>(
    `with matching as materialized (
       select doc, d.document_id from ${candidates} where ${passes} limit ${most}::bigint + 1
     )
     select c.exceeded, h.document_id, 1 - h.distance as score
     from (select coalesce(count(*) > ${most}::bigint, false) as exceeded from matching) c
     left join lateral (
       select m.document_id, ${distance} as distance from matching m join ${table} f using (doc)
       where not c.exceeded
       order by distance, m.document_id collate "C" limit ${parameters.add(request.topK)}
     ) h on true
     order by h.distance, h.document_id collate "C"`,
    parameters.values,
  );
  if (rows[0]?.exceeded) return null;
  return rows.flatMap(({ document_id, score }) =>
    document_id === null ? [] : [toScoredDocument({ document_id, score })],
  );
}

function distanceTo(query: Float32Array, { feature }: FeatureSearchRequest, parameters: SqlParameters): string {
  return `f.embedding <=> ${parameters.add(encodeVector(query))}::vector::${vectorType(feature)}`;
}

function toScoredDocument(row: { document_id: string; score: number }): ScoredDocument {
  return { documentId: row.document_id, score: row.score };
}
