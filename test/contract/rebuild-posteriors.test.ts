import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseLoggedEvents } from '../../src/interactions/logged-events.clickhouse.ts';
import type { LoggedEvents } from '../../src/interactions/logged-events.ts';
import { interactionTypes, type Interaction } from '../../src/interactions/interaction.ts';
import { createAttribution } from '../../src/interactions/prepare-attribution.ts';
import { rebuildPosteriors } from '../../src/interactions/rebuild-posteriors.ts';
import { createPostgresRebuildStore } from '../../src/interactions/rebuild-store.postgres.ts';
import { RebuildWorker } from '../../src/interactions/rebuild-worker.ts';
import type { Relay } from '../../src/interactions/relay.ts';
import type { ContextRef } from '../../src/learning/context.ts';
import type { LearningConfig } from '../../src/learning/learning-config.ts';
import { defaultRewardMap } from '../../src/learning/reward.ts';
import type { ContextTotals } from '../../src/learning/posterior-store.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createPostgresErasureStore } from '../../src/rollouts/erasure-store.postgres.ts';
import type { Execution } from '../../src/search/execution.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { seededRng, type Rng } from '../../src/shared/rng.ts';
import { openTestWarehouse } from '../fixtures/clickhouse.ts';
import { openFeedbackLoop, type FeedbackLoop } from '../fixtures/feedback-loop.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { everyone, person } from '../fixtures/outbox-batch.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';
import { removeEvents } from '../fixtures/test-outbox.ts';

const DRAIN_MS = 120_000;
const DAY_MS = 24 * 3_600_000;
const people = ['ada', 'bob', 'cyd'];
const contexts: ContextRef[] = [everyone, { level: 'DEMOGRAPHIC', key: 'readers' }, ...people.map(person)];
const documents = ['a', 'b', 'c', 'd', 'e', 'f'];

describe.each(testDatabases())('rebuilding from $name and ClickHouse', ({ open }) => {
  let db: Database;
  let warehouse: Warehouse;
  let loop: FeedbackLoop;
  let shop: { namespaceId: string; retrieverId: string };
  const relays: Relay[] = [];

  beforeAll(async () => {
    [db, warehouse] = await Promise.all([open(), openTestWarehouse()]);
    loop = openFeedbackLoop(db, warehouse);
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.close()));
    await removeEvents(db);
  });
  afterAll(() => Promise.all([db.close(), warehouse.close()]));

  function openRelay(): Relay {
    const relay = loop.startRelay();
    relays.push(relay);
    return relay;
  }

  /** Puts rebuilding together as the server does, in small pages. */
  function openRebuilding(relay: Relay, log: Partial<LoggedEvents> = {}) {
    const rebuilds = createPostgresRebuildStore(db, { clock: systemClock, newId: uuidv7, logger: silentLogger });
    const changed: string[] = [];
    const worker = new RebuildWorker({
      ...{ rebuilds, clock: systemClock, logger: silentLogger, wakeRelay: () => relay.wake(), logPage: 100 },
      log: { ...createClickHouseLoggedEvents(warehouse), ...log },
      prepareAttribution: createAttribution({ retrievers: loop.retrievers }),
      changed: (retrieverId) => changed.push(retrieverId),
    });
    const deps = { retrievers: loop.retrievers, rebuilds, worker, clock: systemClock };
    return { rebuilds, worker, changed, rebuild: () => rebuildPosteriors(deps, shop.namespaceId, shop) };
  }

  /** Until all of it is done, however long that takes. */
  async function rebuiltWhole({ rebuild }: ReturnType<typeof openRebuilding>) {
    let result = await rebuild();
    while (!result.complete) result = await rebuild();
    return result;
  }

  const totals = () => loop.totals(shop.retrieverId, contexts);
  const version = async () => (await loop.posteriors.read(shop.retrieverId, [])).version;

  /** Searches of three people over the last fortnight, stored; the ids tell their age, as real ones do. */
  async function searches(count: number): Promise<Execution[]> {
    shop = await loop.createRetriever();
    const executions = Array.from({ length: count }, (_, index) => {
      const userId = people[index % people.length]!;
      const executedAt = Date.now() - 1_000 - Math.floor((index * 14 * DAY_MS) / count);
      const contextValues = { user_id: userId, segment: 'readers' };
      return executionOf(documents, { ...shop, userId, contextValues, executedAt });
    });
    await loop.executions.save(executions);
    return executions;
  }

  async function happen(events: readonly Interaction[], relay: Relay): Promise<void> {
    for (let from = 0; from < events.length; from += 1_000) {
      await loop.interactions.record(events.slice(from, from + 1_000));
      relay.wake();
    }
    expect(await relay.drain(DRAIN_MS)).toBe(true);
  }

  /** As if only ClickHouse had them: what the sweep deletes. */
  async function forgetOlderThan(days: number): Promise<number> {
    const before = Date.now() - days * DAY_MS;
    const gone = await loop.executions.expire(before);
    await loop.interactions.expire(before);
    return gone;
  }

  async function reconfigure(config: Partial<LearningConfig>): Promise<void> {
    await loop.retrievers.update(shop.namespaceId, shop.retrieverId, ({ stages: [stage, ...rest], ...definition }) =>
      Promise.resolve({
        ...definition,
        stages: [{ ...stage, learningConfig: { ...stage.learningConfig, ...config } }, ...rest],
      }),
    );
  }

  test(
    'ten thousand events, shuffled and repeated, give the posteriors that are there',
    { timeout: 300_000 },
    async () => {
      const rng = seededRng('ten thousand events');
      const executions = await searches(1_200);
      const events = shuffled(
        Array.from({ length: 10_000 }, () => randomEvent(rng, pick(rng, executions))),
        rng,
      );
      const relay = openRelay();
      await happen(shuffled([...events, ...events.slice(0, 3_000)], rng), relay);
      const live = await totals();
      expect(live.map((context) => context?.interactions ?? 0)).not.toContain(0);
      const before = await version();
      expect(await forgetOlderThan(7)).toBeGreaterThan(500);

      const rebuilding = openRebuilding(relay);
      const { executions: attributed, interactions } = await rebuiltWhole(rebuilding);
      expect(attributed).toBe(new Set(events.map(({ executionId }) => executionId)).size);
      expect(interactions).toBe(live[0]!.interactions);
      expectSame(await totals(), live);
      expect(await version()).toBeGreaterThan(before);
      expect(rebuilding.changed).toEqual([shop.retrieverId]);
      expect(await rowsOfOldGenerations()).toEqual([]);

      // Feedback goes on where the rebuild left off, and a second rebuild finds it all again.
      await happen([soonOn(executions[0]!, { interactionTypes: ['PURCHASE'], documentId: 'f' })], relay);
      const later = await totals();
      expect(later[0]!.interactions - live[0]!.interactions).toBeLessThanOrEqual(1);
      await rebuiltWhole(rebuilding);
      expectSame(await totals(), later);
    },
  );

  test('feedback that goes on arriving meanwhile counts once', { timeout: 120_000 }, async () => {
    const rng = seededRng('meanwhile');
    const executions = await searches(300);
    const events = executions.flatMap((execution) => [1, 2, 3, 4].map(() => randomEvent(rng, execution)));
    const recent = new Set(executions.filter(({ executedAt }) => executedAt > Date.now() - 7 * DAY_MS));
    const [early, meanwhile] = [
      events.filter((_, index) => index % 2 === 0),
      events.filter((_, index) => index % 2 === 1),
    ];
    const relay = openRelay();
    await happen(early, relay);
    await forgetOlderThan(7);

    const late = meanwhile.filter(({ executionId }) => [...recent].some(({ id }) => id === executionId));
    const rebuilding = openRebuilding(relay);
    const under = rebuiltWhole(rebuilding);
    for (const event of late) {
      await loop.interactions.record([event]);
      relay.wake();
    }
    await under;
    expect(await relay.drain(DRAIN_MS)).toBe(true);
    const rebuiltMeanwhile = await totals();
    await rebuiltWhole(rebuilding);
    expectSame(await totals(), rebuiltMeanwhile);
    expect(rebuiltMeanwhile[0]!.interactions).toBe(await signalsWithReward([...early, ...late]));
  });

  test('another reward map is applied to the past, and to what comes later about it', { timeout: 60_000 }, async () => {
    const executions = await searches(40);
    const relay = openRelay();
    const saved = (position: number) => (execution: Execution) =>
      soonOn(execution, { interactionTypes: ['BOOKMARK'], documentId: documents[position]!, position });
    await happen(executions.map(saved(0)), relay);
    await forgetOlderThan(7);
    expect((await totals())[0]!.interactions).toBe(40);

    await reconfigure({ rewardMap: { ...defaultRewardMap, BOOKMARK: 0, CLICK: 5 } });
    expect((await totals())[0]!.interactions).toBe(40);
    expect(await rebuiltWhole(openRebuilding(relay))).toMatchObject({ executions: 40, interactions: 0 });
    expect(await totals()).toEqual([null, null, null, null, null].map(() => expect.toSatisfy(taughtNobody) as unknown));
    await happen([saved(1)(executions[0]!)], relay);
    expect((await totals())[0]?.interactions ?? 0).toBe(0);
  });

  test('searches read the old posteriors until the last batch of the new ones is in', { timeout: 60_000 }, async () => {
    const executions = await searches(30);
    const relay = openRelay();
    await happen(
      executions.map((execution) => soonOn(execution)),
      relay,
    );
    const live = await totals();
    const log = createClickHouseLoggedEvents(warehouse);
    const seen: (ContextTotals | null)[][] = [];
    const watching = openRebuilding(relay, {
      async publish(...generation) {
        seen.push(await totals());
        await log.publish(...generation);
      },
    });
    await rebuiltWhole(watching);
    expect(seen).toHaveLength(1);
    expectSame(seen[0]!, live);
    expectSame(await totals(), live);
  });

  test('what broke off is gone on with, and nothing counts twice', { timeout: 60_000 }, async () => {
    const executions = await searches(300);
    const relay = openRelay();
    await happen(
      executions.map((execution) => soonOn(execution)),
      relay,
    );
    await forgetOlderThan(7);
    const live = await totals();
    const log = createClickHouseLoggedEvents(warehouse);
    let pages = 0;
    const breaking = openRebuilding(relay, {
      withSignals: (...page) => (++pages === 2 ? Promise.reject(new Error('broken off')) : log.withSignals(...page)),
    });
    expect(await breaking.rebuild()).toMatchObject({ complete: false });
    expect(pages).toBe(2);
    expectSame(await totals(), live);

    await db.query("update posterior_generations set due_at = now() - interval '1 second'");
    const restarted = openRebuilding(relay);
    await restarted.worker.finishDue();
    expect(await restarted.rebuilds.get(shop.retrieverId)).toMatchObject({ progress: null, executions: 300 });
    expectSame(await totals(), live);
  });

  test('a user who has begun anew keeps nothing of what was before', { timeout: 60_000 }, async () => {
    const executions = await searches(60);
    const relay = openRelay();
    await happen(
      executions.map((execution) => soonOn(execution)),
      relay,
    );
    await forgetOlderThan(7);
    const erasures = createPostgresErasureStore(db);
    const wish = { id: uuidv7(), ...shop, userId: 'ada', requestedAt: Date.now() };
    await erasures.begin({ ...wish, kind: 'preferences' }, Date.now());
    await rebuiltWhole(openRebuilding(relay));
    const [all, , ada, bob] = await totals();
    expect([all?.interactions, ada, bob?.interactions]).toEqual([60, null, 20]);

    // Postgres has nothing of the user any more, and ClickHouse is about to delete it.
    await erasures.begin({ ...wish, id: uuidv7(), kind: 'everything', retrieverId: null }, Date.now() + 60_000);
    await rebuiltWhole(openRebuilding(relay));
    expect((await totals()).map((context) => context?.interactions)).toEqual([40, 40, undefined, 20, 20]);
  });

  async function rowsOfOldGenerations(): Promise<unknown[]> {
    const result = await warehouse.client.query({
      query: `SELECT DISTINCT level, feature_uri FROM posteriors WHERE retriever_id = {id:UUID} AND generation = 0
        AND NOT (level = 'GLOBAL' AND feature_uri = '')`,
      query_params: { id: shop.retrieverId },
      format: 'JSONEachRow',
    });
    return result.json();
  }

  /** By the pure functions, of events that were all stored. */
  async function signalsWithReward(events: readonly Interaction[]): Promise<number> {
    const distinct = new Set(
      events.flatMap(({ executionId, documentId, interactionTypes: types, metadata }) =>
        types
          .filter(
            (type) => defaultRewardMap[type] !== 0 && (type !== 'DWELL_TIME' || Number(metadata['durationMs']) > 0),
          )
          .map((type) => `${executionId} ${documentId} ${type}`),
      ),
    );
    return distinct.size;
  }
});

const taughtNobody = (context: ContextTotals | null) =>
  context === null || (context.interactions === 0 && [...context.arms.values()].every(({ rewards }) => rewards === 0));

/** Evidence is exact, whatever the order; sums of fractions are so up to rounding. */
function expectSame(one: readonly (ContextTotals | null)[], other: readonly (ContextTotals | null)[]): void {
  expect(one.map((context) => context?.interactions)).toEqual(other.map((context) => context?.interactions));
  for (const [index, context] of one.entries()) {
    const twin = other[index];
    expect(context?.evidence).toEqual(twin?.evidence);
    expect([...(context?.arms.keys() ?? [])].sort()).toEqual([...(twin?.arms.keys() ?? [])].sort());
    for (const [uri, { rewards, failures }] of context?.arms ?? []) {
      expect(Math.abs(rewards - twin!.arms.get(uri)!.rewards)).toBeLessThan(1e-9);
      expect(Math.abs(failures - twin!.arms.get(uri)!.failures)).toBeLessThan(1e-9);
    }
  }
}

/** A click a second after the search, or what else is given. */
function soonOn(execution: Execution, overrides: Partial<Interaction> = {}): Interaction {
  return interactionOn(execution, { receivedAt: execution.executedAt + 1_000, ...overrides });
}

function randomEvent(rng: Rng, execution: Execution): Interaction {
  const position = Math.floor(rng.next() * documents.length);
  return interactionOn(execution, {
    receivedAt: execution.executedAt + Math.floor(rng.next() * 900),
    documentId: documents[position]!,
    position,
    interactionTypes: [...new Set([pick(rng, interactionTypes), pick(rng, interactionTypes)])],
    metadata: rng.next() < 0.3 ? { durationMs: Math.floor(rng.next() * 40_000) } : {},
  });
}

function pick<Item>(rng: Rng, items: readonly Item[]): Item {
  return items[Math.floor(rng.next() * items.length)]!;
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[], rng: Rng): Item[] {
  const deck = [...items];
  for (let left = deck.length - 1; left > 0; left--) {
    const other = Math.floor(rng.next() * (left + 1));
    [deck[left], deck[other]] = [deck[other]!, deck[left]!];
  }
  return deck;
}
