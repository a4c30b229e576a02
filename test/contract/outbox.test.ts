import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPostgresInteractionStore } from '../../src/interactions/interaction-store.postgres.ts';
import type { Interaction } from '../../src/interactions/interaction.ts';
import type { Outbox, OutboxBatch, PrepareAttribution } from '../../src/interactions/outbox.ts';
import { evidenceOf } from '../../src/learning/evidence.ts';
import type { PosteriorDelta } from '../../src/learning/posterior-store.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createPostgresExecutionStore } from '../../src/search/execution-store.postgres.ts';
import type { Execution } from '../../src/search/execution.ts';
import { executionOf, interactionOn, startOfTest } from '../fixtures/interaction.ts';
import { onePerSignal } from '../fixtures/outbox-batch.ts';
import { testDatabases } from '../fixtures/postgres.ts';
import { LEASE_MS, openTestOutbox, removeEvents } from '../fixtures/test-outbox.ts';

describe.each(testDatabases())('the outbox on $name', ({ open }) => {
  let db: Database;
  let outbox: Outbox;
  let now: number;

  const openOutbox = () => openTestOutbox(db, { now: () => now });

  beforeAll(async () => {
    db = await open();
    outbox = openOutbox();
  });
  beforeEach(async () => {
    now = startOfTest + 10_000;
    await removeEvents(db);
  });
  afterAll(() => db.close());

  /** Stored as by a search, then as by clicks. */
  const save = (...executions: Execution[]) => createPostgresExecutionStore(db).save(executions);
  const record = (...events: Interaction[]) => createPostgresInteractionStore(db).record(events);
  const claim = (limit = 100) => outbox.claim(limit, onePerSignal);
  /** The same, with the executions on their way already. */
  async function sent(...executions: Execution[]): Promise<void> {
    await save(...executions);
    await outbox.complete((await outbox.claimExecutions(100))!.id);
  }

  async function claimAll(from: Outbox, limit = 100): Promise<OutboxBatch[]> {
    const batches: OutboxBatch[] = [];
    const next = async () => (await from.claim(limit, onePerSignal)) ?? (await from.claimExecutions(limit));
    for (let batch = await next(); batch !== null; batch = await next()) batches.push(batch);
    return batches;
  }

  test('nothing is due where nothing waits', async () => {
    expect(await claim()).toBeNull();
    expect(await outbox.backlog()).toEqual({ depth: 0, oldestAt: null, oldestUnlearnedAt: null });
  });

  test('a batch carries what waits and what the arms have earned by it', async () => {
    const execution = executionOf(['a', 'b']);
    await sent(execution);
    const event = interactionOn(execution, { interactionTypes: ['CLICK', 'SHARE'] });
    await record(event);
    const batch = await claim();
    const arms = [
      { featureUri: 'text', rewards: 2, failures: 0 },
      { featureUri: 'image', rewards: 0, failures: 0 },
    ];
    const delta = {
      ...{ retrieverId: execution.retrieverId, decay: { halfLifeHours: 0, epoch: 0 }, interactions: 2, arms },
      evidence: evidenceOf(
        execution.hits,
        [
          { reward: 2, examined: 1 },
          { reward: 0, examined: 0 },
        ],
        ['text', 'image'],
      ),
    };
    expect(batch).toEqual({
      id: expect.any(String),
      namespaceIds: [execution.namespaceId],
      executions: [],
      interactions: [event],
      deltas: [
        { ...delta, context: { level: 'PERSONAL', key: 'ada' } },
        { ...delta, context: { level: 'GLOBAL', key: '' } },
      ],
      searchOutcomes: [
        expect.objectContaining({ clicked: 1, clicks: 1, clicksAt: { 0: 1 }, interacted: 1, penalised: 0 }),
      ],
      attempts: 0,
    });
    expect(await claim()).toBeNull();
    await outbox.complete(batch!.id);
    now += LEASE_MS;
    expect(await claim()).toBeNull();
  });

  test('what was searched has batches of its own, which earn nothing', async () => {
    const executions = [executionOf(['a']), executionOf(['b'])];
    await save(...executions);
    expect(await claim()).toBeNull();
    expect(await outbox.claimExecutions(100)).toEqual({
      id: expect.any(String),
      namespaceIds: [...new Set(executions.map(({ namespaceId }) => namespaceId))],
      executions: executions.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
      ...{ interactions: [], deltas: [], searchOutcomes: [], attempts: 0 },
    });
    expect(await outbox.claimExecutions(100)).toBeNull();
  });

  test('what a context gains from several executions is one delta', async () => {
    const one = executionOf(['a']);
    const other = executionOf(['b'], {
      namespaceId: one.namespaceId,
      retrieverId: one.retrieverId,
      contextValues: { user_id: 'bob' },
    });
    await sent(one, other);
    await record(interactionOn(one), interactionOn(other));
    const batch = await claim();
    expect(gains(batch!.deltas)).toEqual({ 'PERSONAL ada': 1, 'PERSONAL bob': 1, 'GLOBAL ': 2 });
  });

  test('a later batch carries only what came on top, also while the earlier one is not sent', async () => {
    const execution = executionOf(['a', 'b']);
    await sent(execution);
    await record(interactionOn(execution));
    expect(gains((await claim())!.deltas)).toEqual({ 'PERSONAL ada': 1, 'GLOBAL ': 1 });
    await record(interactionOn(execution, { documentId: 'b', position: 1, interactionTypes: ['CLICK', 'COPY'] }));
    expect(gains((await claim())!.deltas)).toEqual({ 'PERSONAL ada': 2, 'GLOBAL ': 2 });
  });

  test('an event that brings nothing new to its execution brings no delta', async () => {
    const execution = executionOf(['a', 'b']);
    await sent(execution);
    await record(interactionOn(execution), interactionOn(execution, { documentId: 'b', position: 1 }));
    const first = await claim(1);
    const second = await claim(1);
    expect([first, second].map((batch) => batch!.interactions.length)).toEqual([1, 1]);
    // Both signals were there when the first was claimed.
    expect([first, second].map((batch) => gains(batch!.deltas)['GLOBAL '])).toEqual([2, undefined]);
  });

  test.each<[string, PrepareAttribution, boolean]>([
    ['of no known retriever', () => Promise.resolve(() => null), true],
    ['whose execution is gone', onePerSignal, false],
    [
      'whose attribution fails',
      () =>
        Promise.resolve(() => {
          throw new Error('a bug of ours');
        }),
      true,
    ],
  ])('an event %s goes to the log and trains nothing', async (_which, prepare, isSaved) => {
    const execution = executionOf(['a']);
    if (isSaved) await sent(execution);
    const event = interactionOn(execution);
    const loose = interactionOn(null);
    await record(event, loose);
    const batch = await outbox.claim(100, prepare);
    expect(batch!.interactions).toHaveLength(2);
    expect(batch!.deltas).toEqual([]);
  });

  test('a batch whose relay died is due again when its lease ends, the very same', async () => {
    const execution = executionOf(['a', 'b']);
    await sent(execution);
    await record(interactionOn(execution, { metadata: { odd: 0.1 + 0.2 } }), interactionOn(null));
    const first = await claim();
    now += LEASE_MS - 1;
    expect(await claim()).toBeNull();
    // What comes meanwhile changes nothing of it.
    await record(interactionOn(execution, { documentId: 'b', position: 1 }));
    now += 1;
    expect(await claim()).toEqual({ ...first, attempts: 1 });
    expect(gains((await claim())!.deltas)).toEqual({ 'PERSONAL ada': 1, 'GLOBAL ': 1 });
  });

  test('who knows that no other relay is alive need not wait for leases, nor for pauses', async () => {
    await record(interactionOn(null));
    const leased = await claim();
    await record(interactionOn(null));
    const paused = await claim();
    await outbox.release(paused!.id, 'connection refused', 2_000);
    await outbox.reclaim();
    expect(await claimAll(outbox)).toEqual([
      { ...leased, attempts: 1 },
      { ...paused, attempts: 1 },
    ]);
  });

  test('a batch that was given back is due when it says, and goes before what is new', async () => {
    await record(interactionOn(null));
    const first = await claim();
    await record(interactionOn(null));
    await outbox.release(first!.id, 'connection refused', 2_000);
    now += 2_000;
    expect(await claim()).toEqual({ ...first, attempts: 1 });
    await outbox.release(first!.id, 'connection refused', 2_000);
    now += 1_999;
    expect((await claim())!.id).not.toBe(first!.id);
    now += 1;
    expect(await claim()).toEqual({ ...first, attempts: 2 });
  });

  test('a buried batch is kept whole and comes no more', async () => {
    const execution = executionOf(['a']);
    await sent(execution);
    await record(interactionOn(execution));
    const batch = await claim();
    await outbox.bury(batch!.id, 'cannot parse');
    now += LEASE_MS;
    expect(await claim()).toBeNull();
    expect(await outbox.backlog()).toEqual({ depth: 0, oldestAt: null, oldestUnlearnedAt: null });
    const { executions, interactions, deltas, searchOutcomes } = batch!;
    const dead = await db.query('select id, payload, attempts, error from outbox_dead');
    expect(dead).toEqual([
      {
        id: batch!.id,
        payload: { executions, interactions, deltas, searchOutcomes },
        attempts: 1,
        error: 'cannot parse',
      },
    ]);
  });

  test('the backlog counts what waits and what is on its way, by its oldest', async () => {
    const execution = executionOf(['a']);
    await save(execution);
    await record(interactionOn(execution, { receivedAt: startOfTest + 500 }));
    expect(await outbox.backlog()).toEqual({
      ...{ depth: 2, oldestAt: startOfTest, oldestUnlearnedAt: startOfTest + 500 },
    });
    const batches = await claimAll(outbox);
    await record(interactionOn(null, { receivedAt: startOfTest + 900 }));
    expect(await outbox.backlog()).toEqual({
      ...{ depth: 3, oldestAt: startOfTest, oldestUnlearnedAt: startOfTest + 500 },
    });
    for (const { id } of batches) await outbox.complete(id);
    expect(await outbox.backlog()).toEqual({
      ...{ depth: 1, oldestAt: startOfTest + 900, oldestUnlearnedAt: startOfTest + 900 },
    });
  });

  test('several relays at once share the work and count nothing twice', async () => {
    const retrieverId = uuidv7();
    const executions = Array.from({ length: 10 }, () => executionOf(['a', 'b', 'c', 'd', 'e'], { retrieverId }));
    await save(...executions);
    const events = executions.flatMap((execution) =>
      execution.hits.map(({ documentId }, position) => interactionOn(execution, { documentId, position })),
    );
    await record(...events);
    const claimed = (await Promise.all([1, 2, 3, 4].map(() => claimAll(openOutbox(), 6)))).flat();
    const batches = [...claimed, ...(await claimAll(outbox))];
    const ids = batches.flatMap(({ interactions }) => interactions).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
    expect(new Set(batches.flatMap((batch) => batch.executions).map(({ id }) => id)).size).toBe(10);
    expect(gains(batches.flatMap(({ deltas }) => deltas))).toEqual({ 'PERSONAL ada': 50, 'GLOBAL ': 50 });
  });

  test('relays that claim events of the same execution at once do not both credit all of them', async () => {
    const batches: OutboxBatch[] = [];
    const executions = Array.from({ length: 25 }, () => executionOf(['a', 'b', 'c', 'd']));
    for (const execution of executions) {
      await save(execution);
      await record(
        ...execution.hits.map(({ documentId }, position) => interactionOn(execution, { documentId, position })),
      );
      // The first can take one event while the others go on to the rest.
      const claimed = await Promise.all([1, 2, 3, 4].map((limit) => openOutbox().claim(limit, onePerSignal)));
      batches.push(...claimed.filter((batch) => batch !== null));
    }
    batches.push(...(await claimAll(outbox)));
    expect(gains(batches.flatMap(({ deltas }) => deltas))['GLOBAL ']).toBe(4 * executions.length);
  });

  test('a rush after a time with little to do is taken as fast as ever', async () => {
    // what a connection has learned to plan by: an outbox that is empty most of the time
    const waiting = (kind: string, count: number) =>
      db.query('insert into outbox (kind, ref) select $1, gen_random_uuid() from generate_series(1, $2)', [
        kind,
        count,
      ]);
    await waiting('execution', 3_000);
    await claimAll(outbox, 1_000);
    await db.query('vacuum outbox');
    await waiting('execution', 2);
    await db.query('analyze outbox');
    for (let claims = 0; claims < 10; claims++) {
      await waiting('interaction', 1);
      await claimAll(outbox);
    }
    await waiting('interaction', 60_000);
    await claimAll(outbox, 5_000);
    expect(await outbox.backlog()).toMatchObject({ depth: 0 });
  });

  test('events without anything to send are dropped from the queue', async () => {
    await save(executionOf(['a']));
    await record(interactionOn(null));
    await db.query('truncate executions, interactions');
    expect(await claim()).toBeNull();
    expect(await outbox.claimExecutions(100)).toBeNull();
    expect(await outbox.backlog()).toEqual({ depth: 0, oldestAt: null, oldestUnlearnedAt: null });
  });
});

/** Rewards of the arm `text` by context. */
function gains(deltas: readonly PosteriorDelta[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { context, arms } of deltas) {
    const key = `${context.level} ${context.key}`;
    for (const { featureUri, rewards } of arms) if (featureUri === 'text') sums[key] = (sums[key] ?? 0) + rewards;
  }
  return sums;
}
