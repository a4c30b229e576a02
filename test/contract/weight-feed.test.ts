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
    return {
      retriever,
      feed,
      weigh,
      /** So many lists of which the first hit, which the feature `text` had first, was rewarded. */
      async teach(contexts: readonly ContextRef[], interactions: number): Promise<void> {
        const sums = evidence.sums.map((sum) => interactions * sum);
        const arms: Record<string, [number, number]> = Object.fromEntries(uris.map((uri) => [uri, [interactions, 0]]));
        const deltas = contexts.map((context) =>
          deltaOf(retriever.id, context, interactions, arms, { evidence: { ...evidence, sums } }),
        );
        await log.append(batchOf({ deltas }));
        feed.changed(retriever.id, contexts);
      },
    };
  }

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

  test('sends the weights of another algorithm when the retriever is given one', async () => {
    const { feed, retriever, teach } = openFeed({ algorithm: 'RANKING_THOMPSON' });
    await teach([everyone], 20);
    const stream = await feed.watch(retriever, {}, -1);
    const ranking = await next(stream);
    feed.redefined({
      ...retrieverOf(
        retriever.id,
        retriever.stages[0].searches.map(({ featureUri }) => featureUri),
        {
          ...defaultLearningConfig,
          algorithm: 'THOMPSON_SAMPLING',
        },
      ),
      version: 2,
    });
    // Both features have earned the same; only together do they tell which one ranked better.
    expect((await next(stream)).weight).toBe(0.5);
    expect(ranking.weight).toBeGreaterThan(0.6);
    feed.close();
  });
});

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
