import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectionStore } from '../../src/collections/collection-store.ts';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import type { Collection } from '../../src/collections/collection.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createNamespace, indexedDocument, lexicalFeature, vectorFeature } from '../fixtures/collection.ts';
import { testDatabases } from '../fixtures/postgres.ts';

describe.each(testDatabases())('documents page by page on $name', ({ open }) => {
  let db: Database;
  let store: CollectionStore;
  beforeAll(async () => {
    db = await open();
    store = createPostgresCollectionStore(db);
  });
  afterAll(() => db.close());

  const ids = ['b', 'ä', 'a', 'a b', '"quoted"', 'A', 'emoji-🪑', '10', '9'];
  const created = async (name: string, ...features: Parameters<CollectionStore['create']>[2]) =>
    store.create(await createNamespace(db), name, features);
  const fill = (collection: Collection, documents: readonly Parameters<typeof indexedDocument>[1][]) =>
    store.write(
      collection,
      documents.map((document) => indexedDocument(collection, document)),
    );
  async function listed(collection: Collection, limit: number): Promise<string[]> {
    const found: string[] = [];
    for (let pages = 0; pages < 20; pages++) {
      const { items, hasNextPage } = await store.documentPage(collection.id, { limit, after: found.at(-1) ?? null });
      found.push(...items.map(({ documentId }) => documentId));
      if (!hasNextPage) return found;
    }
    throw new Error('The pages do not end.');
  }

  test('come whole, each once, whatever the size of a page', async () => {
    const collection = await created('all', lexicalFeature());
    await fill(
      collection,
      ids.map((documentId) => ({ documentId, content: `text of ${documentId}`, metadata: { of: documentId } })),
    );
    const everything = await listed(collection, 100);
    expect([...everything].sort()).toEqual([...ids].sort());
    for (const limit of [1, 2, 9]) expect(await listed(collection, limit)).toEqual(everything);
    const { items } = await store.documentPage(collection.id, { limit: 100, after: null });
    expect(items).toContainEqual({ documentId: 'ä', content: 'text of ä', metadata: { of: 'ä' } });
  });

  test('go on behind a document that is gone, and are those of one collection', async () => {
    const [collection, other] = [await created('one', lexicalFeature()), await created('two', lexicalFeature())];
    await fill(
      collection,
      ['a', 'b', 'c'].map((documentId) => ({ documentId })),
    );
    await fill(other, [{ documentId: 'bb' }]);
    await store.remove(collection, ['b']);
    const page = await store.documentPage(collection.id, { limit: 5, after: 'b' });
    expect(page).toEqual({ items: [{ documentId: 'c', content: null, metadata: {} }], hasNextPage: false });
  });

  test('give back the vectors that came with them, and none of an extractor', async () => {
    const extracted = { ...vectorFeature(2, 'extracted'), extractor: 'words' };
    const collection = await created('vectors', vectorFeature(2), extracted, lexicalFeature());
    await fill(collection, [{ documentId: 'with', vector: [3, 4] }, { documentId: 'without' }]);
    const vectors = await store.broughtVectors(collection, ['with', 'without', 'nowhere']);
    expect([...vectors]).toEqual([
      ['with', [{ featureUri: vectorFeature(2).featureUri, values: Float32Array.of(0.6, 0.8) }]],
    ]);
  });
});
