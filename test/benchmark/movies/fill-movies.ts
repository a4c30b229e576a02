import { createPostgresNamespaceStore } from '../../../src/access/namespace-store.postgres.ts';
import { defaultNamespace } from '../../../src/access/authenticate.ts';
import { createPostgresCollectionStore } from '../../../src/collections/collection-store.postgres.ts';
import type { Collection, CollectionFeature, IndexedDocument } from '../../../src/collections/collection.ts';
import { createCollection } from '../../../src/collections/create-collection.ts';
import { documentText } from '../../../src/collections/document-text.ts';
import { featureTable } from '../../../src/collections/feature-tables.postgres.ts';
import { extractorOf } from '../../../src/collections/feature-extractor.ts';
import type { ExtractorRegistry } from '../../../src/extractors/extractor.ts';
import { createExtractorRegistry } from '../../../src/extractors/registry.ts';
import type { PoolDatabase } from '../../../src/postgres/pool-database.ts';
import { randomUUID } from 'node:crypto';
import type { Movie } from './movie-corpus.ts';
import { aliasesOf, type MovieFeature } from './movie-features.ts';

const BATCH = 500;

/**
 * A collection in the default namespace with these documents in it: by the collection store, as an upsert stores them, but
 * with the vectors that were worked out before, and with the HNSW indexes built at the end, which takes a fraction of the time.
 */
export async function fillMovies(
  database: PoolDatabase,
  movies: readonly Movie[],
  features: readonly MovieFeature[],
  say: (line: string) => void,
): Promise<Collection> {
  const extractors = createExtractorRegistry({ aliases: aliasesOf(features) });
  const store = createPostgresCollectionStore(database);
  const namespaces = createPostgresNamespaceStore(database);
  const { id: namespaceId } = await namespaces.ensure({ id: randomUUID(), name: defaultNamespace });
  const named = features.map(({ featureUri, fields }) => ({ featureUri, fields, dimensions: null }));
  const collection = await createCollection({ collections: store, extractors }, namespaceId, {
    name: 'movies',
    features: named,
  });
  const buildIndexes = await dropVectorIndexes(database, collection);
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000);
  for (let from = 0; from < movies.length; from += BATCH) {
    const batch = movies.slice(from, from + BATCH);
    await store.write(collection, await Promise.all(batch.map((movie) => indexed(movie, collection, extractors))));
    if ((from + BATCH) % 10_000 < BATCH) say(`  ${from + batch.length} of ${movies.length} movies, ${seconds()} s`);
  }
  await buildIndexes();
  for (const table of await tablesOf(database)) await database.query(`vacuum analyze ${table}`);
  await database.query('checkpoint');
  say(`  ${movies.length} movies stored and indexed in ${seconds()} s`);
  await extractors.close();
  return collection;
}

async function indexed(movie: Movie, collection: Collection, extractors: ExtractorRegistry): Promise<IndexedDocument> {
  const { documentId, title, overview, actors } = movie;
  const document = { documentId, content: null, metadata: { title, overview, actors } };
  const vectors = new Map<number, Float32Array>();
  const terms = new Map<number, ReadonlyMap<string, number>>();
  for (const feature of collection.features) {
    const extractor = extractorOf(feature, extractors);
    const text = documentText(document, feature.fields);
    if (extractor?.kind === 'lexical') terms.set(feature.id, extractor.terms(text));
    else if (extractor?.name === 'minilm') vectors.set(feature.id, movie.vector);
    else if (extractor !== null && text !== '') {
      const [vector] = await extractor.embed([text], 'document');
      if (vector?.some((value) => value !== 0)) vectors.set(feature.id, vector);
    }
  }
  return { ...document, vectors, terms };
}

/** @returns the way to build them again, in memory where it suffices */
async function dropVectorIndexes(database: PoolDatabase, { features }: Collection): Promise<() => Promise<void>> {
  const tables = features
    .filter(({ kind }) => kind === 'vector')
    .map((feature: CollectionFeature) => featureTable(feature));
  const indexes = await database.query<{ name: string; definition: string }>(
    "select indexname as name, indexdef as definition from pg_indexes where tablename = any($1) and indexdef like '%hnsw%'",
    [tables],
  );
  for (const { name } of indexes) await database.query(`drop index ${name}`);
  // by `pg` itself, which lets a statement run for longer than a server would
  return () =>
    database.withClient(async (client) => {
      await client.query("set maintenance_work_mem = '1GB'");
      for (const { definition } of indexes) await client.query(definition);
      await client.query('reset maintenance_work_mem');
    });
}

async function tablesOf(database: PoolDatabase): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
  );
  return rows.map(({ name }) => name);
}
