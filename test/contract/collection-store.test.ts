import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CollectionStore } from '../../src/collections/collection-store.ts';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import type { Collection, FeatureSpec } from '../../src/collections/collection.ts';
import { featureTable, lexemeTable } from '../../src/collections/feature-tables.postgres.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createNamespace, indexedDocument, lexicalFeature, vectorFeature, wordCounts } from '../fixtures/collection.ts';
import { testDatabases } from '../fixtures/postgres.ts';

describe.each(testDatabases())('collections on $name', ({ open }) => {
  let db: Database;
  let store: CollectionStore;
  let ns: string;

  beforeAll(async () => {
    db = await open();
    store = createPostgresCollectionStore(db);
  });
  beforeEach(async () => {
    ns = await createNamespace(db);
  });
  afterAll(() => db.close());

  type Sent = Parameters<typeof indexedDocument>[1];
  const write = (collection: Collection, ...documents: Sent[]) =>
    store.write(
      collection,
      documents.map((document) => indexedDocument(collection, document)),
    );

  /** Everything an index holds, by document id, in an order that does not depend on its history. */
  async function indexState(collection: Collection) {
    const state = [];
    for (const feature of collection.features) {
      const columns = feature.kind === 'vector' ? 'embedding::text' : 'lexeme, tf, dl';
      state.push(
        await db.query(
          `select d.document_id, ${columns} from ${featureTable(feature)} f left join documents d using (doc) order by 1, 2`,
        ),
      );
      if (feature.kind === 'vector') continue;
      state.push(await db.query(`select lexeme, df from ${lexemeTable(feature)} order by lexeme`));
      state.push(
        await db.query('select document_count, total_length from collection_features where id = $1', [feature.id]),
      );
    }
    return state;
  }

  describe('a collection', () => {
    test('comes back as it was made, its features in order', async () => {
      const specs: FeatureSpec[] = [
        { ...lexicalFeature(), fields: ['content', 'brand.name'] },
        vectorFeature(3),
        vectorFeature(4000, 'long'),
      ];
      const collection = await store.create(ns, 'products', specs);
      expect(collection).toMatchObject({ namespaceId: ns, name: 'products', features: specs });
      expect(collection.createdAt).toBeGreaterThan(1.7e12);
      expect(await store.get(ns, [collection.id])).toEqual([collection]);
    });

    test('is seen by its namespace only', async () => {
      const { id } = await store.create(ns, 'products', [vectorFeature(3)]);
      const other = await createNamespace(db);
      expect(await store.get(other, [id])).toEqual([]);
      expect((await store.list(other, { limit: 10, after: null })).items).toEqual([]);
      await expect(store.create(other, 'products', [vectorFeature(3)])).resolves.toMatchObject({ name: 'products' });
    });

    test('has a name of its own in the namespace', async () => {
      await store.create(ns, 'products', [vectorFeature(3)]);
      await expect(store.create(ns, 'products', [vectorFeature(4)])).rejects.toMatchObject({
        name: 'ConflictError',
        code: 'COLLECTION_NAME_TAKEN',
        path: ['input', 'name'],
      });
    });

    test('is made whole or not at all', async () => {
      await expect(store.create(ns, 'products', [lexicalFeature(), vectorFeature(4001)])).rejects.toThrow();
      expect((await store.list(ns, { limit: 10, after: null })).items).toEqual([]);
    });

    test('is not found by what is no id', async () => {
      expect(await store.get(ns, ['', 'products', "'", uuidv7()])).toEqual([]);
    });
  });

  test('pages run from the newest to the oldest without gaps or repeats', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await store.create(ns, name, [vectorFeature(2)]);
    const seen: string[] = [];
    let after: string | null = null;
    for (;;) {
      const page = await store.list(ns, { limit: 2, after });
      seen.push(...page.items.map(({ name }) => name));
      if (!page.hasNextPage) break;
      after = page.items.at(-1)!.id;
    }
    expect(seen).toEqual(names.reverse());
  });

  test('a cursor of another kind is refused', async () => {
    await expect(store.list(ns, { limit: 2, after: 'x' })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
  });

  describe('documents', () => {
    test('come back as they were sent', async () => {
      const collection = await store.create(ns, 'products', [lexicalFeature(), vectorFeature(2)]);
      const metadata = { price: 12.5, tags: ['a', 'b'], deep: { er: null }, "it's": '"quoted" \\ {x}' };
      await write(
        collection,
        { documentId: "o'neill", content: 'red {tent}, "large"', metadata },
        { documentId: 'bare' },
      );
      const found = await store.documents([collection.id], ["o'neill", 'bare', 'absent', 'n\0l']);
      expect(found.toSorted((a, b) => a.documentId.localeCompare(b.documentId))).toEqual([
        { documentId: 'bare', content: null, metadata: {} },
        { documentId: "o'neill", content: 'red {tent}, "large"', metadata },
      ]);
      expect(await store.count([collection.id])).toEqual(new Map([[collection.id, 2]]));
    });

    test('of two collections with the same id, the one of the collection named first comes', async () => {
      const first = await store.create(ns, 'first', [lexicalFeature()]);
      const second = await store.create(ns, 'second', [lexicalFeature()]);
      await write(first, { documentId: 'x', content: 'of the first' });
      await write(second, { documentId: 'x', content: 'of the second' }, { documentId: 'y', content: 'alone' });
      const contents = async (...ids: string[]) =>
        (await store.documents(ids, ['x', 'y'])).map(({ content }) => content).sort();
      expect(await contents(first.id, second.id)).toEqual(['alone', 'of the first']);
      expect(await contents(second.id, first.id)).toEqual(['alone', 'of the second']);
    });

    test('sent a second time leave everything as it was', async () => {
      const collection = await store.create(ns, 'products', [lexicalFeature(), vectorFeature(2)]);
      const documents: Sent[] = [
        { documentId: 'a', content: 'red red tent', vector: [1, 2] },
        { documentId: 'b', content: 'blue tent', metadata: { n: 1.0 } },
        { documentId: 'c', vector: [0, -1] },
      ];
      await write(collection, ...documents);
      const before = await indexState(collection);
      await write(collection, ...documents.toReversed());
      expect(await indexState(collection)).toEqual(before);
      expect((await store.count([collection.id])).get(collection.id)).toBe(3);
    });

    test('are replaced whole: an index entry that is not sent again is gone', async () => {
      const collection = await store.create(ns, 'products', [lexicalFeature(), vectorFeature(2)]);
      await write(collection, { documentId: 'a', content: 'red tent', metadata: { n: 1 }, vector: [1, 2] });
      await write(collection, { documentId: 'a', metadata: { m: 2 } });
      expect(await store.documents([collection.id], ['a'])).toEqual([
        { documentId: 'a', content: null, metadata: { m: 2 } },
      ]);
      expect(await indexState(collection)).toEqual([[], [], [{ document_count: 0, total_length: 0 }], []]);
    });

    test("have a caller's new vector even where their text stays", async () => {
      const collection = await store.create(ns, 'products', [vectorFeature(2)]);
      await write(collection, { documentId: 'a', content: 'tent', vector: [1, 0] });
      await write(collection, { documentId: 'a', content: 'tent', vector: [0, 1] });
      expect(await indexState(collection)).toEqual([[{ document_id: 'a', embedding: '[0,1]' }]]);
    });

    test('are stored all or none', async () => {
      const collection = await store.create(ns, 'products', [lexicalFeature(), vectorFeature(2)]);
      const sound = indexedDocument(collection, { documentId: 'a', content: 'tent', vector: [1, 0] });
      const long = new Map([[collection.features[1]!.id, Float32Array.of(1, 0, 0)]]);
      await expect(store.write(collection, [sound, { ...sound, documentId: 'b', vectors: long }])).rejects.toThrow();
      expect((await store.count([collection.id])).get(collection.id)).toBe(0);
      expect(await indexState(collection)).toEqual([[], [], [{ document_count: 0, total_length: 0 }], []]);
    });

    test('leave every index when they are removed', async () => {
      const collection = await store.create(ns, 'products', [lexicalFeature(), vectorFeature(2)]);
      const kept: Sent = { documentId: 'kept', content: 'blue tent', vector: [0, 1] };
      await write(collection, kept);
      const before = await indexState(collection);
      await write(collection, { documentId: 'gone', content: 'red red tent', vector: [1, 2] });
      expect(await store.remove(collection, ['gone', 'never there', 'n\0l'])).toBe(1);
      expect(await store.remove(collection, ['gone'])).toBe(0);
      expect(await indexState(collection)).toEqual(before);
    });

    test('of a collection are no concern of another', async () => {
      const mine = await store.create(ns, 'mine', [lexicalFeature()]);
      const theirs = await store.create(ns, 'theirs', [lexicalFeature()]);
      await write(mine, { documentId: 'x', content: 'tent' });
      await write(theirs, { documentId: 'x', content: 'tent' });
      await store.remove(mine, ['x']);
      expect(await store.documents([theirs.id], ['x'])).toHaveLength(1);
      expect(await indexState(theirs)).toMatchObject([[{ lexeme: 'tent' }], [{ df: 1 }], [{ document_count: 1 }]]);
    });

    test('written by two callers at once in another order are all stored, and counted once', async () => {
      const collection = await store.create(ns, 'products', [lexicalFeature(), vectorFeature(2)]);
      const documents = (colour: string) =>
        Array.from({ length: 60 }, (_, n) => ({ documentId: `d${n}`, content: `${colour} tent`, vector: [1, n] }));
      await Promise.all([
        write(collection, ...documents('red')),
        write(collection, ...documents('blue').reverse()),
        store.remove(collection, ['d7', 'd3']),
        write(collection, ...documents('green')),
      ]);
      // whoever came last, the removal perhaps; what the others left behind would show in the counts
      await write(collection, ...documents('black'));
      const [, lexemes, statistics] = await indexState(collection);
      expect(lexemes).toContainEqual({ lexeme: 'black', df: 60 });
      expect(lexemes).toContainEqual({ lexeme: 'tent', df: 60 });
      expect(lexemes).toHaveLength(2);
      expect(statistics).toEqual([{ document_count: 60, total_length: 120 }]);
    });
  });

  test('BM25 statistics are those of the documents that are there, whatever came before', async () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'É', "'"), { maxLength: 6 });
    const id = fc.constantFrom('1', '2', '3', '4', '5');
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.dictionary(
          id,
          words.map((list) => list.join(' ')),
          { minKeys: 1 },
        ),
      },
      fc.uniqueArray(id, { minLength: 1 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const collection = await store.create(ns, uuidv7(), [lexicalFeature()]);
        const expected = new Map<string, string>();
        for (const change of steps) {
          if (Array.isArray(change)) {
            await store.remove(collection, change);
            for (const gone of change) expected.delete(gone);
          } else {
            await write(
              collection,
              ...Object.entries(change).map(([documentId, content]) => ({ documentId, content })),
            );
            for (const [documentId, content] of Object.entries(change)) expected.set(documentId, content);
          }
        }
        expect(await indexState(collection)).toEqual(bruteForceState(expected));
      }),
      { numRuns: 25 },
    );
  });
});

/** What indexState must say of a collection with one lexical feature over these contents. */
function bruteForceState(contents: ReadonlyMap<string, string>) {
  const postings: { document_id: string; lexeme: string; tf: number; dl: number }[] = [];
  const df = new Map<string, number>();
  let [documents, totalLength] = [0, 0];
  for (const [document_id, content] of contents) {
    const counts = wordCounts(content);
    const dl = [...counts.values()].reduce((sum, tf) => sum + tf, 0);
    if (dl > 0) documents += 1;
    totalLength += dl;
    for (const [lexeme, tf] of counts) {
      postings.push({ document_id, lexeme, tf, dl });
      df.set(lexeme, (df.get(lexeme) ?? 0) + 1);
    }
  }
  const byBytes = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));
  return [
    postings.sort((a, b) => byBytes(a.document_id, b.document_id) || byBytes(a.lexeme, b.lexeme)),
    [...df].map(([lexeme, count]) => ({ lexeme, df: count })).sort((a, b) => byBytes(a.lexeme, b.lexeme)),
    [{ document_count: documents, total_length: totalLength }],
  ];
}
