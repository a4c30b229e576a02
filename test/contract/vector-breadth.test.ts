import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import type { Collection } from '../../src/collections/collection.ts';
import { featureTable } from '../../src/collections/feature-tables.postgres.ts';
import type { Database, Queryable } from '../../src/postgres/database.ts';
import { createPostgresFeatureSearcher } from '../../src/search/feature-searcher.postgres.ts';
import { createNamespace, indexedDocument, vectorFeature } from '../fixtures/collection.ts';
import { testDatabases } from '../fixtures/postgres.ts';

describe.each(testDatabases())('a search of the HNSW graph on $name', ({ open }) => {
  let db: Database;
  let collection: Collection;

  beforeAll(async () => {
    db = await open();
    const store = createPostgresCollectionStore(db);
    collection = await store.create(await createNamespace(db), 'vectors', [vectorFeature(3)]);
    await store.write(collection, [indexedDocument(collection, { documentId: 'd', vector: [1, 0, 0] })]);
  });
  afterAll(() => db.close());

  test.each([
    [-1, 100, 200],
    [9_000, 100, 200],
    [100_000, 100, 300],
    [300_000, 100, 348],
    [1_000_000, 25, 150],
    [1_000_000, 1000, 1000],
  ])('grows broader with the table: with %i rows, for %i hits', async (rows, topK, breadth) => {
    const [feature] = collection.features;
    const query = { kind: 'vector', vector: Float32Array.of(1, 0, 0) } as const;
    await rolledBack(db, async (tx) => {
      await tx.query('update pg_class set reltuples = $1 where relname = $2', [rows, featureTable(feature!)]);
      await createPostgresFeatureSearcher(tx).search({ collection, feature: feature!, query, topK, filter: null });
      const [setting] = await tx.query<{ breadth: string }>("select current_setting('hnsw.ef_search') as breadth");
      expect(Number(setting?.breadth)).toBe(breadth);
    });
  });
});

/** Whatever is done there leaves no trace. */
async function rolledBack(db: Database, work: (tx: Queryable) => Promise<void>): Promise<void> {
  const done = new Error('done');
  const outcome = db.transaction(async (tx) => {
    await work(tx);
    throw done;
  });
  await outcome.catch((error: unknown) => {
    if (error !== done) throw error;
  });
}
