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

describe.each(testDatabases())('a vector search of a few of many documents on $name', ({ open }) => {
  let db: Database;
  beforeAll(async () => void (db = await open()));
  afterAll(() => db.close());

  test('looks at those that have a vector, and not at all the others', async () => {
    const store = createPostgresCollectionStore(db);
    const collection = await store.create(await createNamespace(db), 'sparse', [vectorFeature(3)]);
    const documents = Array.from({ length: 3_000 }, (_, n) => ({
      documentId: `d${n}`,
      ...(n < 3 && { vector: [1, n, 0] }),
    }));
    await store.write(
      collection,
      documents.map((document) => indexedDocument(collection, document)),
    );
    await db.query(`analyze ${featureTable(collection.features[0]!)}, documents`);
    const looks: number[] = [];
    const looking: Queryable = {
      async query(sql, values, options) {
        const [row] = await db.query<{ 'QUERY PLAN': unknown }>(`explain (analyze, format json) ${sql}`, values);
        looks.push(...rowsOf(row!['QUERY PLAN'], 'documents'));
        return db.query(sql, values, options);
      },
    };
    const hits = await createPostgresFeatureSearcher(looking).search({
      ...{ collection, feature: collection.features[0]!, topK: 100, filter: null },
      query: { kind: 'vector', vector: Float32Array.of(1, 0, 0) },
    });
    expect(hits.map(({ documentId }) => documentId)).toEqual(['d0', 'd1', 'd2']);
    expect(looks.length).toBeGreaterThan(0);
    expect(Math.max(...looks)).toBeLessThan(10);
  });
});

/** The rows that each scan of a table brought, in all its rounds. */
function rowsOf(plan: unknown, table: string): number[] {
  if (typeof plan !== 'object' || plan === null) return [];
  const node = plan as Record<string, unknown>;
  const own = node['Relation Name'] === table ? [Number(node['Actual Rows']) * Number(node['Actual Loops'])] : [];
  return [...own, ...Object.values(node).flatMap((part) => rowsOf(part, table))];
}

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
