import type { Collection, CollectionFeature } from '../../../src/collections/collection.ts';
import { featureTable } from '../../../src/collections/feature-tables.postgres.ts';
import { createBm25 } from '../../../src/extractors/bm25.ts';
import { createMiniLm } from '../../../src/extractors/minilm/minilm.ts';
import type { PoolDatabase } from '../../../src/postgres/pool-database.ts';
import { encodeVector } from '../../../src/postgres/vector-codec.ts';
import { createPostgresFeatureSearcher } from '../../../src/search/feature-searcher.postgres.ts';
import type { JudgedQuery } from '../learning/judged-set.ts';
import { perSecond, spread, timed } from './load.ts';
import { mean, ndcgAt10, type AttuneMeasurement } from './measure-attune.ts';
import type { MovieCorpus } from './movie-corpus.ts';

const TOP_K = 100;
const RECALL_QUERIES = 100;

type Row = Record<string, string | number>;
type Found = { documentId: string }[];

/** The queries beneath, by themselves: sent straight to the database, their vectors known before. */
export async function measureBareQueries(
  database: PoolDatabase,
  collection: Collection,
  corpus: MovieCorpus,
  measurement: AttuneMeasurement,
): Promise<Row[]> {
  const vectors = await queryVectors(measurement.queries);
  const feature = (fragment: string) => collection.features.find(({ featureUri }) => featureUri.includes(fragment))!;
  const nearest = pgvectorQuery(database, feature('minilm'), corpus.movies.length);
  const rows: Row[] = [
    {
      system: 'bare pgvector query',
      ...(await measure(measurement, (query) => nearest(vectors.get(query.id)!))),
      recallAt100: await recallAt100(corpus, measurement.queries.slice(0, RECALL_QUERIES), (query) => {
        const vector = vectors.get(query.id)!;
        return { vector, found: nearest(vector) };
      }),
    },
  ];
  for (const field of ['title', 'overview']) {
    const search = bm25Query(database, collection, feature(`${field}@`));
    rows.push({ system: `bare BM25 query, ${field}`, ...(await measure(measurement, search)) });
  }
  return rows;
}

export async function queryVectors(queries: readonly JudgedQuery[]): Promise<Map<string, Float32Array>> {
  const minilm = createMiniLm({ threads: 2 });
  const vectors = await minilm.embed(
    queries.map(({ text }) => text),
    'query',
  );
  await minilm.close();
  return new Map(queries.map(({ id }, index) => [id, vectors[index] as Float32Array]));
}

/** As one writes it by hand, as broad a search of the graph as Attune asks for. */
function pgvectorQuery(database: PoolDatabase, feature: CollectionFeature, documents: number) {
  const breadth = Math.ceil(TOP_K * (2 + Math.max(0, Math.log10(documents / 10_000))));
  const sql = `
    with nearest as materialized (
      select doc, embedding <=> $1::vector(384) as distance from ${featureTable(feature)}
      where (select set_config('hnsw.ef_search', '${breadth}', true)) is not null
      order by embedding <=> $1::vector(384) limit ${TOP_K}
    )
    select d.document_id as "documentId" from nearest join documents d using (doc) order by distance`;
  return (vector: Float32Array): Promise<Found> => database.query(sql, [encodeVector(vector)], { prepare: true });
}

/** Postgres has none of its own, so it is the one that Attune sends. */
function bm25Query(database: PoolDatabase, collection: Collection, feature: CollectionFeature) {
  const searcher = createPostgresFeatureSearcher(database);
  const { terms } = createBm25();
  return ({ text }: JudgedQuery): Promise<Found> =>
    searcher.search({
      ...{ collection, feature, topK: TOP_K, filter: null },
      query: { kind: 'lexical', terms: [...terms(text).keys()] },
    });
}

export async function measure(
  { queries, warmUp, throughput }: AttuneMeasurement,
  search: (query: JudgedQuery) => Promise<Found>,
): Promise<Row> {
  const samples: { ms: number; ndcg: number }[] = [];
  for (const [n, query] of queries.entries()) {
    const { ms, result } = await timed(() => search(query));
    if (n >= warmUp) samples.push({ ms, ndcg: ndcgAt10(result, query) });
  }
  return {
    ...spread(samples.map(({ ms }) => ms)),
    perSecond: await perSecond((n) => search(queries[n % queries.length]!), throughput),
    ndcgAt10: mean(samples.map(({ ndcg }) => ndcg)),
  };
}

/** Share of the exact nearest hundred that is found, on average. */
async function recallAt100(
  { movies }: MovieCorpus,
  queries: readonly JudgedQuery[],
  ask: (query: JudgedQuery) => { vector: Float32Array; found: Promise<Found> },
): Promise<number> {
  const recalls: number[] = [];
  for (const query of queries) {
    const { vector, found } = ask(query);
    const scored = movies.map(({ documentId, vector: own }) => ({ documentId, score: dot(vector, own) }));
    const exact = new Set(
      scored
        .sort((a, b) => b.score - a.score)
        .slice(0, TOP_K)
        .map(({ documentId }) => documentId),
    );
    recalls.push((await found).filter(({ documentId }) => exact.has(documentId)).length / exact.size);
  }
  return mean(recalls);
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
