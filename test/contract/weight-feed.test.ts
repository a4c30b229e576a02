import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import type { EventLog } from '../../src/interactions/event-log.ts';
import type { ContextRef } from '../../src/learning/context.ts';
import { evidenceOf } from '../../src/learning/evidence.ts';
import { defaultLearningConfig, type LearningConfig } from '../../src/learning/learning-config.ts';
import { PosteriorCache } from '../../src/learning/posterior-cache.ts';
import { createPosteriorReader } from '../../src/learning/posterior-reader.ts';
import { createClickHousePosteriorStore } from '../../src/learning/posterior-store.clickhouse.ts';
import type { PosteriorStore } from '../../src/learning/posterior-store.ts';
import { readLearnedWeights } from '../../src/learning/read-learned-weights.ts';
import { WeightFeed, type WeightFeedDeps } from '../../src/learning/weight-feed.ts';
import type { Retriever } from '../../src/retrievers/retriever.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { testWarehouses } from '../fixtures/clickhouse.ts';
import { executionOf } from '../fixtures/interaction.ts';
import { batchOf, deltaOf, everyone, person } from '../fixtures/outbox-batch.ts';
import { silentLogger } from '../fixtures/postgres.ts';

describe.each(testWarehouses())('the feed of learned weights on $name', ({ open }) => {
  let warehouse: Warehouse;
  let log: EventLog;

  beforeAll(async () => {
    warehouse = await open();
    log = createClickHouseEventLog(warehouse);
  });
  afterAll(() => warehouse.close());

  /** A feed over a retriever of the features of interaction.ts, and a way to teach it. */
  function openFeed(
    change: Partial<LearningConfig>,
    storeThat: (store: PosteriorStore) => PosteriorStore = (it) => it,
  ) {
    const execution = executionOf(['liked', 'passed over']);
    const uris = execution.hits[0]!.features.map(({ featureUri }) => featureUri);
    const retriever = retrieverOf(execution.retrieverId, uris, { ...defaultLearningConfig, ...change });
    const store = storeThat(createClickHousePosteriorStore(warehouse));
    // A busy machine may be slow: nothing here is about that.
    const cache = new PosteriorCache({ store, logger: silentLogger, clock: systemClock, patienceMs: 20_000 });
    const source = createPosteriorReader(cache, systemClock);
    const weigh = async (...of: Parameters<WeightFeedDeps['weigh']>) =>
      (await readLearnedWeights(source, ...of)).weights;
    const feed = new WeightFeed({ cache, logger: silentLogger, weigh });
    const outcomes = [1, 0].map((reward) => ({ reward, examined: 1 }));
    const evidence = evidenceOf(execution.hits, outcomes, uris);
    /** So many lists of which the first hit, which the feature `text` had first, was rewarded. */
    const commit = async (contexts: readonly ContextRef[], interactions: number): Promise<void> => {
      const sums = evidence.sums.map((sum) => interactions * sum);
      const arms: Record<string, [number, number]> = Object.fromEntries(uris.map((uri) => [uri, [interactions, 0]]));
      const deltas = contexts.map((context) =>
        deltaOf(retriever.id, context, interactions, arms, { evidence: { ...evidence, sums } }),
      );
      await log.append(batchOf({ deltas }));
    };
    return {
      ...{ retriever, cache, feed, weigh, commit },
      /** The same, and told at once. */
      async teach(contexts: readonly ContextRef[], interactions: number): Promise<void> {
        await commit(contexts, interactions);
        feed.changed(retriever.id, contexts);
      },
    };
  }

  /** What comes to a stream, whenever it comes. */
  const collect = (stream: AsyncIterable<{ version: string; interactions: number }>) => {
    const events: { version: string; interactions: number }[] = [];
    void (async () => {
      for await (const { version, interactions } of stream) events.push({ version, interactions });
    })();
    return events;
  };

  const next = async (stream: AsyncIterator<{ interactions: number; arms: readonly { weight: number }[] }>) => {
    const { value } = await stream.next();
    const { interactions, arms } = value as { interactions: number; arms: readonly { weight: number }[] };
    return { interactions, weight: arms[1]!.weight };
  };

  test('sends a person the weights that others moved, where they count in the person’s own', async () => {
    const { feed, retriever, teach } = openFeed({ minInteractions: 2, pooling: 100 });
    await teach([person('ann'), everyone], 2);
    const ann = await feed.watch(retriever, { user_id: 'ann' }, -1);
    const before = await next(ann);
    await teach([person('bob'), everyone], 3);
    const after = await next(ann);
    expect([before.interactions, after.interactions]).toEqual([2, 2]);
    expect(after.weight).toBeGreaterThan(before.weight);
    feed.close();
  });

  test('sends nothing of what others do where it does not count', async () => {
    const { feed, retriever, teach } = openFeed({ minInteractions: 2, pooling: 0 });
    await teach([person('ann'), everyone], 2);
    const ann = await feed.watch(retriever, { user_id: 'ann' }, -1);
    const witness = await feed.watch(retriever, {}, -1);
    expect((await next(ann)).interactions).toBe(2);
    await next(witness);
    await teach([person('bob'), everyone], 3);
    expect((await next(witness)).interactions).toBe(5);
    await teach([person('ann'), everyone], 1);
    expect((await next(ann)).interactions).toBe(3);
    feed.close();
  });

  test('misses nothing that changes while a context is read for the first time, though nobody watches', async () => {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let reads = 0;
    const slowAtFirst = (store: PosteriorStore): PosteriorStore => ({
      ...store,
      async read(...of) {
        reads += 1;
        const isFirst = reads === 1;
        const snapshot = await store.read(...of);
        if (isFirst) await held;
        return snapshot;
      },
    });
    const { feed, retriever, teach, weigh } = openFeed({}, slowAtFirst);
    const reading = weigh(retriever, {});
    await expect.poll(() => reads).toBe(1);
    await teach([everyone], 2);
    await feed.settled();
    goOn();
    await reading;
    expect(await weigh(retriever, {})).toMatchObject({ interactions: 2 });
    feed.close();
  });

  test('sends a change though a search has read the version that it has before it was announced', async () => {
    const { feed, retriever, teach, commit, weigh } = openFeed({});
    await teach([everyone], 1);
    await feed.settled();
    const watching = collect(await feed.watch(retriever, {}, -1));
    await commit([everyone], 2);
    expect(await weigh(retriever, { user_id: 'never seen before' })).toMatchObject({ interactions: 1 });
    // Another one of the same weights gets them as they are in memory.
    const joining = collect(await feed.watch(retriever, {}, -1));
    await expect.poll(() => [watching, joining].map((events) => events.length)).toEqual([1, 1]);
    feed.changed(retriever.id, [everyone]);
    await feed.settled();
    await expect.poll(() => [watching, joining].map((events) => events.at(-1)?.interactions)).toEqual([3, 3]);
    for (const events of [watching, joining]) expect(events[1]!.version > events[0]!.version).toBe(true);
    feed.close();
  });

  test('sends what a batch has changed though another was told of first, whose read brought its version', async () => {
    const { feed, retriever, teach, commit } = openFeed({ pooling: 100, minInteractions: 1 });
    await teach([person('ann'), person('bob'), everyone], 1);
    await feed.settled();
    const bob = collect(await feed.watch(retriever, { user_id: 'bob' }, -1));
    await commit([person('ann'), everyone], 1);
    await commit([person('bob'), everyone], 2);
    for (const name of ['ann', 'bob']) {
      feed.changed(retriever.id, [person(name), everyone]);
      await feed.settled();
    }
    await expect.poll(() => bob.at(-1)?.interactions).toBe(3);
    feed.close();
  });

  test('is at a version only when all that has changed is read, be it more than is read at once', async () => {
    const versions: number[] = [];
    let onRead = async () => {};
    const watched = (store: PosteriorStore): PosteriorStore => ({
      async read(...of) {
        const snapshot = await store.read(...of);
        await onRead();
        return snapshot;
      },
    });
    const { cache, feed, retriever, commit } = openFeed({}, watched);
    const people = Array.from({ length: 1_200 }, (_, n) => person(`user-${n}`));
    await cache.read(retriever.id, people);
    await commit([everyone, ...people], 1);
    onRead = async () => {
      const { version, totals } = await cache.read(retriever.id, people.slice(-1));
      expect(totals).toEqual([null]);
      versions.push(version);
    };
    feed.changed(retriever.id, people);
    await feed.settled();
    expect(versions).toEqual([0, 0]);
    const { version, totals } = await cache.read(retriever.id, people.slice(-1));
    expect([version, totals[0]?.interactions]).toEqual([1, 1]);
    feed.close();
  });

  test('reads a context again that was read before a version that another one was read in', async () => {
    let goOn = () => {};
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let reads = 0;
    const slowAtFirst = (store: PosteriorStore): PosteriorStore => ({
      async read(...of) {
        const snapshot = await store.read(...of);
        if (reads++ === 0) await held;
        return snapshot;
      },
    });
    const { cache, feed, retriever, commit } = openFeed({}, slowAtFirst);
    const first = cache.read(retriever.id, [person('ann')]);
    await expect.poll(() => reads).toBe(1);
    await commit([person('ann'), everyone], 2);
    expect(await cache.read(retriever.id, [everyone])).toMatchObject({ version: 1 });
    goOn();
    expect(await first).toMatchObject({ version: 1, totals: [{ interactions: 2 }] });
    feed.close();
  });

  test('sends the weights of another algorithm when the retriever is given one', async () => {
    const { feed, retriever, teach } = openFeed({ algorithm: 'RANKING_THOMPSON' });
    await teach([everyone], 20);
    const stream = await feed.watch(retriever, {}, -1);
    const ranking = await next(stream);
    feed.redefined(withThompsonSampling(retriever, 2));
    // Both features have earned the same; only together do they tell which one ranked better.
    expect((await next(stream)).weight).toBe(0.5);
    expect(ranking.weight).toBeGreaterThan(0.6);
    feed.close();
  });

  test('a definition that a new watcher brings along is everyone’s, and an older one that is told late is nobody’s', async () => {
    const { feed, retriever, teach } = openFeed({ algorithm: 'RANKING_THOMPSON' });
    await teach([everyone], 20);
    const stream = await feed.watch(retriever, {}, -1);
    expect((await next(stream)).weight).toBeGreaterThan(0.6);
    const redefined = withThompsonSampling(retriever, 2);
    const joining = await feed.watch(redefined, {}, -1);
    expect((await next(joining)).weight).toBe(0.5);
    expect((await next(stream)).weight).toBe(0.5);
    feed.redefined(retriever);
    await feed.settled();
    expect(feed.watched()).toEqual([redefined]);
    await joining.return?.();
    await stream.return?.();
    expect(feed.watched()).toEqual([]);
    feed.close();
  });
});

/** The next definition of a retriever, whose features then count apart from each other. */
function withThompsonSampling({ id, stages: [{ searches }] }: Retriever, version: number): Retriever {
  const uris = searches.map(({ featureUri }) => featureUri);
  return { ...retrieverOf(id, uris, { ...defaultLearningConfig, algorithm: 'THOMPSON_SAMPLING' }), version };
}

function retrieverOf(id: string, featureUris: readonly string[], learningConfig: LearningConfig): Retriever {
  const [first, ...others] = featureUris.map((featureUri) => ({
    ...{ featureUri, query: '{{INPUT.query}}', topK: 100, weight: null, filters: null },
  }));
  return {
    ...{ id, namespaceId: id, name: 'shop', collectionIds: [], inputSchema: null },
    ...{ version: 1, createdAt: 0, updatedAt: 0 },
    stages: [
      {
        ...{ kind: 'featureSearch', searches: [first!, ...others], fusion: 'LEARNED', finalTopK: 25, rankConstant: 60 },
        ...{ rawScores: false, learningConfig, filters: null, groupBy: null, facets: [] },
      },
    ],
  };
}
