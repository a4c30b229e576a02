import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import type { Collection } from '../../src/collections/collection.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createRetriever } from '../../src/retrievers/create-retriever.ts';
import { deleteRetriever } from '../../src/retrievers/delete-retriever.ts';
import type { CreateRetrieverInput, StageInput } from '../../src/retrievers/retriever-input.ts';
import { createPostgresRetrieverStore } from '../../src/retrievers/retriever-store.postgres.ts';
import type { RetrieverStore } from '../../src/retrievers/retriever-store.ts';
import type { RetrieverDefinition } from '../../src/retrievers/retriever.ts';
import { updateRetriever } from '../../src/retrievers/update-retriever.ts';
import { createNamespace, vectorFeature } from '../fixtures/collection.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const feature = vectorFeature(3);
const stages: StageInput[] = [
  {
    featureSearch: {
      searches: [{ featureUri: feature.featureUri, query: '{{INPUT.v}}', topK: null, weight: 0.1, filters: null }],
      fusion: 'LEARNED',
      finalTopK: 7,
      rankConstant: null,
      rawScores: null,
      learningConfig: null,
      filters: { 'odd "key"': { eq: 'ü' } },
      groupBy: null,
      facets: ['b', 'a'],
    },
  },
  { limit: 3 },
];

describe.each(testDatabases())('retrievers on $name', ({ open }) => {
  let db: Database;
  let retrievers: RetrieverStore;
  let collections: ReturnType<typeof createPostgresCollectionStore>;
  let namespaceId: string;
  let collection: Collection;

  beforeAll(async () => {
    db = await open();
    retrievers = createPostgresRetrieverStore(db);
    collections = createPostgresCollectionStore(db);
  });
  beforeEach(async () => {
    namespaceId = await createNamespace(db);
    collection = await collections.create(namespaceId, 'products', [feature]);
  });
  afterAll(() => db.close());

  const deps = () => ({ retrievers, collections, lessons: { of: async () => null } });
  const create = (change: Partial<CreateRetrieverInput> = {}) =>
    createRetriever(deps(), namespaceId, {
      retrieverName: 'shop',
      collectionIds: [collection.id],
      inputSchema: { v: { type: 'vector' } },
      stages,
      ...change,
    });
  const nothing = { retrieverName: null, collectionIds: null, inputSchema: null, stages: null };
  const update = (retrieverId: string, change: Partial<typeof nothing | CreateRetrieverInput>) =>
    updateRetriever(deps(), namespaceId, { ...nothing, retrieverId, ...change });

  test('a retriever comes back as it was made, in version 1', async () => {
    const retriever = await create();
    expect(retriever).toMatchObject({ name: 'shop', version: 1, namespaceId, inputSchema: { v: { type: 'vector' } } });
    expect(retriever.stages[0]).toMatchObject({ fusion: 'LEARNED', finalTopK: 7, facets: ['b', 'a'] });
    expect(await retrievers.get(namespaceId, [retriever.id])).toEqual([retriever]);
    expect(await retrievers.version(retriever.id, 1)).toEqual(retriever);
  });

  test('a collection is named by its id in either case, is kept in one, and counts once', async () => {
    const collectionIds = [collection.id.toUpperCase()];
    const retriever = await create({ collectionIds });
    expect(retriever.collectionIds).toEqual([collection.id]);
    expect(await update(retriever.id.toUpperCase(), { collectionIds })).toMatchObject({
      id: retriever.id,
      version: 2,
      collectionIds: [collection.id],
    });
    expect((await retrievers.version(retriever.id, 2))?.collectionIds).toEqual([collection.id]);
    const twice = { collectionIds: [collection.id, ...collectionIds] };
    const refusal = { code: 'INVALID_COLLECTIONS', path: ['input', 'collectionIds'] };
    await expect(create({ retrieverName: 'twice', ...twice })).rejects.toMatchObject(refusal);
    await expect(update(retriever.id, twice)).rejects.toMatchObject(refusal);
  });

  test('a name is taken once a namespace, and free again after a deletion', async () => {
    const first = await create();
    await expect(create()).rejects.toMatchObject({ code: 'RETRIEVER_NAME_TAKEN', path: ['input', 'retrieverName'] });
    const other = await create({ retrieverName: 'other' });
    await expect(update(other.id, { retrieverName: 'shop' })).rejects.toMatchObject({ code: 'RETRIEVER_NAME_TAKEN' });
    await deleteRetriever(deps(), namespaceId, first.id);
    expect(await update(other.id, { retrieverName: 'shop' })).toMatchObject({ name: 'shop', version: 2 });
  });

  test('an update changes what it gives, keeps the rest and leaves the old version readable', async () => {
    const before = await create();
    const after = await update(before.id, { retrieverName: 'bazaar' });
    expect(after).toEqual({ ...before, name: 'bazaar', version: 2, updatedAt: after.updatedAt });
    const again = await update(before.id, { inputSchema: { v: { type: 'array' } } });
    expect(again).toMatchObject({ name: 'bazaar', version: 3, inputSchema: { v: { type: 'array' } } });
    expect(again.stages).toEqual(before.stages);
    expect(await retrievers.version(before.id, 1)).toEqual(before);
    expect(await retrievers.version(before.id, 4)).toBeNull();
  });

  test('an update is checked with what it leaves as it is, and blamed on what it gives', async () => {
    const { id } = await create();
    const bare = await collections.create(namespaceId, 'bare', [vectorFeature(3, 'other')]);
    await expect(update(id, { collectionIds: [bare.id] })).rejects.toMatchObject({
      code: 'UNKNOWN_FEATURE_URI',
      path: ['input', 'collectionIds'],
    });
    await expect(update(id, { inputSchema: { query: {} } })).rejects.toMatchObject({
      code: 'UNKNOWN_TEMPLATE_INPUT',
      path: ['input', 'inputSchema'],
    });
    expect(await retrievers.get(namespaceId, [id])).toMatchObject([{ version: 1 }]);
  });

  test('updates at the same time come one after the other, and none is lost', async () => {
    const { id } = await create();
    await Promise.all([
      update(id, { retrieverName: 'renamed' }),
      update(id, { inputSchema: { v: {}, w: {} } }),
      update(id, { stages: stages.slice(0, 1) }),
    ]);
    const [retriever] = await retrievers.get(namespaceId, [id]);
    expect(retriever).toMatchObject({ version: 4, name: 'renamed', inputSchema: { v: {}, w: {} } });
    expect(retriever?.stages).toHaveLength(1);
  });

  test('a change that throws writes nothing', async () => {
    const { id } = await create();
    const change = () => Promise.reject<RetrieverDefinition>(new Error('no'));
    await expect(retrievers.update(namespaceId, id, change)).rejects.toThrow('no');
    expect(await retrievers.get(namespaceId, [id])).toMatchObject([{ version: 1 }]);
  });

  test('a deleted retriever is gone, but for its versions', async () => {
    const { id } = await create();
    await deleteRetriever(deps(), namespaceId, id);
    expect(await retrievers.get(namespaceId, [id])).toEqual([]);
    expect((await retrievers.list(namespaceId, { limit: 10, after: null })).items).toEqual([]);
    expect(await retrievers.version(id, 1)).toMatchObject({ id, version: 1 });
    const gone = { code: 'RETRIEVER_NOT_FOUND', path: ['input', 'retrieverId'] };
    await expect(deleteRetriever(deps(), namespaceId, id)).rejects.toMatchObject(gone);
    await expect(update(id, { retrieverName: 'back' })).rejects.toMatchObject(gone);
  });

  test('another namespace neither sees nor changes it', async () => {
    const { id } = await create();
    const stranger = await createNamespace(db);
    expect(await retrievers.get(stranger, [id])).toEqual([]);
    const gone = { code: 'RETRIEVER_NOT_FOUND' };
    await expect(deleteRetriever(deps(), stranger, id)).rejects.toMatchObject(gone);
    const input = { ...nothing, retrieverId: id, retrieverName: 'mine' };
    await expect(updateRetriever(deps(), stranger, input)).rejects.toMatchObject(gone);
    expect(await retrievers.get(namespaceId, [id])).toMatchObject([{ name: 'shop', version: 1 }]);
  });

  test('the list is newest first, in pages', async () => {
    const made = [];
    for (const retrieverName of ['a', 'b', 'c']) made.push(await create({ retrieverName }));
    const first = await retrievers.list(namespaceId, { limit: 2, after: null });
    expect(first.items.map(({ name }) => name)).toEqual(['c', 'b']);
    expect(first.hasNextPage).toBe(true);
    const second = await retrievers.list(namespaceId, { limit: 2, after: first.items[1]!.id });
    expect(second).toEqual({ items: [made[0]], hasNextPage: false });
    await expect(retrievers.list(namespaceId, { limit: 2, after: 'x' })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
  });

  test('an id that is no UUID names nothing', async () => {
    expect(await retrievers.get(namespaceId, ['x', "'; drop table retrievers"])).toEqual([]);
    expect(await retrievers.version('x', 1)).toBeNull();
    await expect(deleteRetriever(deps(), namespaceId, 'x')).rejects.toMatchObject({ code: 'RETRIEVER_NOT_FOUND' });
    await expect(update('x', {})).rejects.toMatchObject({ code: 'RETRIEVER_NOT_FOUND' });
  });

  test('collections must exist in the namespace, be named once, and be 1 to 10', async () => {
    const path = ['input', 'collectionIds'];
    const refused = (collectionIds: string[]) => expect(create({ collectionIds })).rejects;
    const missing = { code: 'COLLECTION_NOT_FOUND', path: [...path, '1'] };
    await refused([collection.id, uuidv7()]).toMatchObject(missing);
    await refused([collection.id, 'x']).toMatchObject(missing);
    for (const ids of [[], [collection.id, collection.id], Array.from({ length: 11 }, () => uuidv7())]) {
      await refused(ids).toMatchObject({ code: 'INVALID_COLLECTIONS', path });
    }
    const stranger = await createNamespace(db);
    const foreign = await collections.create(stranger, 'products', [feature]);
    await refused([collection.id, foreign.id]).toMatchObject(missing);
  });

  test('what jsonb cannot hold is refused before anything is asked', async () => {
    const inputSchema = { v: { type: 'vector', description: 'a\0b' } };
    await expect(create({ inputSchema })).rejects.toMatchObject({
      code: 'RETRIEVER_NOT_STORABLE',
      path: ['input', 'inputSchema'],
    });
  });
});
