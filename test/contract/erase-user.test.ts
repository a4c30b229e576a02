import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createPostgresDatasetStore } from '../../src/evaluations/dataset-store.postgres.ts';
import type { Interaction } from '../../src/interactions/interaction.ts';
import type { Relay } from '../../src/interactions/relay.ts';
import type { ContextRef } from '../../src/learning/context.ts';
import type { Database } from '../../src/postgres/database.ts';
import { deleteUserData, finishErasures, resetPreferences, type EraseUserDeps } from '../../src/rollouts/erase-user.ts';
import { createPostgresErasureStore } from '../../src/rollouts/erasure-store.postgres.ts';
import { createClickHouseUserLogStore } from '../../src/rollouts/user-log-store.clickhouse.ts';
import type { Execution } from '../../src/search/execution.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { openTestWarehouse } from '../fixtures/clickhouse.ts';
import { openFeedbackLoop, type FeedbackLoop } from '../fixtures/feedback-loop.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';

const ann: ContextRef = { level: 'PERSONAL', key: 'ann' };
const bob: ContextRef = { level: 'PERSONAL', key: 'bob' };
const everyone: ContextRef = { level: 'GLOBAL', key: '' };

describe.each(testDatabases())('forgetting a user on $name', ({ open }) => {
  let db: Database;
  let warehouse: Warehouse;
  let loop: FeedbackLoop;
  let relay: Relay;
  let namespaceId: string;
  let retrieverId: string;
  let forgotten: { retrieverId: string; contexts: readonly ContextRef[] }[];
  let deps: EraseUserDeps;
  let clockSkew = 0;

  beforeAll(async () => {
    [db, warehouse] = await Promise.all([open(), openTestWarehouse()]);
    loop = openFeedbackLoop(db, warehouse);
  });
  beforeEach(async () => {
    relay = loop.startRelay();
    ({ namespaceId, retrieverId } = await loop.createRetriever());
    forgotten = [];
    clockSkew = 0;
    deps = {
      retrievers: loop.retrievers,
      erasures: createPostgresErasureStore(db),
      userLog: createClickHouseUserLogStore(warehouse),
      clock: { now: () => systemClock.now() + clockSkew },
      logger: silentLogger,
      newId: () => uuidv7(),
      wakeRelay: () => relay.wake(),
      forgotten: (id, contexts) => void forgotten.push({ retrieverId: id, contexts }),
    };
  });
  afterAll(async () => {
    await relay.close();
    await Promise.all([db.close(), warehouse.close()]);
  });

  const searchOf = (userId: string, change: Partial<Execution> = {}) =>
    executionOf(['a', 'b'], {
      ...{ namespaceId, retrieverId, userId, sessionId: `of ${userId}`, executedAt: systemClock.now() - 1_000 },
      ...{ contextValues: { user_id: userId, segment: 'readers' } },
      ...change,
    });
  const click = (execution: Execution, change: Partial<Interaction> = {}) =>
    loop.interactions.record([interactionOn(execution, { receivedAt: systemClock.now() - 500, ...change })]);

  async function act(userId: string): Promise<Execution> {
    const execution = searchOf(userId);
    await loop.executions.save([execution]);
    await click(execution);
    return execution;
  }

  const interactionsOf = async (...contexts: ContextRef[]) =>
    (await loop.totals(retrieverId, contexts)).map((totals) => totals?.interactions ?? null);
  const versionNow = async () => (await loop.posteriors.read(retrieverId, [])).version;

  async function rowsOf(userId: string): Promise<Record<string, number>> {
    const tables = ['executions', 'interactions', 'feature_hours_of_users', 'interaction_hours_of_users'];
    const counts: [string, number][] = [];
    for (const table of tables) {
      const result = await warehouse.client.query({
        query: `SELECT count() AS n FROM ${table} WHERE user_id = {u:String} AND retriever_id = {r:UUID}`,
        query_params: { u: userId, r: retrieverId },
        format: 'JSONEachRow',
      });
      counts.push([`log ${table}`, Number((await result.json<{ n: string }>())[0]!.n)]);
    }
    for (const table of ['executions', 'interactions']) {
      const [row] = await db.query<{ n: number }>(
        `select count(*) as n from ${table} where user_id = $1 and namespace_id = $2`,
        [userId, namespaceId],
      );
      counts.push([table, Number(row!.n)]);
    }
    return Object.fromEntries(counts);
  }

  const input = () => ({ retrieverId, userId: 'ann' });

  test('a reset takes the user’s own posterior and nothing else, and makes a new version', async () => {
    await act('ann');
    await act('bob');
    expect(await relay.drain(10_000)).toBe(true);
    expect(await interactionsOf(ann, bob, everyone)).toEqual([1, 1, 2]);
    const version = await versionNow();
    const result = await resetPreferences(deps, namespaceId, input());
    expect(result).toMatchObject({ userId: 'ann', complete: true, removed: { posteriors: 1 } });
    expect(Object.values(result.remaining)).toEqual([0, 0, 0]);
    expect(await interactionsOf(ann, bob, everyone)).toEqual([null, 1, 2]);
    expect(await versionNow()).toBe(version + 1);
    expect(await rowsOf('ann')).toMatchObject({ executions: 1, interactions: 1, 'log executions': 1 });
    expect(forgotten).toEqual([{ retrieverId, contexts: [ann, ann] }]);
  });

  test('what waits in the outbox, and what comes later on old searches, does not bring it back', async () => {
    const old = await act('ann');
    expect(await relay.drain(10_000)).toBe(true);
    await act('ann');
    expect(await resetPreferences(deps, namespaceId, input())).toMatchObject({ complete: true });
    await click(old, { interactionTypes: ['PURCHASE'] });
    expect(await relay.drain(10_000)).toBe(true);
    expect(await interactionsOf(ann, everyone)).toEqual([null, 3]);
    const fresh = searchOf('ann');
    await loop.executions.save([fresh]);
    await click(fresh);
    expect(await relay.drain(10_000)).toBe(true);
    expect(await interactionsOf(ann, everyone)).toEqual([1, 4]);
  });

  test('contexts of several features are found by the user’s id in them', async () => {
    const [retriever] = await loop.retrievers.get(namespaceId, [retrieverId]);
    const [stage] = retriever!.stages;
    const learningConfig = { ...stage.learningConfig, contextFeatures: ['user_id', 'device'] };
    const updated = await loop.retrievers.update(namespaceId, retrieverId, async (current) => ({
      ...current,
      stages: [{ ...stage, learningConfig }],
    }));
    const both: ContextRef = { level: 'PERSONAL', key: '["ann","phone"]' };
    const search = searchOf('ann', {
      retrieverVersion: updated.version,
      contextValues: { user_id: 'ann', device: 'phone' },
    });
    await loop.executions.save([search]);
    await click(search);
    expect(await relay.drain(10_000)).toBe(true);
    expect(await interactionsOf(both)).toEqual([1]);
    expect(await resetPreferences(deps, namespaceId, input())).toMatchObject({ complete: true });
    expect(await interactionsOf(both, everyone)).toEqual([null, 1]);
    expect(forgotten[0]?.contexts).toContainEqual(both);
  });

  test('deleting everything leaves no row of the user in either store, and those of others untouched', async () => {
    await act('ann');
    const learned = searchOf('ann', {
      contextLevel: 'GLOBAL',
      weights: [{ featureUri: 'test://text@v1/a', weight: 1, alpha: 1, beta: 1 }],
    });
    await loop.executions.save([learned]);
    await act('bob');
    expect(await relay.drain(10_000)).toBe(true);
    await act('ann');
    const before = await rowsOf('bob');
    expect(await rowsOf('ann')).toMatchObject({ executions: 3, interactions: 2, 'log feature_hours_of_users': 1 });
    const result = await deleteUserData(deps, namespaceId, { userId: 'ann' });
    expect(result).toEqual({
      ...{ userId: 'ann', complete: true },
      removed: { executions: 3, interactions: 2, posteriors: 1 },
      remaining: { executions: 0, interactions: 0, posteriors: 0 },
    });
    expect(await relay.drain(10_000)).toBe(true);
    expect(Object.values(await rowsOf('ann'))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await rowsOf('bob')).toEqual(before);
    // the share of the first click in everyone's sums stays; the second never got there
    expect(await interactionsOf(ann, bob, everyone)).toEqual([null, 1, 2]);
    expect(await db.query('select 1 from erasures where namespace_id = $1', [namespaceId])).toEqual([]);
    expect(await db.query('select 1 from interaction_signals where execution_id = $1', [learned.id])).toEqual([]);
  });

  test('a batch under way is waited for, and brings nothing back', async () => {
    await relay.close();
    let goOn = () => {};
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let arrived = () => {};
    const underWay = new Promise<void>((resolve) => (arrived = resolve));
    relay = loop.startRelay({
      eventLog: (log) => ({
        ...log,
        async append(batch) {
          arrived();
          await held;
          await log.append(batch);
        },
      }),
    });
    await act('ann');
    relay.wake();
    await underWay;
    const deleting = deleteUserData(deps, namespaceId, { userId: 'ann' });
    setTimeout(goOn, 100);
    expect(await deleting).toMatchObject({
      complete: true,
      removed: { executions: 1, interactions: 1, posteriors: 1 },
    });
    expect(Object.values(await rowsOf('ann'))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await interactionsOf(ann)).toEqual([null]);
  });

  test('a search that is written while it runs is forgotten as well, and counted once', async () => {
    await act('ann');
    expect(await relay.drain(10_000)).toBe(true);
    const late = searchOf('ann');
    let isFirst = true;
    const userLog: EraseUserDeps['userLog'] = {
      async forget(erasure, retrieverIds) {
        if (isFirst) {
          isFirst = false;
          await loop.executions.save([late]);
          await relay.drain(10_000);
        }
        return deps.userLog.forget(erasure, retrieverIds);
      },
    };
    expect(await deleteUserData({ ...deps, userLog }, namespaceId, { userId: 'ann' })).toMatchObject({
      complete: true,
      removed: { executions: 2, interactions: 1, posteriors: 1 },
    });
    expect(Object.values(await rowsOf('ann'))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('while ClickHouse is away it is promised, and kept by whoever comes next', async () => {
    await act('ann');
    expect(await relay.drain(10_000)).toBe(true);
    const away = { ...deps, userLog: { forget: () => Promise.reject(new Error('away')) } };
    expect(await deleteUserData(away, namespaceId, { userId: 'ann' })).toMatchObject({ complete: false });
    expect(await rowsOf('ann')).toMatchObject({ executions: 0, interactions: 0, 'log interactions': 1 });
    await finishErasures(deps);
    expect(await rowsOf('ann')).toMatchObject({ 'log interactions': 1 });
    clockSkew = 31_000;
    await finishErasures(deps);
    expect(Object.values(await rowsOf('ann'))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await db.query('select 1 from erasures where namespace_id = $1', [namespaceId])).toEqual([]);
  });

  test('a batch that was put aside holds nothing of the user any more', async () => {
    const payload = (userId: string) => ({
      executions: [
        { namespaceId, userId },
        { namespaceId, userId: 'bob' },
      ],
      interactions: [{ namespaceId, userId }],
      deltas: [{ context: { level: 'PERSONAL', key: userId } }, { context: { level: 'GLOBAL', key: '' } }],
      searchOutcomes: [],
    });
    const id = uuidv7();
    await db.query(`insert into outbox_dead (id, payload, attempts, error) values ($1, $2::jsonb, 1, 'x')`, [
      id,
      JSON.stringify(payload('ann')),
    ]);
    await deleteUserData(deps, namespaceId, { userId: 'ann' });
    const [row] = await db.query<{ payload: unknown }>('select payload from outbox_dead where id = $1', [id]);
    expect(row?.payload).toEqual({
      ...{ executions: [{ namespaceId, userId: 'bob' }], interactions: [], searchOutcomes: [] },
      deltas: [{ context: { level: 'GLOBAL', key: '' } }],
    });
  });

  test('the searches that a benchmark replays as the user go, and those of others stay', async () => {
    const datasets = createPostgresDatasetStore(db);
    const queries = ['ann', 'bob'].map((userId) => ({
      ...{ queryId: userId, inputs: { query: 'lamp', user_id: userId }, judgments: { a: 1 } },
      ...{ cluster: `user ${userId}`, heldOut: false },
    }));
    const dataset = await datasets.create(namespaceId, 'sessions', { source: 'SESSIONS', origin: null, queries });
    await deleteUserData(deps, namespaceId, { userId: 'ann' });
    const left = await datasets.queries(dataset.id, dataset.version);
    expect(left.map(({ queryId }) => queryId)).toEqual(['bob']);
  });
});
