import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cacheCollections } from '../../src/collections/collection-cache.ts';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import type { Database } from '../../src/postgres/database.ts';
import { RetrieverCache } from '../../src/retrievers/retriever-cache.ts';
import { createPostgresRetrieverStore } from '../../src/retrievers/retriever-store.postgres.ts';
import type { RetrieverDefinition } from '../../src/retrievers/retriever.ts';
import { createNamespace, vectorFeature } from '../fixtures/collection.ts';
import { handClock, type HandClock } from '../fixtures/hand-clock.ts';
import { testDatabases } from '../fixtures/postgres.ts';
import { retriever as anyRetriever } from '../schema/hand-made-app.ts';

describe.each(testDatabases())('definitions that are kept in memory, on $name', ({ open }) => {
  let db: Database;
  let ns: string;
  let clock: HandClock;
  /** Look-ups that reached the store. */
  let asked: string[];

  beforeAll(async () => {
    db = await open();
  });
  beforeEach(async () => {
    ns = await createNamespace(db);
    clock = handClock();
    asked = [];
  });
  afterAll(() => db.close());

  const definition = (name: string): RetrieverDefinition => ({ ...anyRetriever, name });

  function cacheOn(shared: boolean) {
    const store = createPostgresRetrieverStore(db);
    const counting: typeof store = {
      ...store,
      get: (namespaceId, ids) => {
        asked.push(...ids);
        return store.get(namespaceId, ids);
      },
    };
    return new RetrieverCache({ store: counting, clock, shared });
  }

  describe('retrievers', () => {
    test('are asked for once, also by searches at once', async () => {
      const cache = cacheOn(true);
      const { id } = await cache.store.create(ns, definition('shop'));
      const found = await Promise.all([cache.get(ns, [id]), cache.get(ns, [id])]);
      expect([...found, await cache.get(ns, [id])]).toEqual(
        Array(3).fill([expect.objectContaining({ id, version: 1 })]),
      );
      expect(asked).toEqual([id]);
    });

    test('that were updated or deleted here are read anew', async () => {
      const cache = cacheOn(false);
      const { id } = await cache.store.create(ns, definition('shop'));
      await cache.get(ns, [id]);
      await cache.get(ns, [id.toUpperCase()]);
      await cache.store.update(ns, id, async () => definition('store'));
      expect(await cache.get(ns, [id])).toMatchObject([{ name: 'store', version: 2 }]);
      expect(await cache.get(ns, [id.toUpperCase()])).toMatchObject([{ name: 'store', version: 2 }]);
      await cache.store.delete(ns, id);
      expect(await cache.get(ns, [id])).toEqual([]);
    });

    test('that another instance updated are read anew after a second, or when told', async () => {
      const [here, there] = [cacheOn(true), cacheOn(true)];
      const { id } = await here.store.create(ns, definition('shop'));
      await here.get(ns, [id]);
      await there.store.update(ns, id, async () => definition('store'));
      await clock.advance(999);
      expect(await here.get(ns, [id])).toMatchObject([{ version: 1 }]);
      await clock.advance(2);
      expect(await here.get(ns, [id])).toMatchObject([{ version: 2 }]);
      await there.store.update(ns, id, async () => definition('market'));
      here.forget(id);
      expect(await here.get(ns, [id])).toMatchObject([{ version: 3 }]);
      await there.store.update(ns, id, async () => definition('bazaar'));
      here.forgetAll();
      expect(await here.get(ns, [id])).toMatchObject([{ version: 4 }]);
    });

    test('are kept for good where nobody else can change them', async () => {
      const cache = cacheOn(false);
      const { id } = await cache.store.create(ns, definition('shop'));
      await cache.get(ns, [id]);
      await clock.advance(3_600_000);
      await cache.get(ns, [id]);
      expect(asked).toEqual([id]);
    });

    test('of another namespace stay hidden, whoever asked first', async () => {
      const cache = cacheOn(true);
      const other = await createNamespace(db);
      const { id } = await cache.store.create(ns, definition('shop'));
      expect(await Promise.all([cache.get(other, [id]), cache.get(ns, [id])])).toMatchObject([[], [{ id }]]);
      expect(await Promise.all([cache.get(ns, [id]), cache.get(other, [id])])).toMatchObject([[{ id }], []]);
    });

    test('that are not there yet are found when they are', async () => {
      const cache = cacheOn(false);
      const { id } = await cache.store.create(ns, definition('shop'));
      await cache.store.delete(ns, id);
      expect(await cache.get(ns, [id, 'no uuid'])).toEqual([]);
      expect(await cache.get(ns, [id])).toEqual([]);
      expect(asked).toEqual([id, 'no uuid', id]);
    });
  });

  test('collections are asked for once, and only by their namespace', async () => {
    const store = createPostgresCollectionStore(db);
    const gets: (readonly string[])[] = [];
    const cache = cacheCollections({
      ...store,
      get: (namespaceId, ids) => {
        gets.push(ids);
        return store.get(namespaceId, ids);
      },
    });
    const [one, two] = [
      await store.create(ns, 'one', [vectorFeature(2)]),
      await store.create(ns, 'two', [vectorFeature(2)]),
    ];
    expect(await cache.get(ns, [one.id])).toEqual([one]);
    expect(await cache.get(ns, [one.id])).toEqual([one]);
    expect((await cache.get(ns, [one.id, two.id])).map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());
    expect(await cache.get(ns, [two.id, one.id])).toEqual([two, one]);
    expect(gets).toEqual([[one.id], [one.id, two.id]]);
    expect(await cache.get(await createNamespace(db), [one.id])).toEqual([]);
  });
});
