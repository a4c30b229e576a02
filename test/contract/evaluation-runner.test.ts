import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresCollectionStore } from '../../src/collections/collection-store.postgres.ts';
import { createCollection } from '../../src/collections/create-collection.ts';
import { upsertDocuments } from '../../src/collections/upsert-documents.ts';
import { createDataset } from '../../src/evaluations/create-dataset.ts';
import { createPostgresDatasetStore } from '../../src/evaluations/dataset-store.postgres.ts';
import { EvaluationFeed } from '../../src/evaluations/evaluation-feed.ts';
import { EvaluationRunner, type EvaluationRunnerDeps } from '../../src/evaluations/evaluation-runner.ts';
import { createPostgresEvaluationStore } from '../../src/evaluations/evaluation-store.postgres.ts';
import type { EvaluationStore } from '../../src/evaluations/evaluation-store.ts';
import { isOver, type Evaluation } from '../../src/evaluations/evaluation.ts';
import { cancelEvaluation, runEvaluation, watchEvaluation } from '../../src/evaluations/run-evaluation.ts';
import { createExtractorRegistry } from '../../src/extractors/registry.ts';
import { defaultLearningConfig } from '../../src/learning/learning-config.ts';
import type { DecidingPosteriors } from '../../src/learning/posterior-source.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createPostgresRetrieverStore } from '../../src/retrievers/retriever-store.postgres.ts';
import { createPostgresFeatureSearcher } from '../../src/search/feature-searcher.postgres.ts';
import type { FeatureSearcher } from '../../src/search/feature-searcher.ts';
import { MAX_TERMS } from '../../src/search/run-searches.ts';
import { UnavailableError } from '../../src/shared/errors.ts';
import { createNamespace, indexedDocument, vectorFeature } from '../fixtures/collection.ts';
import { learnedPosteriors } from '../fixtures/learned-posteriors.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';

const featureUris = ['test://caller@v1/good', 'test://caller@v1/bad'];
const BM25 = 'attune://lexical@v1/bm25';
const LOOK = 'attune://image@v1/look';
const queries = [0, 1, 2, 3, 4, 5];

/** A direction in the plane for every query; the good feature has document `d3` where query 3 points. */
const direction = (index: number) => [Math.cos(index), Math.sin(index)];

describe.each(testDatabases())('running evaluations on $name', ({ open }) => {
  const extractors = createExtractorRegistry();
  let db: Database;
  let evaluations: EvaluationStore;
  let namespaceId: string;
  let retrieverId: string;
  let datasetId: string;
  /** Of the retriever that searches by words and by a picture, either of which may be left out. */
  let picturesId: string;
  let deps: Omit<EvaluationRunnerDeps, 'runner' | 'feed'>;
  let learned: DecidingPosteriors;

  beforeAll(async () => {
    db = await open();
    namespaceId = await createNamespace(db);
    const collections = createPostgresCollectionStore(db);
    const retrievers = createPostgresRetrieverStore(db);
    const datasets = createPostgresDatasetStore(db);
    evaluations = createPostgresEvaluationStore(db);
    const features = ['good', 'bad'].map((name) => vectorFeature(2, name));
    const collection = await collections.create(namespaceId, 'documents', features);
    await collections.write(
      collection,
      queries.map((index) => {
        const document = indexedDocument(collection, { documentId: `d${index}` });
        const [good, bad] = collection.features.map(({ id }) => id);
        const vectors = new Map([
          [good!, Float32Array.from(direction(index))],
          [bad!, Float32Array.from(direction(5 - index))],
        ]);
        return { ...document, vectors };
      }),
    );
    const [first, ...others] = featureUris.map((featureUri) => ({
      ...{ featureUri, query: { vector: '{{INPUT.vector}}' }, topK: 6, weight: null, filters: null },
    }));
    const retriever = await retrievers.create(namespaceId, {
      name: 'plane',
      collectionIds: [collection.id],
      inputSchema: null,
      stages: [
        {
          ...{
            kind: 'featureSearch',
            searches: [first!, ...others],
            fusion: 'LEARNED',
            finalTopK: 6,
            rankConstant: 60,
          },
          ...{ rawScores: false, learningConfig: defaultLearningConfig, filters: null, groupBy: null, facets: [] },
        },
      ],
    });
    retrieverId = retriever.id;
    const { dataset } = await createDataset({ datasets }, namespaceId, {
      ...{ name: 'plane', datasetId: null, keepPrevious: false, csv: null, jsonl: null },
      queries: queries.map((index) => ({
        queryId: `q${index}`,
        inputs: { vector: direction(index) },
        judgments: [{ documentId: `d${index}`, relevance: 1 }],
      })),
    });
    datasetId = dataset.id;
    deps = {
      ...{ evaluations, datasets, retrievers, collections, extractors, logger: silentLogger },
      searcher: createPostgresFeatureSearcher(db),
      posteriors: { posteriors: () => Promise.resolve(learned) },
    };
    trust('good');
  });
  afterAll(async () => {
    await extractors.close();
    await db.close();
  });

  function trust(name: 'good' | 'bad', version = '0000000000000007'): void {
    const arms = featureUris.map((featureUri): [string, [number, number]] => [
      featureUri,
      featureUri.endsWith(name) ? [99, 1] : [1, 99],
    ]);
    learned = learnedPosteriors(Object.fromEntries(arms), { version });
  }

  /** Counts the queries that are searched, and calls `onQuery` before each. */
  function instance(onQuery: (count: number) => void | Promise<void> = () => {}, index = deps.searcher) {
    let searched = 0;
    const searcher: FeatureSearcher = {
      async search(request) {
        // two features a query: the first one announces it
        if (request.feature.featureUri === featureUris[0]) await onQuery(++searched);
        return index.search(request);
      },
    };
    const feed = new EvaluationFeed({ evaluations, logger: silentLogger });
    const runner = new EvaluationRunner({ ...deps, searcher, feed, runner: randomUUID() });
    const useCases = {
      ...deps,
      feed,
      datasets: createPostgresDatasetStore(db),
      retrievers: createPostgresRetrieverStore(db),
    };
    return {
      feed,
      runner,
      searched: () => searched,
      run: (change: object = {}, wakeRunner = () => runner.wake()) =>
        runEvaluation({ ...useCases, wakeRunner }, namespaceId, {
          ...{
            retrieverId,
            datasetId,
            datasetVersion: null,
            limit: null,
            kValues: [1, 3],
            fusion: null,
            heldOutOnly: false,
          },
          ...change,
        }),
      cancel: (id: string) => cancelEvaluation(useCases, namespaceId, id),
      watch: (id: string) => watchEvaluation(useCases, namespaceId, id),
      async over(id: string): Promise<Evaluation> {
        let last: Evaluation | null = null;
        for await (const state of await this.watch(id)) last = state;
        expect(last !== null && isOver(last)).toBe(true);
        return last!;
      },
    };
  }

  test('one runs every query once, and its means are those of its queries', async () => {
    const here = instance();
    const { id, status } = await here.run();
    expect(status).toBe('QUEUED');
    const done = await here.over(id);
    expect(done).toMatchObject({ status: 'COMPLETED', doneCount: 6, queryCount: 6, failedCount: 0 });
    expect(done.metrics).toMatchObject([
      { k: 1, precision: 1, mrr: 1 },
      { k: 3, recall: 1, mrr: 1 },
    ]);
    expect(here.searched()).toBe(6);
    const results = await evaluations.results(id);
    expect(results.map(({ position, ranking }) => [position, ranking[0]])).toEqual(queries.map((n) => [n, `d${n}`]));
    expect(await db.query('select 1 from executions')).toEqual([]);
    await here.runner.close();
  });

  test('another takes up what one left when it stopped, behind the last query, with the weights of the start', async () => {
    const first = instance((count) => void (count === 3 && first.runner.close()));
    const { id } = await first.run();
    await expect.poll(async () => (await evaluations.results(id)).length).toBe(3);
    await first.runner.close();
    trust('bad', '0000000000000008');
    const second = instance();
    second.runner.wake();
    const done = await second.over(id);
    trust('good');
    expect(done).toMatchObject({ status: 'COMPLETED', doneCount: 6, weightVersion: '0000000000000007' });
    expect(done.metrics).toMatchObject([{ k: 1, mrr: 1 }, { k: 3 }]);
    expect([first.searched(), second.searched()]).toEqual([3, 3]);
    await second.runner.close();
  });

  test('a runner that died is taken over when its lease ends, and what it still brings is not taken', async () => {
    const idle = instance();
    const { id } = await idle.run({}, () => {});
    const dead = randomUUID();
    expect((await evaluations.claim(dead, 1))?.evaluation.id).toBe(id);
    idle.runner.wake();
    expect(await idle.over(id)).toMatchObject({ status: 'COMPLETED' });
    await idle.runner.close();
  });

  test('what a runner brings that was taken over is not taken', async () => {
    const here = instance();
    await here.runner.close();
    const { id } = await here.run({}, () => {});
    const [late, taker] = [randomUUID(), randomUUID()];
    await evaluations.claim(late, 1);
    await expect.poll(async () => (await evaluations.claim(taker, 60_000))?.evaluation.id).toBe(id);
    const result = { position: 0, ranking: ['d0'], metrics: [], error: null, lesson: null, tookMs: 1 };
    expect(await evaluations.save(id, late, result, 1_000)).toBeNull();
    expect(await evaluations.complete(id, late, [])).toBeNull();
    expect(await evaluations.fail(id, late, 'late')).toBeNull();
    expect(await evaluations.results(id)).toEqual([]);
    expect(await evaluations.save(id, taker, result, 1_000)).toMatchObject({ doneCount: 1 });
    expect(await evaluations.save(id, taker, result, 1_000)).toBeNull();
    await here.cancel(id);
  });

  test('two runners never hold the same one', async () => {
    const here = instance();
    await here.runner.close();
    const { id } = await here.run({}, () => {});
    const claims = await Promise.all([1, 2, 3].map(() => evaluations.claim(randomUUID(), 60_000)));
    expect(claims.filter((claim) => claim?.evaluation.id === id)).toHaveLength(1);
    expect(await evaluations.claim(randomUUID(), 60_000)).toBeNull();
    await here.cancel(id);
  });

  test('cancelling stops it at the next query, and keeps what was done', async () => {
    const here = instance(async (count) => void (count === 3 && (await here.cancel(id))));
    const { id } = await here.run({}, () => {});
    here.runner.wake();
    expect(await here.over(id)).toMatchObject({ status: 'CANCELLED', doneCount: 2 });
    await here.runner.close();
    expect(here.searched()).toBe(3);
    expect(await evaluations.results(id)).toHaveLength(2);
    await expect(here.cancel(id)).rejects.toMatchObject({ code: 'EVALUATION_OVER' });
    await expect(here.cancel(uuidv7())).rejects.toMatchObject({ code: 'EVALUATION_NOT_FOUND' });
  });

  test('a search that fails is tried again, and the evaluation goes on', async () => {
    let failures = 2;
    const here = instance((count) => {
      if (count >= 2 && failures-- > 0) throw new Error('the index is away');
    });
    const { id } = await here.run();
    const done = await here.over(id);
    expect(done).toMatchObject({ status: 'COMPLETED', doneCount: 6, failedCount: 0 });
    expect(done.metrics).toMatchObject([{ k: 1, mrr: 1 }, { k: 3 }]);
    await here.runner.close();
  });

  test('another instance sees the progress, a slow reader the latest alone', async () => {
    const [here, elsewhere] = [instance(), instance()];
    await elsewhere.runner.close();
    const { id } = await here.run({}, () => {});
    const slow = await elsewhere.watch(id);
    here.runner.wake();
    await here.over(id);
    await expect.poll(async () => (await elsewhere.over(id)).status).toBe('COMPLETED');
    await expect
      .poll(async () => {
        const { value } = (await slow.next()) as IteratorResult<Evaluation, Evaluation>;
        return value.status;
      })
      .toBe('COMPLETED');
    expect(await slow.next()).toMatchObject({ done: true });
    expect(elsewhere.feed.watcherCount).toBe(0);
    await here.runner.close();
  });

  test('return() releases a watcher at once, also while it waits', async () => {
    const here = instance();
    await here.runner.close();
    const { id } = await here.run({}, () => {});
    const stream = await here.watch(id);
    expect(await stream.next()).toMatchObject({ value: { status: 'QUEUED' } });
    const waiting = stream.next();
    expect(here.feed.watcherCount).toBe(1);
    await stream.return?.();
    expect(await waiting).toMatchObject({ done: true });
    expect(here.feed.watcherCount).toBe(0);
    await here.cancel(id);
  });

  test('a query that the retriever refuses found nothing, and is counted', async () => {
    const { dataset } = await createDataset({ datasets: createPostgresDatasetStore(db) }, namespaceId, {
      ...{ name: 'half', datasetId: null, keepPrevious: false, csv: null, queries: null },
      jsonl: [
        { inputs: { vector: direction(0) }, documentId: 'd0' },
        { inputs: { vector: [1, 2, 3] }, documentId: 'd1' },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    });
    const here = instance();
    const { id } = await here.run({ datasetId: dataset.id });
    expect(await here.over(id)).toMatchObject({ doneCount: 2, failedCount: 1, metrics: [{ mrr: 0.5 }, {}] });
    const [, refused] = await evaluations.results(id);
    expect(refused).toMatchObject({ ranking: [], error: expect.stringContaining('2') as string });
    await here.runner.close();
  });

  describe('with words and pictures', () => {
    const unreadable = 'data:image/png;base64,AAAA';

    beforeAll(async () => {
      const [collections, retrievers] = [createPostgresCollectionStore(db), createPostgresRetrieverStore(db)];
      const { id } = await createCollection({ collections, extractors }, namespaceId, {
        name: 'pictures',
        features: [
          { featureUri: BM25, fields: null, dimensions: null },
          { featureUri: LOOK, fields: ['image'], dimensions: null },
        ],
      });
      await upsertDocuments({ collections, extractors }, namespaceId, {
        collectionId: id,
        documents: [{ documentId: 'lamp', content: 'a red lamp', metadata: null, vectors: null }],
      });
      const search = (featureUri: string, query: string) => {
        return { featureUri, query, topK: 6, weight: null, filters: null };
      };
      const both = { searches: [search(LOOK, '{{INPUT.picture}}'), search(BM25, '{{INPUT.words}}')] as const };
      const text = { type: 'text', required: false };
      const retriever = await retrievers.create(namespaceId, {
        name: 'pictures',
        collectionIds: [id],
        inputSchema: { words: text, picture: text },
        stages: [
          {
            ...{ kind: 'featureSearch', ...both, fusion: 'RRF', finalTopK: 6, rankConstant: 60 },
            ...{ rawScores: false, learningConfig: defaultLearningConfig, filters: null, groupBy: null, facets: [] },
          },
        ],
      });
      picturesId = retriever.id;
    });

    async function evaluate(inputs: readonly Record<string, string>[], searcher = deps.searcher) {
      const { dataset } = await createDataset({ datasets: createPostgresDatasetStore(db) }, namespaceId, {
        ...{ name: uuidv7(), datasetId: null, keepPrevious: false, csv: null, queries: null },
        jsonl: inputs.map((one) => JSON.stringify({ inputs: one, documentId: 'lamp' })).join('\n'),
      });
      const here = instance(undefined, searcher);
      const { id } = await here.run({ retrieverId: picturesId, datasetId: dataset.id });
      const done = await here.over(id);
      await here.runner.close();
      return { done, results: await evaluations.results(id) };
    }

    test('a text of too many words is measured by those that a live search reads', async () => {
      const words = ['lamp', ...Array.from({ length: MAX_TERMS }, (_, n) => `word${n}`)].join(' ');
      const { done, results } = await evaluate([{ words }]);
      expect(done).toMatchObject({ status: 'COMPLETED', failedCount: 0, metrics: [{ mrr: 1 }, {}] });
      expect(results).toMatchObject([{ ranking: ['lamp'], error: null }]);
    });

    test('an unreadable picture is counted and told, and what the words find is measured', async () => {
      const { done, results } = await evaluate([{ words: 'lamp', picture: unreadable }, { picture: unreadable }]);
      expect(done).toMatchObject({ status: 'COMPLETED', failedCount: 2, metrics: [{ mrr: 0.5 }, {}] });
      expect(results).toMatchObject([
        { ranking: ['lamp'], error: expect.stringMatching(/look failed \(The picture is neither/) as string },
        { ranking: [], error: expect.stringMatching(/The picture is neither/) as string },
      ]);
    });

    test('an unreadable picture hides no failure of a store: the query is tried again', async () => {
      let failures = 1;
      const { done, results } = await evaluate([{ words: 'lamp', picture: unreadable }], {
        search(request) {
          if (failures-- > 0) return Promise.reject(new UnavailableError('Postgres', 'It is away.'));
          return deps.searcher.search(request);
        },
      });
      expect(done).toMatchObject({ status: 'COMPLETED', failedCount: 1 });
      expect(results).toMatchObject([{ ranking: ['lamp'] }]);
    });
  });
});
