import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import type { CollectionStore } from '../../src/collections/collection-store.ts';
import type { Collection } from '../../src/collections/collection.ts';
import { createCollection } from '../../src/collections/create-collection.ts';
import { upsertDocuments } from '../../src/collections/upsert-documents.ts';
import { createExtractorRegistry } from '../../src/extractors/registry.ts';
import type { DecidingPosteriors } from '../../src/learning/posterior-source.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createRetriever } from '../../src/retrievers/create-retriever.ts';
import { deleteRetriever } from '../../src/retrievers/delete-retriever.ts';
import type { FeatureSearchInput, FeatureSearchStageInput, StageInput } from '../../src/retrievers/retriever-input.ts';
import { createPostgresRetrieverStore } from '../../src/retrievers/retriever-store.postgres.ts';
import { updateRetriever } from '../../src/retrievers/update-retriever.ts';
import { untouchedRollout, type Rollout } from '../../src/rollouts/rollout.ts';
import { createExecutionIds } from '../../src/search/execution-id.ts';
import { ExecutionRecorder } from '../../src/search/execution-recorder.ts';
import { createPostgresExecutionStore } from '../../src/search/execution-store.postgres.ts';
import { executeSearch, type ExecuteSearchDeps } from '../../src/search/execute-search.ts';
import { createPostgresFeatureSearcher } from '../../src/search/feature-searcher.postgres.ts';
import { MAX_TERMS } from '../../src/search/run-searches.ts';
import type { SearchInput } from '../../src/search/search-input.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { randomSeed } from '../../src/shared/rng.ts';
import { createNamespace } from '../fixtures/collection.ts';
import { learnedPosteriors } from '../fixtures/learned-posteriors.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';

const NGRAM = 'attune://ngram@v1/hashed_1024';
const BM25 = 'attune://lexical@v1/bm25';
const MINILM = 'attune://text@v1/minilm_l6_v2';
const IMAGE = 'test://image@v1/caller';

const products = [
  ['t1', 'Two person tent for summer nights', { brand: 'Nord', price: 120, colour: ['green', 'grey'] }, [1, 0]],
  ['t2', 'Family tent with a tall awning', { brand: 'Nord', price: 480, colour: ['red'] }, [0.9, 0.1]],
  ['t3', 'Ultralight tent, one person', { brand: 'Feder', price: 390 }, [0.8, 0.3]],
  ['s1', 'Down sleeping bag for winter', { brand: 'Feder', price: 260, colour: ['red'] }, [0.1, 1]],
  ['s2', 'Summer sleeping bag', { brand: 'Nord', price: 60, colour: ['green'] }, [0, 1]],
  ['k1', 'Gas stove with a tent peg puller', { price: 45 }, [0.5, 0.5]],
] as const;

const search = (featureUri: string, change: Partial<FeatureSearchInput> = {}): FeatureSearchInput => ({
  ...{ featureUri, query: '{{INPUT.query}}', topK: null, weight: null, filters: null },
  ...change,
});

function featureSearch(searches: FeatureSearchInput[], change: Partial<FeatureSearchStageInput> = {}): StageInput {
  const defaults = { fusion: null, finalTopK: null, rankConstant: null, rawScores: null, learningConfig: null };
  return { featureSearch: { searches, ...defaults, filters: null, groupBy: null, facets: null, ...change } };
}

describe.each(testDatabases())('a search on $name', ({ open }) => {
  const extractors = createExtractorRegistry();
  let db: Database;
  let namespaceId: string;
  let collections: CollectionStore;
  let catalogue: Collection;
  let deps: ExecuteSearchDeps;
  let executions: ExecutionRecorder;
  let retrievers: ReturnType<typeof createPostgresRetrieverStore>;
  let posteriors: DecidingPosteriors = learnedPosteriors({});
  let rollout: Partial<Rollout> = {};

  beforeAll(async () => {
    db = await open();
    namespaceId = await createNamespace(db);
    collections = createPostgresCollectionStore(db);
    retrievers = createPostgresRetrieverStore(db);
    executions = new ExecutionRecorder({ store: createPostgresExecutionStore(db), logger: silentLogger });
    const secret = 'a secret of thirty-two characters';
    deps = {
      ...{ retrievers, collections, extractors, executions, logger: silentLogger, clock: systemClock, randomSeed },
      searcher: createPostgresFeatureSearcher(db),
      posteriors: { posteriors: () => Promise.resolve(posteriors) },
      examination: { of: () => [1, 0.5] },
      rollouts: {
        of: (id) => Promise.resolve({ rollout: { ...untouchedRollout(id), ...rollout }, isOptedOut: () => false }),
      },
      executionIds: createExecutionIds({ secret, clock: systemClock, randomBytes, ttlMs: 60_000 }),
    };
    catalogue = await makeCollection('catalogue', [NGRAM, BM25, IMAGE], products);
  });
  afterAll(async () => {
    await executions.close();
    await extractors.close();
    await db.close();
  });

  async function makeCollection(name: string, featureUris: string[], rows: readonly (typeof products)[number][]) {
    const collectionDeps = { collections, extractors };
    const collection = await createCollection(collectionDeps, namespaceId, {
      name,
      features: featureUris.map((featureUri) => ({
        ...{ featureUri, fields: null },
        dimensions: featureUri === IMAGE ? 2 : null,
      })),
    });
    const { failures } = await upsertDocuments(collectionDeps, namespaceId, {
      collectionId: collection.id,
      documents: rows.map(([documentId, content, metadata, values]) => ({
        ...{ documentId, content, metadata: { ...metadata } },
        vectors: featureUris.includes(IMAGE) ? [{ featureUri: IMAGE, values }] : null,
      })),
    });
    expect(failures).toEqual([]);
    return collection;
  }

  async function make(stages: StageInput[], collectionIds = [catalogue.id], inputSchema: unknown = null) {
    const input = { retrieverName: uuidv7(), collectionIds, inputSchema, stages };
    return createRetriever({ retrievers, collections, lessons: { of: async () => null } }, namespaceId, input);
  }

  const run = (retrieverId: string, inputs: Record<string, unknown>, change: Partial<SearchInput> = {}) =>
    executeSearch(deps, namespaceId, {
      ...{ retrieverId, inputs, userId: null, sessionId: null, segment: null, seed: null, limit: null },
      ...change,
    });
  const idsOf = (execution: { hits: readonly { documentId: string }[] }) =>
    execution.hits.map(({ documentId }) => documentId);

  test.each(['RRF', 'DBSF', 'WEIGHTED'] as const)(
    'by %s explains every hit: contributions sum to its score',
    async (fusion) => {
      const searches = [search(NGRAM, { weight: 2 }), search(BM25)];
      const { id } = await make([featureSearch(searches, { fusion })]);
      const execution = await run(id, { query: 'summer tent' });
      expect(execution.hits.length).toBeGreaterThan(3);
      for (const { score, features } of execution.hits) {
        expect(features.map(({ featureUri }) => featureUri)).toEqual([NGRAM, BM25]);
        expect(features.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 12);
        expect(features.map(({ weight }) => weight)).toEqual(execution.weights.map(({ weight }) => weight));
      }
      const scores = execution.hits.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      expect(execution).toMatchObject({ fusion, contextLevel: null, weightVersion: null, seed: null, warnings: [] });
      expect(execution.timing.searches.map(({ featureUri }) => featureUri)).toEqual([NGRAM, BM25]);
      expect(execution.timing.searches[0]?.candidates).toBe(products.length);
    },
  );

  test('finds by meaning with MiniLM', async () => {
    const dense = await makeCollection('dense', [MINILM], products);
    const { id } = await make([featureSearch([search(MINILM)])], [dense.id]);
    const execution = await run(id, { query: 'something to cook on' });
    expect(execution.hits[0]?.documentId).toBe('k1');
    expect(execution.timing.embeddingMs).toBeGreaterThan(0);
  });

  test('is recorded, and found at once by its id', async () => {
    const { id } = await make([featureSearch([search(BM25)])]);
    const execution = await run(id, { query: 'tent', user_id: 'u1', extra: { a: [1] } }, { segment: 'hikers' });
    expect(execution).toMatchObject({
      userId: 'u1',
      segment: 'hikers',
      contextValues: { user_id: 'u1', segment: 'hikers' },
    });
    await executions.written([execution.id]);
    expect(await executions.find(namespaceId, [execution.id])).toEqual([execution]);
  });

  describe('that is learned', () => {
    const stage = featureSearch([search(NGRAM), search(BM25)], { fusion: 'LEARNED' });

    test('ranks the same for the same seed and posteriors, and says what it drew', async () => {
      posteriors = learnedPosteriors({ [BM25]: [2, 5], [NGRAM]: [5, 2] });
      const { id } = await make([stage]);
      const first = await run(id, { query: 'summer tent' });
      const again = await run(id, { query: 'summer tent' }, { seed: first.seed });
      expect(again.hits).toEqual(first.hits);
      expect(again.weights).toEqual(first.weights);
      expect(first.weights).toMatchObject([
        { featureUri: NGRAM, alpha: 5, beta: 2 },
        { featureUri: BM25, alpha: 2, beta: 5 },
      ]);
      expect(first.weights.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(first).toMatchObject({ contextLevel: 'GLOBAL', weightVersion: '0000000000000007' });
      const drawn = await Promise.all(Array.from({ length: 5 }, () => run(id, { query: 'tent' })));
      expect(new Set(drawn.map(({ weights }) => weights[0]?.weight)).size).toBe(5);
    });

    test('follows the feature that earned the reward', async () => {
      const { id } = await make([
        featureSearch([search(BM25), search(IMAGE, { query: '{{INPUT.image}}' })], { fusion: 'LEARNED' }),
      ]);
      const inputs = { query: 'tent', image: [0, 1] };
      posteriors = learnedPosteriors({ [BM25]: [1e6, 1], [IMAGE]: [1, 1e6] });
      expect((await run(id, inputs)).hits[0]?.documentId).toMatch(/^t/);
      posteriors = learnedPosteriors({ [BM25]: [1, 1e6], [IMAGE]: [1e6, 1] });
      expect((await run(id, inputs)).hits[0]?.documentId).toBe('s2');
    });

    test('equals RRF where nothing was learned yet', async () => {
      posteriors = learnedPosteriors({ [BM25]: [1, 1], [NGRAM]: [1, 1] }, { level: 'PRIOR' });
      const { id } = await make([stage]);
      const rrf = await make([featureSearch([search(NGRAM), search(BM25)], { fusion: 'RRF' })]);
      const execution = await run(id, { query: 'summer tent' });
      expect(execution.hits).toEqual((await run(rrf.id, { query: 'summer tent' })).hits);
      expect(execution).toMatchObject({ contextLevel: 'PRIOR', weights: [{ weight: 1 }, { weight: 1 }] });
    });

    test('serves what its rollout says, and ranks a shadow from the same lists', async () => {
      posteriors = learnedPosteriors({ [NGRAM]: [1, 50], [BM25]: [50, 1] });
      const { id } = await make([stage]);
      rollout = { rolloutPct: 0, staticFusion: 'DBSF', revision: 3 };
      const fixed = await run(id, { query: 'summer tent' }, { seed: 'one' });
      expect(fixed).toMatchObject({ fusion: 'DBSF', contextLevel: null, weightVersion: null, shadow: null });
      expect(fixed.rollout).toMatchObject({ arm: 'STATIC', reason: 'NOT_ROLLED_OUT', revision: 3 });
      rollout = { shadowMode: true, staticFusion: 'DBSF' };
      const shadowed = await run(id, { query: 'summer tent' }, { seed: 'one' });
      expect(shadowed.hits).toEqual(fixed.hits);
      rollout = {};
      const would = await run(id, { query: 'summer tent' }, { seed: 'one' });
      expect(shadowed.shadow).toMatchObject({ seed: 'one', weights: would.weights, contextLevel: 'GLOBAL' });
      expect(shadowed.shadow?.documentIds).toEqual(would.hits.map(({ documentId }) => documentId));
    });

    test('passes on that its weights may be out of date', async () => {
      posteriors = learnedPosteriors({ [BM25]: [1, 1], [NGRAM]: [1, 1] }, { warning: 'out of date' });
      expect((await run((await make([stage])).id, { query: 'tent' })).warnings).toEqual(['out of date']);
    });
  });

  test('pushes filters down, of the stage and of each search, with values from the inputs', async () => {
    const { id } = await make([
      featureSearch([search(BM25, { filters: { price: { lt: '{{INPUT.max}}' } } }), search(NGRAM, { topK: 2 })], {
        filters: { brand: '{{INPUT.brand}}' },
      }),
    ]);
    const execution = await run(id, { query: 'tent', brand: 'Nord', max: 300 });
    expect(new Set(idsOf(execution))).toEqual(new Set(['t1', 't2']));
    const foundBy = (featureUri: string) =>
      execution.hits
        .filter(({ features }) => features.some((one) => one.featureUri === featureUri && one.rank !== null))
        .map(({ documentId }) => documentId);
    expect(foundBy(BM25)).toEqual(['t1']);
    expect(foundBy(NGRAM)).toHaveLength(2);
    const own = await make([featureSearch([search(BM25, { filters: { brand: 'Feder' } })])]);
    expect(idsOf(await run(own.id, { query: 'tent' }))).toEqual(['t3']);
    await expect(run(id, { query: 'tent', brand: { ne: '' }, max: 300 })).rejects.toMatchObject({
      code: 'INVALID_FILTER',
      path: ['input', 'inputs', 'brand'],
    });
  });

  test('merges several collections, where equal ids are one document', async () => {
    const more = await makeCollection('more', [BM25], [
      ['x1', 'Tent tent tent', { brand: 'Nord' }, [1, 0]],
      ['t1', 'Two person tent', { brand: 'Nord' }, [1, 0]],
    ] as never);
    const { id } = await make([featureSearch([search(BM25), search(NGRAM)])], [catalogue.id, more.id]);
    const ids = idsOf(await run(id, { query: 'tent' }));
    expect(ids).toContain('x1');
    expect(ids).toContain('t3');
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(products.length + 1);
  });

  test('groups, counts facets, and goes through its stages in order', async () => {
    const { id } = await make([
      featureSearch([search(NGRAM)], { groupBy: { field: 'brand', limit: 1 }, facets: ['brand', 'colour'] }),
      { attributeFilter: { price: { lte: '{{INPUT.max}}' } } },
      { sortAttribute: { field: 'price', direction: 'DESC' } },
      { limit: 2 },
    ]);
    const execution = await run(id, { query: 'tent', max: 1000 });
    expect(execution.facets).toEqual({ brand: { Nord: 3, Feder: 2 }, colour: { green: 2, red: 2, grey: 1 } });
    const prices = execution.hits.map(({ documentId }) => products.find(([one]) => one === documentId)?.[2].price ?? 0);
    expect(prices).toHaveLength(2);
    expect(prices).toEqual(prices.toSorted((a, b) => b - a));
    expect(idsOf(await run(id, { query: 'tent', max: 50 }))).toEqual(['k1']);
    expect(idsOf(await run(id, { query: 'tent', max: 1000 }, { limit: 1 }))).toHaveLength(1);
  });

  test('asks an optional feature only where its input is there', async () => {
    const schema = { query: { type: 'text' }, image: { type: 'vector', required: false } };
    const stages = [featureSearch([search(BM25), search(IMAGE, { query: { vector: '{{INPUT.image}}' } })])];
    const { id } = await make(stages, [catalogue.id], schema);
    const without = await run(id, { query: 'sleeping' });
    expect(without.timing.searches.map(({ candidates }) => candidates)).toEqual([2, 0]);
    const withImage = await run(id, { query: 'sleeping', image: [1, 0] });
    expect(withImage.timing.searches.map(({ candidates }) => candidates)).toEqual([2, 6]);
  });

  test('goes on without a feature whose index fails, and says so; fails where none is left', async () => {
    const broken = await makeCollection('broken', [NGRAM, BM25], products);
    const both = await make([featureSearch([search(NGRAM), search(BM25)])], [broken.id]);
    const one = await make([featureSearch([search(NGRAM)])], [broken.id]);
    await db.query(`drop table feature_${broken.features.find(({ featureUri }) => featureUri === NGRAM)?.id}`);
    const execution = await run(both.id, { query: 'tent' });
    expect(execution.hits.length).toBeGreaterThan(0);
    expect(execution.warnings).toEqual([expect.stringContaining(NGRAM)]);
    await expect(run(one.id, { query: 'tent' })).rejects.toThrow(/feature_/);
  });

  test('reads no more than the first words of a long text, and says so', async () => {
    const { id } = await make([featureSearch([search(BM25)])]);
    const words = Array.from({ length: MAX_TERMS }, (_, n) => `word${String.fromCharCode(97 + (n % 26))}${n}`);
    const within = await run(id, { query: [...words.slice(0, 10), 'tent'].join(' ') });
    expect(within).toMatchObject({ warnings: [] });
    expect(within.hits.length).toBeGreaterThan(0);
    const beyond = await run(id, { query: [...words, 'tent'].join(' ') });
    expect(beyond).toMatchObject({ hits: [], warnings: [expect.stringMatching(/bm25 read the first 512 of \d+ /)] });
  });

  test('answers with nothing where nothing matches', async () => {
    const { id } = await make([featureSearch([search(BM25)], { facets: ['brand'] }), { attributeFilter: {} }]);
    for (const query of ['zeppelin', '???', 'the']) {
      expect(await run(id, { query })).toMatchObject({ hits: [], facets: { brand: {} }, warnings: [] });
    }
  });

  describe('is refused with', () => {
    const stage = featureSearch([search(BM25), search(IMAGE, { query: '{{INPUT.image}}' })]);
    const good = { query: 'tent', image: [1, 0] };

    test.each<[string, Record<string, unknown>, string, string[]]>([
      ['a missing input', { image: [1, 0] }, 'MISSING_INPUT', ['query']],
      ['an empty query', { ...good, query: '' }, 'EMPTY_QUERY', ['query']],
      ['a blank query', { ...good, query: ' \n' }, 'EMPTY_QUERY', ['query']],
      ['a query that is a list', { ...good, query: ['x'] }, 'INVALID_QUERY', ['query']],
      ['a query of 10,001 characters', { ...good, query: 'x'.repeat(10_001) }, 'INVALID_QUERY', ['query']],
      ['a vector that is a text', { ...good, image: 'x' }, 'INVALID_QUERY', ['image']],
      ['a vector of another length', { ...good, image: [1, 0, 0] }, 'DIMENSION_MISMATCH', ['image']],
      ['a vector of zeros', { ...good, image: [0, 0] }, 'INVALID_VECTOR', ['image']],
      ['a vector that is not finite', { ...good, image: [NaN, 1] }, 'INVALID_VECTOR', ['image']],
    ])('%s', async (_what, inputs, code, rest) => {
      const { id } = await make([stage]);
      await expect(run(id, inputs)).rejects.toMatchObject({ code, path: ['input', 'inputs', ...rest] });
    });

    test('a retriever that is unknown, deleted or of another namespace', async () => {
      const { id } = await make([stage]);
      const unknown = { code: 'RETRIEVER_NOT_FOUND', path: ['input', 'retrieverId'] };
      const foreign = executeSearch(deps, await createNamespace(db), {
        ...{ retrieverId: id, inputs: good, userId: null, sessionId: null, segment: null, seed: null, limit: null },
      });
      await expect(foreign).rejects.toMatchObject(unknown);
      await expect(run(uuidv7(), good)).rejects.toMatchObject(unknown);
      await expect(run('x', good)).rejects.toMatchObject(unknown);
      await deleteRetriever({ retrievers }, namespaceId, id);
      await expect(run(id, good)).rejects.toMatchObject(unknown);
    });
  });

  test('uses a new version of its retriever at once', async () => {
    const { id } = await make([featureSearch([search(BM25)])]);
    expect((await run(id, { query: 'tent' })).retrieverVersion).toBe(1);
    const input = { retrieverId: id, retrieverName: null, collectionIds: null, inputSchema: null };
    await updateRetriever({ retrievers, collections, lessons: { of: async () => null } }, namespaceId, {
      ...input,
      stages: [featureSearch([search(NGRAM)])],
    });
    const execution = await run(id, { query: 'tent' });
    expect(execution).toMatchObject({ retrieverVersion: 2, weights: [{ featureUri: NGRAM }] });
  });
});
