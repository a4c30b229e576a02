import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openServer } from '../../src/postgres/open-server.ts';
import { createPostgresRetrieverStore } from '../../src/retrievers/retriever-store.postgres.ts';
import { asking } from '../fixtures/attune-process.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { onServer, silentLogger } from '../fixtures/postgres.ts';
import { startRoundRobinProxy, type RoundRobinProxy } from '../fixtures/round-robin-proxy.ts';
import { dropStores, realStoresOf } from '../fixtures/store-pair.ts';
import { eventually, rolloutPayload, shopOn, type Rollout } from './rollout-shop.ts';
import { connect, eventStream, subscribe } from './transport-clients.ts';

const server = process.env.ATTUNE_TEST_DATABASE_URL;

const WATCH = 'subscription ($id: ID!) { learnedWeights(retrieverId: $id) { version interactions } }';

// Embedded engines are one process's alone: two need a server of Postgres.
describe.skipIf(server === undefined)('two servers on one Postgres and one ClickHouse, behind a load balancer', () => {
  let [one, other]: RunningAttune[] = [];
  let proxy: RoundRobinProxy;
  /** Whichever it is: each request and each WebSocket goes to the next. */
  let both: RunningAttune;
  let databaseUrl: string;
  let shop: ReturnType<typeof shopOn>;

  beforeAll(async () => {
    const env = await realStoresOf(`two-instances-${randomUUID()}`);
    databaseUrl = env.DATABASE_URL;
    one = await startAttune(env);
    other = await startAttune(env);
    proxy = await startRoundRobinProxy([one.url, other.url]);
    both = { ...one, url: proxy.url, ask: asking(proxy.url) };
    shop = shopOn(both);
  });
  afterAll(async () => {
    await proxy?.close();
    await Promise.all([one?.close(), other?.close()]);
    await dropStores();
  });

  /** Both servers lose what they hear each other by, and whatever is told until they listen again. */
  const cutListeners = () =>
    onServer(
      server!,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(databaseUrl).pathname.slice(1)}' and query ilike 'listen%'`,
    );

  test('a click on one moves the weights that the other shows and sends', async () => {
    const id = await shop.createRetriever();
    const watchers = [both, both].map((attune) => {
      const client = connect(attune, { connectionParams: { authorization: `Bearer ${attune.adminKey}` } });
      return { client, ...subscribe(client, WATCH, { id }) };
    });
    await eventually(() => watchers.forEach(({ events }) => expect(events).toHaveLength(1)));
    expect([one!, other!].map(({ attune }) => attune.stats().watchers)).toEqual([1, 1]);
    const oneShop = shopOn(one!);
    await oneShop.click(await oneShop.search(id, { userId: 'ann' }));
    const latest = () =>
      watchers.map(
        ({ events }) => events.at(-1)?.data?.['learnedWeights'] as { version: string; interactions: number },
      );
    await eventually(() => latest().forEach((weights) => expect(weights).toMatchObject({ interactions: 1 })));
    const [here, there] = latest();
    expect(there?.version).toBe(here?.version);
    expect(await shopOn(other!).interactionsLearned(id, 'ann')).toMatchObject({ contextLevel: 'PERSONAL' });
    expect(await shopOn(other!).search(id, { userId: 'ann' })).toMatchObject({ contextLevel: 'PERSONAL' });
    await Promise.all(watchers.map(({ client }) => client.dispose()));
  });

  test('each of a person’s requests may go to another server, over HTTP and as server-sent events', async () => {
    const id = await shop.createRetriever();
    const before = [...proxy.counts];
    const { events, abort } = await eventStream(
      both as never,
      { query: WATCH, variables: { id } },
      { authorization: `Bearer ${both.adminKey}` },
    );
    const weights = async () => (await events.next()).value as { data: { learnedWeights: { interactions: number } } };
    expect((await weights()).data.learnedWeights.interactions).toBe(0);
    for (let n = 0; n < 6; n++) await shop.click(await shop.search(id, { userId: 'bea' }), n % 2);
    let latest = await weights();
    while (latest.data.learnedWeights.interactions < 6) latest = await weights();
    abort();
    await eventually(async () => expect((await shop.interactionsLearned(id, 'bea')).interactions).toBe(6));
    for (const [place, count] of proxy.counts.entries()) expect(count - before[place]!).toBeGreaterThanOrEqual(6);
  });

  test('what is sent to both counts once, and what is sent to either is not lost', async () => {
    const id = await shop.createRetriever();
    const searches = await Promise.all(Array.from({ length: 30 }, (_, n) => shop.search(id, { userId: `user-${n}` })));
    const input = ({ executionId }: { executionId: string }) => ({ executionId, position: 0 });
    const answers = await Promise.all(
      searches.flatMap((search) =>
        [one!, other!].map((attune) =>
          shopOn(attune).done<{ duplicate: boolean }>('recordInteraction', input(search), '{ duplicate }'),
        ),
      ),
    );
    expect(answers.filter(({ duplicate }) => duplicate)).toHaveLength(searches.length);
    for (const attune of [one!, other!]) {
      await eventually(async () =>
        expect((await shopOn(attune).interactionsLearned(id)).interactions).toBe(searches.length),
      );
    }
  });

  test('a retriever that one updates or deletes is so on the other', async () => {
    const id = await shop.createRetriever();
    const there = shopOn(other!);
    expect(await there.search(id)).toMatchObject({ fusion: 'LEARNED' });
    const update = { retrieverId: id, stages: shop.stages({}, 'RRF') };
    await shopOn(one!).done('updateRetriever', update, '{ retriever { version } }');
    await eventually(async () => expect(await there.search(id)).toMatchObject({ fusion: 'RRF' }));
    const client = connect(other!, { connectionParams: { authorization: `Bearer ${other!.adminKey}` } });
    const watching = ['learnedWeights', 'interactionFeed', 'rolloutEvents'].map((stream) =>
      subscribe(client, `subscription ($id: ID!) { ${stream}(retrieverId: $id) { __typename } }`, { id }),
    );
    await eventually(() => expect(other!.attune.stats().watchers).toBe(watching.length));
    await shopOn(one!).done('deleteRetriever', { retrieverId: id }, '{ __typename }');
    await eventually(() => expect(there.search(id)).rejects.toThrow());
    expect(await Promise.all(watching.map(({ ended }) => ended))).toEqual([null, null, null]);
    await client.dispose();
  });

  test('both put the same people into the same part of a rollout', async () => {
    const id = await shop.createRetriever();
    await shop.done('updateRollout', { retrieverId: id, rolloutPct: 50 }, rolloutPayload);
    const arms = async (attune: RunningAttune) => {
      const users = Array.from({ length: 40 }, (_, n) => ({ userId: `user-${n}` }));
      return Promise.all(users.map(async (user) => (await shopOn(attune).search(id, user)).rollout));
    };
    await eventually(async () => {
      const [here, there] = [await arms(one!), await arms(other!)];
      expect(new Set(here.map(({ arm }) => arm)).size).toBe(2);
      expect(there).toEqual(here);
    });
  });

  test('a kill switch thrown on one holds on the other', async () => {
    const id = await shop.createRetriever();
    const there = shopOn(other!);
    expect((await there.search(id)).rollout.arm).toBe('LEARNED');
    const kill = { retrieverId: id, reason: 'odd results' };
    await shopOn(one!).done<{ rollout: Rollout }>('killLearnedFusion', kill, rolloutPayload);
    await eventually(async () =>
      expect(await there.search(id)).toMatchObject({ fusion: 'RRF', rollout: { reason: 'KILLED' } }),
    );
    expect((await there.rolloutOf(id)).killed).toMatchObject({ reason: 'odd results' });
  });

  test('a kill on one holds on the other though its listener is lost, and so does going on', async () => {
    const id = await shop.createRetriever();
    const [here, there] = [shopOn(one!), shopOn(other!)];
    expect(await there.search(id)).toMatchObject({ rollout: { arm: 'LEARNED' } });
    await cutListeners();
    await here.done('killLearnedFusion', { retrieverId: id }, rolloutPayload);
    await eventually(async () => expect(await there.search(id)).toMatchObject({ rollout: { reason: 'KILLED' } }));
    await cutListeners();
    await here.done('resumeLearnedFusion', { retrieverId: id }, rolloutPayload);
    await eventually(async () => expect(await there.search(id)).toMatchObject({ rollout: { arm: 'LEARNED' } }));
  });

  test('who watches weights learns of a new definition and of a deletion though no server was told of it', async () => {
    const [changed, deleted] = [await shop.createRetriever(), await shop.createRetriever()];
    const client = connect(other!, { connectionParams: { authorization: `Bearer ${other!.adminKey}` } });
    const watch = 'subscription ($id: ID!) { learnedWeights(retrieverId: $id) { version weights { alpha } } }';
    const [watchingChanged, watchingDeleted] = [changed, deleted].map((id) => subscribe(client, watch, { id }));
    await eventually(() => {
      for (const { events } of [watchingChanged!, watchingDeleted!]) expect(events).toHaveLength(1);
    });
    // As by another server whose word was lost: it is in the database, and that is all.
    const beside = await openServer({ url: databaseUrl, logger: silentLogger });
    const retrievers = createPostgresRetrieverStore(beside);
    const namespaceId = other!.attune.defaultNamespace.id;
    await retrievers.update(namespaceId, changed, async (current) => {
      const [{ learningConfig, ...stage }] = current.stages;
      return { ...current, stages: [{ ...stage, learningConfig: { ...learningConfig, priorAlpha: 9 } }] };
    });
    await retrievers.delete(namespaceId, deleted);
    await beside.close();
    await cutListeners();
    expect(await watchingDeleted!.ended).toBeNull();
    const alphas = () => {
      const weights = watchingChanged!.events.at(-1)?.data?.['learnedWeights'] as { weights: { alpha: number }[] };
      return weights.weights.map(({ alpha }) => alpha);
    };
    await eventually(() => expect(alphas()).toEqual([9, 9]));
    await client.dispose();
  });

  test('events of one reach the subscribers of the other', async () => {
    const id = await shop.createRetriever();
    const client = connect(other!, { connectionParams: { authorization: `Bearer ${other!.adminKey}` } });
    const query = 'subscription ($id: ID!) { rolloutEvents(retrieverId: $id) { kind } }';
    const { events } = subscribe(client, query, { id });
    await eventually(() => expect(other!.attune.stats().watchers).toBe(1));
    await shopOn(one!).done('updateRollout', { retrieverId: id, rolloutPct: 5 }, rolloutPayload);
    await eventually(() => expect(events).toHaveLength(1));
    await client.dispose();
  });

  test('an interaction on one reaches those who watch the feed of the other', async () => {
    const id = await shop.createRetriever();
    const client = connect(other!, { connectionParams: { authorization: `Bearer ${other!.adminKey}` } });
    const { events } = subscribe(client, 'subscription ($id: ID!) { interactionFeed(retrieverId: $id) { id } }', {
      id,
    });
    await eventually(() => expect(other!.attune.stats().watchers).toBe(1));
    const { executionId } = await shopOn(one!).search(id);
    const { data } = await one!.ask<{ recordInteraction: { interaction: object } }>(
      `mutation ($executionId: ID!) { recordInteraction(input: { executionId: $executionId, position: 0 }) {
         ... on RecordInteractionPayload { interaction { id } } } }`,
      { executionId },
    );
    await eventually(() => expect(events).toEqual([{ data: { interactionFeed: data.recordInteraction.interaction } }]));
    await client.dispose();
  });
});
