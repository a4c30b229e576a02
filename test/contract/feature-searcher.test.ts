import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectionStore } from '../../src/collections/collection-store.ts';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import type { Collection } from '../../src/collections/collection.ts';
import { featureTable } from '../../src/collections/feature-tables.postgres.ts';
import type { ScoredDocument } from '../../src/fusion/ranked-list.ts';
import type { Database, Queryable } from '../../src/postgres/database.ts';
import type { FeatureQuery, FeatureSearcher } from '../../src/search/feature-searcher.ts';
import { createPostgresFeatureSearcher } from '../../src/search/feature-searcher.postgres.ts';
import type { Filter } from '../../src/search/filter.ts';
import { matchesFilter } from '../../src/search/matches-filter.ts';
import { parseFilter } from '../../src/search/parse-filter.ts';
import { seededRng } from '../../src/shared/rng.ts';
import {
  clusteredVectors,
  createNamespace,
  indexedDocument,
  lexicalFeature,
  vectorFeature,
  wordCounts,
} from '../fixtures/collection.ts';
import { testDatabases } from '../fixtures/postgres.ts';

type Sent = Parameters<typeof indexedDocument>[1];

describe.each(testDatabases())('feature searches on $name', ({ open }) => {
  let db: Database;
  let store: CollectionStore;
  let searcher: FeatureSearcher;
  let ns: string;
  let collections = 0;

  beforeAll(async () => {
    db = await open();
    store = createPostgresCollectionStore(db);
    searcher = createPostgresFeatureSearcher(db);
    ns = await createNamespace(db);
  });
  afterAll(() => db.close());

  const create = (...features: Parameters<CollectionStore['create']>[2]) =>
    store.create(ns, `collection-${(collections += 1)}`, features);

  const write = (collection: Collection, documents: readonly Sent[]) =>
    store.write(
      collection,
      documents.map((document) => indexedDocument(collection, document)),
    );

  function search(collection: Collection, query: FeatureQuery, topK = 100, filter: Filter | null = null) {
    const feature = collection.features.find(({ kind }) => kind === query.kind)!;
    return searcher.search({ collection, feature, query, topK, filter });
  }

  const nearest = (collection: Collection, vector: ArrayLike<number>, topK?: number, filter?: Filter | null) =>
    search(collection, { kind: 'vector', vector: Float32Array.from(vector) }, topK, filter);
  const matching = (collection: Collection, terms: readonly string[], topK?: number, filter?: Filter | null) =>
    search(collection, { kind: 'lexical', terms }, topK, filter);

  describe('a vector search', () => {
    test('scores by cosine similarity, whatever the length of the query', async () => {
      const collection = await create(vectorFeature(2));
      await write(collection, [
        { documentId: 'same', vector: [1, 1] },
        { documentId: 'across', vector: [1, -1] },
        { documentId: 'opposite', vector: [-3, -3] },
        { documentId: 'unindexed' },
      ]);
      for (const length of [1, 1e30, 1e-30]) {
        const hits = await nearest(collection, [length, length]);
        expect(hits.map(({ documentId }) => documentId)).toEqual(['same', 'across', 'opposite']);
        expect(hits[0]!.score).toBeCloseTo(1, 6);
        expect(hits[1]!.score).toBeCloseTo(0, 6);
        expect(hits[2]!.score).toBeCloseTo(-1, 6);
      }
    });

    test('finds nothing for a query that points nowhere', async () => {
      const collection = await create(vectorFeature(2));
      await write(collection, [{ documentId: 'a', vector: [1, 1] }]);
      expect(await nearest(collection, [0, 0])).toEqual([]);
    });

    test('breaks ties by document id', async () => {
      const collection = await create(vectorFeature(2));
      await write(
        collection,
        ['b', 'a', 'B', 'é', 'c'].map((documentId) => ({ documentId, vector: [1, 2], metadata: { shown: true } })),
      );
      const order = ['B', 'a', 'b', 'c', 'é'];
      expect((await nearest(collection, [1, 2])).map(({ documentId }) => documentId)).toEqual(order);
      const filter = parseFilter({ shown: true }, []);
      expect((await nearest(collection, [1, 2], 3, filter)).map(({ documentId }) => documentId)).toEqual(
        order.slice(0, 3),
      );
    });

    test('takes vectors too long for single precision in the index', async () => {
      const collection = await create(vectorFeature(3000));
      const [first, second] = clusteredVectors(seededRng('long'), 2, 3000) as [Float32Array, Float32Array];
      await write(collection, [
        { documentId: 'first', vector: first, metadata: { n: 1 } },
        { documentId: 'second', vector: second, metadata: { n: 2 } },
      ]);
      expect((await nearest(collection, second))[0]).toMatchObject({ documentId: 'second' });
      expect(await nearest(collection, second, 5, parseFilter({ n: 1 }, []))).toMatchObject([{ documentId: 'first' }]);
    });
  });

  test('a vector search finds what is left after most of its index was deleted', async () => {
    const collection = await create(vectorFeature(16));
    const vectors = clusteredVectors(seededRng('deleted'), 3001, 16, 3);
    const documents = vectors.slice(1).map((vector, n) => ({ documentId: `d${n}`, vector }));
    for (let start = 0; start < 3000; start += 1000) await write(collection, documents.slice(start, start + 1000));
    const nearestAtFirst = [...bruteForceNearest(documents, vectors[0]!, 2500, null)];
    await store.remove(collection, nearestAtFirst);
    const left = documents.filter(({ documentId }) => !nearestAtFirst.includes(documentId));
    const hits = await nearest(collection, vectors[0]!, 50);
    expect(hits.map(({ documentId }) => documentId)).toEqual([...bruteForceNearest(left, vectors[0]!, 50, null)]);
  });

  describe('a vector search over 6,000 documents', () => {
    const dimensions = 32;
    const queries = 12;
    let collection: Collection;
    let documents: (Sent & { vector: Float32Array })[];
    let probes: Float32Array[];

    beforeAll(async () => {
      collection = await create(vectorFeature(dimensions));
      const vectors = clusteredVectors(seededRng('clusters'), 6000 + queries, dimensions);
      probes = vectors.slice(6000);
      documents = vectors.slice(0, 6000).map((vector, n) => ({
        documentId: `d${n}`,
        metadata: { half: n % 2, tenth: n % 10, hundredth: n % 100, thousandth: n % 1000, price: n },
        vector,
      }));
      for (let start = 0; start < documents.length; start += 1000) {
        await write(collection, documents.slice(start, start + 1000));
      }
      await db.query(`analyze ${featureTable(collection.features[0]!)}, documents`);
    });

    /** Mean share of the true nearest that the search finds. */
    async function recall(topK: number, filter: Filter | null): Promise<number> {
      let sum = 0;
      for (const probe of probes) {
        const truth = bruteForceNearest(documents, probe, topK, filter);
        const hits = await nearest(collection, probe, topK, filter);
        expect(hits).toHaveLength(truth.size);
        sum += hits.filter(({ documentId }) => truth.has(documentId)).length / truth.size;
      }
      return sum / probes.length;
    }

    test('is answered from the HNSW index', async () => {
      const table = featureTable(collection.features[0]!);
      const plan = await db.query(
        `explain select doc from ${table} order by embedding <=> (select embedding from ${table} limit 1) limit 100`,
      );
      expect(JSON.stringify(plan)).toContain(`${table}_embedding_idx`);
    });

    test.each([[41], [500], [1000]])('has its answer of %i hits from one statement', async (topK) => {
      // pgvector returns 40 by default; a second statement would be the one that goes through all documents
      const statements: string[] = [];
      const counting: Queryable = {
        query(sql, values) {
          statements.push(sql);
          return db.query(sql, values);
        },
      };
      const [feature] = collection.features;
      const query: FeatureQuery = { kind: 'vector', vector: probes[0]! };
      const request = { collection, feature: feature!, query, topK, filter: null };
      expect(await createPostgresFeatureSearcher(counting).search(request)).toHaveLength(topK);
      expect(statements).toHaveLength(1);
    });

    test('finds nearly all of the nearest, and as many as asked for', async () => {
      expect(await recall(100, null)).toBeGreaterThan(0.95);
      expect(await recall(1000, null)).toBeGreaterThan(0.9);
    });

    test.each([
      ['every second document', { half: 1 }, 0.9],
      ['every tenth', { tenth: 3 }, 1],
      ['every hundredth', { hundredth: 42 }, 1],
      ['every thousandth', { thousandth: 7 }, 1],
      ['a range of a hundred', { price: { gte: 100, lt: 200 } }, 1],
      ['one', { price: 17 }, 1],
    ])('finds the nearest of those that a filter passes: %s', async (_name, json, least) => {
      expect(await recall(100, parseFilter(json, []))).toBeGreaterThanOrEqual(least);
    });

    test.each([
      [0, 100],
      [250, 100],
      [300, 100],
      [800, 100],
      [4500, 50],
      [4500, 1000],
    ])('finds the nearest of 1,500 that pass after %i nearer ones that do not, the first %i', async (nearer, topK) => {
      // more than are measured one by one, and such that a filter and a query have to do with each other, as they do
      let sum = 0;
      for (const probe of probes) {
        const passing = [...bruteForceNearest(documents, probe, nearer + 1500, null)].slice(nearer);
        const filter: Filter = {
          kind: 'or',
          operands: [passing.slice(0, 750), passing.slice(750)].map((value) => ({
            kind: 'comparison',
            field: 'document_id',
            operator: 'in',
            value,
          })),
        };
        const hits = await nearest(collection, probe, topK, filter);
        expect(hits).toHaveLength(topK);
        const truth = new Set(passing.slice(0, topK));
        sum += hits.filter(({ documentId }) => truth.has(documentId)).length / topK;
      }
      expect(sum / probes.length).toBeGreaterThan(0.9);
    });

    test('leaves the settings of the session as they were', async () => {
      const setting = () => db.query("select current_setting('hnsw.ef_search', true) as breadth");
      const before = await setting();
      await nearest(collection, probes[0]!, 500);
      expect(await setting()).toEqual(before);
    });
  });

  describe('a lexical search', () => {
    const vocabulary = Array.from({ length: 30 }, (_, n) => `w${n}`);
    const word = fc.constantFrom(...vocabulary, ...vocabulary.slice(0, 5), 'É', "o'x");
    const content = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));

    test('is BM25 to the last digit, after updates and deletions too', async () => {
      const ids = Array.from({ length: 12 }, (_, n) => `d${n}`);
      await fc.assert(
        fc.asyncProperty(
          fc.array(content, { minLength: 12, maxLength: 12 }),
          fc.dictionary(fc.constantFrom(...ids), content),
          fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 4 }),
          fc.array(word, { minLength: 1, maxLength: 4 }),
          async (contents, updates, deletions, terms) => {
            const collection = await create(lexicalFeature());
            const current = new Map(ids.map((id, n) => [id, contents[n]!]));
            await write(collection, toDocuments(current));
            const changes = new Map(Object.entries(updates));
            for (const [id, text] of changes) current.set(id, text);
            await write(collection, toDocuments(changes));
            await store.remove(collection, deletions);
            for (const id of deletions) current.delete(id);
            expectSameRanking(await matching(collection, terms), bruteForceBm25(current, terms));
          },
        ),
        { numRuns: 25 },
      );
    });

    test('counts a term as often as the query repeats it', async () => {
      const collection = await create(lexicalFeature());
      await write(collection, [{ documentId: 'a', content: 'x y' }]);
      const [once] = await matching(collection, ['x']);
      const [twice] = await matching(collection, ['x', 'x']);
      expect(twice!.score).toBeCloseTo(2 * once!.score, 8);
    });

    test('finds nothing for no terms, unknown terms and an empty index', async () => {
      const collection = await create(lexicalFeature());
      expect(await matching(collection, ['x'])).toEqual([]);
      await write(collection, [{ documentId: 'a', content: 'x y' }]);
      expect(await matching(collection, [])).toEqual([]);
      expect(await matching(collection, ['z', "'; drop table documents; --"])).toEqual([]);
    });

    test('breaks ties by document id, also at the last place', async () => {
      const collection = await create(lexicalFeature());
      const ids = ['c', 'a', 'é', 'B', 'b'];
      await write(
        collection,
        ids.map((documentId) => ({ documentId, content: 'x y' })),
      );
      expect((await matching(collection, ['x', 'y'], 3)).map(({ documentId }) => documentId)).toEqual(['B', 'a', 'b']);
    });

    test('keeps to the filter, and its scores do not depend on it', async () => {
      const collection = await create(lexicalFeature());
      await write(collection, [
        { documentId: 'a', content: 'red tent', metadata: { price: 10 } },
        { documentId: 'b', content: 'red tent tent', metadata: { price: 20 } },
        { documentId: 'c', content: 'blue lamp', metadata: { price: 10 } },
      ]);
      const all = await matching(collection, ['tent']);
      const cheap = await matching(collection, ['tent'], 10, parseFilter({ price: { lt: 15 } }, []));
      expect(cheap).toEqual(all.filter(({ documentId }) => documentId === 'a'));
    });

    describe('in a large index', () => {
      let collection: Collection;
      const contents = new Map(
        Array.from({ length: 1200 }, (_, n) => [
          `d${n}`,
          `the${n % 4 === 0 ? ' of' : ''}${n % 200 === 0 ? ' tent' : ''} x${n}`,
        ]),
      );

      beforeAll(async () => {
        collection = await create(lexicalFeature());
        await write(collection, toDocuments(contents));
      });

      test('leaves out common words where a rarer one is asked for', async () => {
        expectSameRanking(await matching(collection, ['the', 'of', 'tent']), bruteForceBm25(contents, ['tent']));
      });

      test('searches for common words where there is nothing else', async () => {
        const hits = await matching(collection, ['the', 'of'], 1000);
        expectSameRanking(hits, bruteForceBm25(contents, ['the', 'of']).slice(0, 1000));
      });
    });
  });
});

function toDocuments(contents: ReadonlyMap<string, string>): Sent[] {
  return [...contents].map(([documentId, content]) => ({ documentId, content }));
}

function bruteForceNearest(
  documents: readonly (Sent & { vector: Float32Array })[],
  probe: Float32Array,
  topK: number,
  filter: Filter | null,
): Set<string> {
  const cosine = (vector: Float32Array) =>
    vector.reduce((sum, value, index) => sum + value * probe[index]!, 0) / Math.hypot(...vector);
  const scored = documents
    .filter(
      ({ documentId, metadata = {} }) => !filter || matchesFilter(filter, { documentId, content: null, metadata }),
    )
    .map(({ documentId, vector }) => ({ documentId, score: cosine(vector) }));
  return new Set(
    scored
      .sort((a, b) => b.score - a.score)
      .slice(0, topK)
      .map(({ documentId }) => documentId),
  );
}

/** The formula as it stands in the paper, document by document. */
function bruteForceBm25(contents: ReadonlyMap<string, string>, terms: readonly string[]): ScoredDocument[] {
  const indexed = [...contents].map(([documentId, content]) => ({ documentId, counts: wordCounts(content) }));
  const filled = indexed.filter(({ counts }) => counts.size > 0);
  const length = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, tf) => sum + tf, 0);
  const mean = filled.reduce((sum, { counts }) => sum + length(counts), 0) / filled.length;
  return filled
    .map(({ documentId, counts }) => {
      const score = terms.reduce((sum, term) => {
        const df = filled.filter((other) => other.counts.has(term)).length;
        const tf = counts.get(term) ?? 0;
        const idf = Math.log(1 + (filled.length - df + 0.5) / (df + 0.5));
        return sum + (idf * tf) / (tf + 1.2 * (1 - 0.75 + (0.75 * length(counts)) / mean));
      }, 0);
      return { documentId, score };
    })
    .filter(({ score }) => score > 0)
    .map(({ documentId, score }) => ({ documentId, score: Math.round(score * 1e9) / 1e9 }))
    .sort((a, b) => b.score - a.score || Buffer.compare(Buffer.from(a.documentId), Buffer.from(b.documentId)));
}

function expectSameRanking(actual: readonly ScoredDocument[], expected: readonly ScoredDocument[]): void {
  expect(actual.map(({ documentId }) => documentId)).toEqual(expected.map(({ documentId }) => documentId));
  actual.forEach(({ score }, place) => expect(score).toBeCloseTo(expected[place]!.score, 8));
}
