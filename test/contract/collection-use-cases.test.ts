import type { GraphQLInputObjectType } from 'graphql';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { schema } from '../../schema/index.ts';
import type { DocumentInput, FeatureInput } from '../../src/collections/collection-input.ts';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import type { Collection } from '../../src/collections/collection.ts';
import { createCollection, type CollectionDeps } from '../../src/collections/create-collection.ts';
import { deleteDocuments } from '../../src/collections/delete-documents.ts';
import { extractorOf } from '../../src/collections/feature-extractor.ts';
import { upsertDocuments } from '../../src/collections/upsert-documents.ts';
import { warmUpExtractors } from '../../src/collections/warm-up.ts';
import { createExtractorRegistry } from '../../src/extractors/registry.ts';
import type { ExtractorRegistry, VectorExtractor } from '../../src/extractors/extractor.ts';
import type { Database } from '../../src/postgres/database.ts';
import type { FeatureSearcher } from '../../src/search/feature-searcher.ts';
import { createPostgresFeatureSearcher } from '../../src/search/feature-searcher.postgres.ts';
import { createNamespace } from '../fixtures/collection.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const NGRAM = 'attune://ngram@v1/hashed_1024';
const BM25 = 'attune://lexical@v1/bm25';
const IMAGE = 'acme://image@v1/clip';

const feature = (featureUri: string, change: Partial<FeatureInput> = {}): FeatureInput => ({
  featureUri,
  fields: null,
  dimensions: null,
  ...change,
});
const document = (documentId: string, change: Partial<DocumentInput> = {}): DocumentInput => ({
  documentId,
  content: null,
  metadata: null,
  vectors: null,
  ...change,
});

describe.each(testDatabases())('collections and documents on $name', ({ open }) => {
  let db: Database;
  let deps: CollectionDeps;
  let searcher: FeatureSearcher;
  let ns: string;

  beforeAll(async () => {
    db = await open();
    deps = { collections: createPostgresCollectionStore(db), extractors: createExtractorRegistry() };
    searcher = createPostgresFeatureSearcher(db);
  });
  beforeEach(async () => {
    ns = await createNamespace(db);
  });
  afterAll(async () => {
    await deps.extractors.close();
    await db.close();
  });

  const create = (features: FeatureInput[], name = `c-${uuidv7()}`) => createCollection(deps, ns, { name, features });
  const upsert = (collection: Collection, ...documents: DocumentInput[]) =>
    upsertDocuments(deps, ns, { collectionId: collection.id, documents });
  const countOf = async (collection: Collection) => (await deps.collections.count([collection.id])).get(collection.id);

  /** Document ids, best first. */
  async function find(collection: Collection, featureUri: string, text: string): Promise<string[]> {
    const asked = collection.features.find((candidate) => candidate.featureUri === featureUri)!;
    const extractor = extractorOf(asked, deps.extractors)!;
    const query =
      extractor.kind === 'vector'
        ? { kind: extractor.kind, vector: (await extractor.embed([text], 'query'))[0]! }
        : { kind: extractor.kind, terms: [...extractor.terms(text).keys()] };
    const hits = await searcher.search({ collection, feature: asked, query, topK: 10, filter: null });
    return hits.map(({ documentId }) => documentId);
  }

  describe('a new collection', () => {
    test('records what fills each of its features', async () => {
      const features = [feature(NGRAM), feature(BM25, { fields: ['title'] }), feature(IMAGE, { dimensions: 3 })];
      const collection = await create(features, ' products ');
      const ngram = deps.extractors.resolve(NGRAM) as VectorExtractor;
      expect(collection.name).toBe('products');
      expect(collection.features).toMatchObject([
        { featureUri: NGRAM, extractor: 'ngram', model: ngram.model, precision: ngram.precision, dimensions: 1024 },
        { featureUri: BM25, kind: 'lexical', extractor: 'bm25', dimensions: null, fields: ['title'] },
        { featureUri: IMAGE, extractor: null, model: 'caller', precision: 'float32', dimensions: 3 },
      ]);
    });

    test.each<[string, FeatureInput[], string, (string | number)[]]>([
      ['no features', [], 'NO_FEATURES', []],
      [
        '17 features',
        Array.from({ length: 17 }, (_, n) => feature(`a://b@v1/${n}`, { dimensions: 2 })),
        'TOO_MANY_FEATURES',
        [],
      ],
      ['a URI of another form', [feature('image')], 'INVALID_FEATURE_URI', [0, 'featureUri']],
      ['a feature twice', [feature(BM25), feature(BM25)], 'DUPLICATE_FEATURE_URI', [1, 'featureUri']],
      ['an unknown URI', [feature(BM25), feature(IMAGE)], 'UNKNOWN_FEATURE_URI', [1, 'featureUri']],
      [
        'other dimensions than the extractor has',
        [feature(NGRAM, { dimensions: 512 })],
        'DIMENSION_MISMATCH',
        [0, 'dimensions'],
      ],
      ['dimensions of terms', [feature(BM25, { dimensions: 512 })], 'DIMENSION_MISMATCH', [0, 'dimensions']],
      ['4,001 dimensions', [feature(IMAGE, { dimensions: 4001 })], 'INVALID_DIMENSIONS', [0, 'dimensions']],
      ['no dimension at all', [feature(IMAGE, { dimensions: 0 })], 'INVALID_DIMENSIONS', [0, 'dimensions']],
      ['an empty list of fields', [feature(BM25, { fields: [] })], 'INVALID_FIELDS', [0, 'fields']],
      ['an empty field', [feature(BM25, { fields: ['a', 'b..c'] })], 'INVALID_FIELDS', [0, 'fields', 1]],
    ])('is refused for %s', async (_name, features, code, path) => {
      await expect(create(features)).rejects.toMatchObject({
        name: 'ValidationError',
        code,
        path: ['input', 'features', ...path].map(String),
      });
      expect((await deps.collections.list(ns, { limit: 1, after: null })).items).toEqual([]);
    });

    test('takes as many dimensions as the schema says, and no more', async () => {
      const { dimensions } = (schema.getType('FeatureInput') as GraphQLInputObjectType).getFields();
      const most = Number(/1 to ([\d,]+)/.exec(dimensions?.description ?? '')?.[1]?.replace(',', ''));
      expect((await create([feature(IMAGE, { dimensions: most })])).features).toMatchObject([{ dimensions: most }]);
      await expect(create([feature(IMAGE, { dimensions: most + 1 })], 'more')).rejects.toMatchObject({
        code: 'INVALID_DIMENSIONS',
      });
    });

    test.each([[''], ['  '], ['x'.repeat(101)], ['a\nb']])('is refused for the name %j', async (name) => {
      await expect(create([feature(BM25)], name)).rejects.toMatchObject({
        code: 'INVALID_NAME',
        path: ['input', 'name'],
      });
    });

    test('with an unknown URI is told which there are, and of dimensions', async () => {
      await expect(create([feature(IMAGE)])).rejects.toThrow(new RegExp(`${BM25}.*give dimensions`));
    });
  });

  describe('documents', () => {
    test('are found by what their extractors and their sender make of them', async () => {
      const collection = await create([
        feature(NGRAM),
        feature(BM25, { fields: ['title', 'content'] }),
        feature(IMAGE, { dimensions: 2 }),
      ]);
      const result = await upsert(
        collection,
        document('tent', {
          content: 'A dome for two',
          metadata: { title: 'Tent' },
          vectors: [{ featureUri: IMAGE, values: [1, 0] }],
        }),
        document('lamp', { content: 'A lantern for the dome' }),
        document('bare'),
      );
      expect(result).toEqual({ upserted: 3, failures: [] });
      expect(await find(collection, BM25, 'tents')).toEqual(['tent']);
      expect(await find(collection, NGRAM, 'lantren')).toEqual(['lamp', 'tent']);
      const image = {
        feature: collection.features[2]!,
        query: { kind: 'vector' as const, vector: Float32Array.of(3, 4) },
      };
      const [hit, ...others] = await searcher.search({ collection, ...image, topK: 10, filter: null });
      expect(hit!.documentId).toBe('tent');
      expect(hit!.score).toBeCloseTo(0.6, 6);
      expect(others).toEqual([]);
    });

    test('at fault are reported, and the others stored', async () => {
      const collection = await create([feature(BM25), feature(IMAGE, { dimensions: 2 })]);
      const result = await upsert(
        collection,
        document('a', { content: 'first' }),
        document('x'.repeat(10_240)),
        document('b', { vectors: [{ featureUri: IMAGE, values: [1, 2, 3] }] }),
        document('a', { content: 'second' }),
        document('c', { content: 'third', metadata: { a: 'x\0' } }),
        document('d', { content: 'fourth' }),
      );
      expect(result.upserted).toBe(2);
      expect(result.failures).toMatchObject([
        { documentId: 'x'.repeat(100), code: 'DOCUMENT_ID_TOO_LONG' },
        { documentId: 'b', code: 'DIMENSION_MISMATCH' },
        { documentId: 'a', code: 'DUPLICATE_DOCUMENT_ID' },
        { documentId: 'c', code: 'INVALID_METADATA' },
      ]);
      expect(result.failures.map(({ message }) => message.slice(0, 12))).toEqual(
        [1, 2, 3, 4].map((index) => `documents[${index}]`),
      );
      expect(await countOf(collection)).toBe(2);
      expect(await find(collection, BM25, 'first second third fourth')).toEqual(['a', 'd']);
    });

    test('of which all are at fault leave everything as it was', async () => {
      const collection = await create([feature(BM25)]);
      expect(await upsert(collection, document(''))).toMatchObject({ upserted: 0, failures: [{ documentId: '' }] });
      expect(await countOf(collection)).toBe(0);
    });

    test('whose words no index could hold are stored without those', async () => {
      const collection = await create([feature(BM25)]);
      await upsert(collection, document('long', { content: `${'x'.repeat(50_000)} tent` }));
      expect(await find(collection, BM25, 'tent')).toEqual(['long']);
    });

    test('sent in two calls at once are stored by both', async () => {
      const collection = await create([feature(BM25), feature(NGRAM)]);
      const documents = Array.from({ length: 40 }, (_, n) => document(`d${n}`, { content: `tent number ${n}` }));
      const results = await Promise.all([
        upsert(collection, ...documents),
        upsert(collection, ...documents.toReversed()),
      ]);
      expect(results.map(({ upserted }) => upserted)).toEqual([40, 40]);
      expect(await countOf(collection)).toBe(40);
    });

    test('are not taken in more than a thousand a call, and nothing is stored', async () => {
      const collection = await create([feature(BM25)]);
      const documents = Array.from({ length: 10_000 }, (_, n) => document(`d${n}`));
      await expect(upsert(collection, ...documents)).rejects.toMatchObject({
        code: 'TOO_MANY_DOCUMENTS',
        path: ['input', 'documents'],
        message: expect.stringMatching(/10000 .*1000.*several calls/) as string,
      });
      await expect(upsert(collection)).rejects.toMatchObject({ code: 'NO_DOCUMENTS' });
      expect(await countOf(collection)).toBe(0);
    });

    test('are deleted by id, and those that are not there passed over', async () => {
      const collection = await create([feature(BM25)]);
      await upsert(collection, document('a', { content: 'tent' }), document('b', { content: 'tent' }));
      const remove = (...documentIds: string[]) =>
        deleteDocuments(deps, ns, { collectionId: collection.id, documentIds });
      expect(await remove('a', 'a', 'never there')).toBe(1);
      expect(await find(collection, BM25, 'tent')).toEqual(['b']);
      await expect(remove()).rejects.toMatchObject({ code: 'NO_DOCUMENTS', path: ['input', 'documentIds'] });
    });

    test('of another namespace are out of reach', async () => {
      const collection = await create([feature(BM25)]);
      const other = await createNamespace(db);
      const missing = { name: 'NotFoundError', code: 'COLLECTION_NOT_FOUND', path: ['input', 'collectionId'] };
      const input = { collectionId: collection.id, documents: [document('a')] };
      await expect(upsertDocuments(deps, other, input)).rejects.toMatchObject(missing);
      await expect(
        deleteDocuments(deps, other, { collectionId: collection.id, documentIds: ['a'] }),
      ).rejects.toMatchObject(missing);
      await expect(upsertDocuments(deps, ns, { ...input, collectionId: 'x' })).rejects.toMatchObject(missing);
    });
  });

  describe('warming up', () => {
    test('has each extractor embed that some collection uses, and no other', async () => {
      const embedded: string[] = [];
      const watched = (featureUri: string): VectorExtractor => ({
        ...(deps.extractors.resolve(NGRAM) as VectorExtractor),
        embed: async (texts, purpose) => {
          embedded.push(`${featureUri} ${texts.length} ${purpose}`);
          return [];
        },
      });
      const [used, unused] = [watched(NGRAM), watched('unused')];
      await create([feature(NGRAM), feature(BM25)]);
      await create([feature(NGRAM), feature(IMAGE, { dimensions: 2 })]);
      const extractors = { resolve: (uri: string) => (uri === NGRAM ? used : uri === BM25 ? null : unused) };
      await warmUpExtractors({ collections: deps.collections, extractors });
      expect(embedded).toEqual([`${NGRAM} 1 query`]);
    });
  });

  describe('an index whose model has changed', () => {
    const mayFill = (change: Partial<VectorExtractor> | null): ExtractorRegistry => ({
      ...deps.extractors,
      resolve(featureUri) {
        const extractor = deps.extractors.resolve(featureUri);
        if (featureUri !== NGRAM || extractor === null) return extractor;
        return change === null ? null : ({ ...extractor, ...change } as VectorExtractor);
      },
    });

    test.each<[string, Partial<VectorExtractor> | null, RegExp]>([
      ['another model', { model: 'ngram-v9' }, /ngram-v9/],
      ['another precision', { precision: 'int4' }, /int4/],
      ['another dimension', { dimensions: 512 }, /1024 dimensions.*512 dimensions/],
      ['no extractor', null, /no extractor/],
    ])('takes no documents of %s', async (_name, change, message) => {
      const collection = await create([feature(BM25), feature(NGRAM)]);
      const input = { collectionId: collection.id, documents: [document('a', { content: 'tent' })] };
      await expect(upsertDocuments({ ...deps, extractors: mayFill(change) }, ns, input)).rejects.toMatchObject({
        name: 'ConflictError',
        code: 'FEATURE_MODEL_CHANGED',
        message: expect.stringMatching(message) as string,
      });
      expect(await countOf(collection)).toBe(0);
    });

    test('takes no queries either', async () => {
      const [, ngram] = (await create([feature(BM25), feature(NGRAM)])).features;
      expect(() => extractorOf(ngram!, mayFill({ model: 'ngram-v9' }))).toThrow(
        expect.objectContaining({ code: 'FEATURE_MODEL_CHANGED' }),
      );
    });

    test("stays the caller's where the caller filled it", async () => {
      const { features } = await create([feature(IMAGE, { dimensions: 2 })]);
      const known: ExtractorRegistry = { ...deps.extractors, resolve: () => deps.extractors.resolve(NGRAM) };
      expect(extractorOf(features[0]!, known)).toBeNull();
    });
  });
});
