import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import type { EventLog } from '../../src/interactions/event-log.ts';
import { interactionTypes, type Interaction } from '../../src/interactions/interaction.ts';
import type { OutboxBatch, PrepareAttribution } from '../../src/interactions/outbox.ts';
import type { Relay } from '../../src/interactions/relay.ts';
import type { ContextRef } from '../../src/learning/context.ts';
import type { Database } from '../../src/postgres/database.ts';
import type { Execution } from '../../src/search/execution.ts';
import { seededRng, type Rng } from '../../src/shared/rng.ts';
import { openTestWarehouse } from '../fixtures/clickhouse.ts';
import {
  loopFeatures,
  openFeedbackLoop,
  roundedTotals,
  taughtOnce,
  type FeedbackLoop,
} from '../fixtures/feedback-loop.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { everyone, person } from '../fixtures/outbox-batch.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const DRAIN_MS = 20_000;
const contexts: ContextRef[] = [everyone, person('ada'), person('bob'), { level: 'DEMOGRAPHIC', key: 'readers' }];

describe.each(testDatabases())('the relay from $name to ClickHouse', ({ open }) => {
  let db: Database;
  let warehouse: Warehouse;
  let loop: FeedbackLoop;
  const relays: Relay[] = [];

  beforeAll(async () => {
    [db, warehouse] = await Promise.all([open(), openTestWarehouse()]);
    loop = openFeedbackLoop(db, warehouse);
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.close()));
    await db.query('truncate outbox, outbox_batches, outbox_dead');
  });
  afterAll(() => Promise.all([db.close(), warehouse.close()]));

  function startRelay(...differences: Parameters<FeedbackLoop['startRelay']>): Relay {
    const relay = loop.startRelay(...differences);
    relays.push(relay);
    return relay;
  }

  /** Searches of two people with one retriever, stored. */
  async function searches(count: number): Promise<Execution[]> {
    const shop = await loop.createRetriever();
    const executions = Array.from({ length: count }, (_, index) => {
      const userId = index % 2 === 0 ? 'ada' : 'bob';
      const contextValues = { user_id: userId, segment: 'readers' };
      return executionOf(['a', 'b', 'c', 'd'], { ...shop, userId, contextValues });
    });
    await loop.executions.save(executions);
    return executions;
  }

  test('an interaction and its search are in the log once, and the posteriors count it', async () => {
    const [execution] = await searches(1);
    const event = interactionOn(execution!);
    await loop.interactions.record([event]);
    const relay = startRelay();
    expect(await relay.drain(DRAIN_MS)).toBe(true);
    expect(await loop.logged('interactions', event.namespaceId)).toEqual([event.id]);
    expect(await loop.logged('executions', event.namespaceId)).toEqual([execution!.id]);
    expect(await loop.totals(execution!.retrieverId, contexts)).toMatchObject([
      { interactions: 1 },
      { interactions: 1 },
      null,
      { interactions: 1 },
    ]);
    expect(await relay.status()).toEqual({ depth: 0, lagMs: 0, unlearnedMs: 0, lastError: null });
  });

  test('by the time a batch is told of, the posteriors count it', async () => {
    const [execution] = await searches(1);
    const counted: Promise<unknown>[] = [];
    const relay = startRelay({
      onBatch: ({ deltas }) =>
        void counted.push(
          loop.totals(
            deltas[0]!.retrieverId,
            deltas.map(({ context }) => context),
          ),
        ),
    });
    await loop.interactions.record([interactionOn(execution!)]);
    await relay.drain(DRAIN_MS);
    expect(await Promise.all(counted)).toEqual([
      [1, 2, 3].map(() => expect.objectContaining({ interactions: 1 }) as unknown),
    ]);
  });

  test('every interaction sent three times in random order teaches what sending it once teaches', async () => {
    const rng = seededRng('three times');
    const executions = await searches(24);
    const events = executions.flatMap((execution) => someEvents(execution, rng));
    const thrice = shuffled([...events, ...events, ...events].map(resent), rng);
    const relay = startRelay({ limit: 7 });
    while (thrice.length > 0) {
      await loop.interactions.record(thrice.splice(0, 1 + Math.floor(rng.next() * 9)));
      relay.wake();
    }
    expect(await relay.drain(DRAIN_MS)).toBe(true);
    expect(roundedTotals(await loop.totals(executions[0]!.retrieverId, contexts))).toEqual(
      taughtOnce(executions, events, contexts),
    );
  });

  test('a wake-up that comes while the relay has found nothing, but not yet heard so, is not lost', async () => {
    const [execution] = await searches(1);
    await startRelay().drain(DRAIN_MS);
    let hear = (): void => undefined;
    const heard = new Promise<void>((resolve) => (hear = resolve));
    let claims = 0;
    const relay = startRelay({
      outbox: (outbox) => ({
        ...outbox,
        async claim(...args) {
          const batch = await outbox.claim(...args);
          claims += 1;
          await heard;
          return batch;
        },
      }),
    });
    relay.wake();
    relay.wake();
    await expect.poll(() => claims).toBe(1);
    await loop.interactions.record([interactionOn(execution!)]);
    relay.wake();
    hear();
    await expect.poll(async () => (await loop.logged('interactions', execution!.namespaceId)).length).toBe(1);
  });

  test('several relays on one outbox count nothing twice', async () => {
    const executions = await searches(40);
    const events = executions.flatMap((execution) => someEvents(execution, seededRng(execution.id)));
    await loop.interactions.record(events);
    const all = [1, 2, 3].map(() => startRelay({ limit: 5 }));
    // One may find that the others hold all there is, and be done before they are.
    await Promise.all(all.map((relay) => relay.drain(DRAIN_MS)));
    expect(await all[0]!.drain(DRAIN_MS)).toBe(true);
    expect(roundedTotals(await loop.totals(executions[0]!.retrieverId, contexts))).toEqual(
      taughtOnce(executions, events, contexts),
    );
  });

  test('while the log refuses connections nothing is lost, and the relay says why it waits', async () => {
    const executions = await searches(10);
    const events = executions.map((execution) => interactionOn(execution));
    let isAway = true;
    const relay = startRelay({ limit: 3, eventLog: (log) => failingWhile(log, () => isAway) });
    await loop.interactions.record(events);
    relay.wake();
    await expect.poll(async () => (await relay.status()).lastError).toBe('connection refused');
    expect(await relay.drain(50)).toBe(false);
    expect((await relay.status()).depth).toBe(20);
    isAway = false;
    expect(await relay.drain(DRAIN_MS)).toBe(true);
    expect(await loop.logged('interactions', events[0]!.namespaceId)).toEqual(events.map(({ id }) => id).sort());
    expect(roundedTotals(await loop.totals(executions[0]!.retrieverId, contexts))).toEqual(
      taughtOnce(executions, events, contexts),
    );
    expect(await relay.status()).toEqual({ depth: 0, lagMs: 0, unlearnedMs: 0, lastError: null });
  });

  test('a batch whose rows the log refuses is buried, and the rest goes on', async () => {
    const [poisoned, ...sound] = await searches(6);
    const events = [poisoned!, ...sound].map((execution) => interactionOn(execution));
    await loop.interactions.record(events);
    const relay = startRelay({ limit: 1, prepareAttribution: (prepare) => poisoning(prepare, poisoned!.id) });
    expect(await relay.drain(DRAIN_MS)).toBe(true);
    expect(roundedTotals(await loop.totals(sound[0]!.retrieverId, contexts))).toEqual(
      taughtOnce(sound, events.slice(1), contexts),
    );
    const dead = await db.query<{ attempts: number; payload: { interactions: Interaction[] } }>(
      'select attempts, payload from outbox_dead',
    );
    expect(dead).toMatchObject([{ attempts: 3, payload: { interactions: [{ id: events[0]!.id }] } }]);
  });

  test('a batch that its relay never finished is sent by another when the lease ends, and counts once', async () => {
    const executions = await searches(4);
    const events = executions.flatMap((execution) => someEvents(execution, seededRng(execution.id)));
    await loop.interactions.record(events);
    const reached: (() => void)[] = [];
    const sent = new Promise<void>((resolve) => reached.push(resolve));
    const stuck = loop.startRelay({
      leaseMs: 1,
      eventLog: (log) => ({
        ...log,
        async append(batch) {
          await log.append(batch);
          reached[0]!();
          await new Promise(() => undefined);
        },
      }),
    });
    stuck.wake();
    await sent;
    expect(await startRelay().drain(DRAIN_MS)).toBe(true);
    expect(await loop.logged('interactions', events[0]!.namespaceId)).toEqual(events.map(({ id }) => id).sort());
    expect(roundedTotals(await loop.totals(executions[0]!.retrieverId, contexts))).toEqual(
      taughtOnce(executions, events, contexts),
    );
  });

  test('closing finishes the batch under way and leaves the rest', async () => {
    const executions = await searches(8);
    await loop.interactions.record(executions.map((execution) => interactionOn(execution)));
    const batches: OutboxBatch[] = [];
    const relay = startRelay({ limit: 2, onBatch: (batch) => void batches.push(batch) });
    relay.wake();
    await expect.poll(() => batches.length).toBeGreaterThan(0);
    await relay.close();
    relay.wake();
    const told = batches.length;
    expect(await db.query('select id from outbox_batches')).toEqual([]);
    expect(await startRelay().drain(DRAIN_MS)).toBe(true);
    expect(batches).toHaveLength(told);
    expect(await loop.totals(executions[0]!.retrieverId, [everyone])).toMatchObject([{ interactions: 8 }]);
  });
});

/** One to four events on random hits, at most one a document. */
function someEvents(execution: Execution, rng: Rng): Interaction[] {
  return shuffled([...execution.hits.entries()], rng)
    .slice(0, 1 + Math.floor(rng.next() * 4))
    .map(([position, { documentId }]) =>
      interactionOn(execution, {
        ...{ documentId, position },
        interactionTypes: shuffled(interactionTypes, rng).slice(0, 1 + Math.floor(rng.next() * 3)),
        metadata: { durationMs: Math.round(rng.next() * 60_000) },
        idempotencyKey: rng.next() < 0.5 ? `${execution.id} ${position}` : null,
      }),
    );
}

/** The same event as a client sends it once more. */
function resent(event: Interaction): Interaction {
  return interactionOn(null, { ...event, id: interactionOn(null).id });
}

function failingWhile(log: EventLog, isAway: () => boolean): EventLog {
  const unlessAway = (send: EventLog['append']): EventLog['append'] => {
    return async (batch) => {
      if (isAway()) throw new Error('connection refused');
      await send(batch);
    };
  };
  return { teach: unlessAway(log.teach), append: unlessAway(log.append) };
}

/** Makes one execution earn what ClickHouse cannot add up. */
function poisoning(prepare: PrepareAttribution, executionId: string): PrepareAttribution {
  return async (executions) => {
    const attributeSoundly = await prepare(executions);
    return (execution, signals) => {
      const earnings = attributeSoundly(execution, signals);
      if (earnings === null || execution.id !== executionId) return earnings;
      return { ...earnings, arms: new Map([[loopFeatures[0]!, { rewards: NaN, failures: 0 }]]) };
    };
  };
}

function shuffled<Item>(items: readonly Item[], rng: Rng): Item[] {
  return items
    .map((item) => [rng.next(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item);
}
