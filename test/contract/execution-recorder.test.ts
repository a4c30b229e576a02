import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/postgres/database.ts';
import { createExecutionIds } from '../../src/search/execution-id.ts';
import { ExecutionRecorder } from '../../src/search/execution-recorder.ts';
import { createPostgresExecutionStore } from '../../src/search/execution-store.postgres.ts';
import type { ExecutionStore } from '../../src/search/execution-store.ts';
import type { Execution } from '../../src/search/execution.ts';
import { findLastShowing, findShowings } from '../../src/search/find-showings.ts';
import { showingOf } from '../../src/search/showing.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { executionOf, startOfTest } from '../fixtures/interaction.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';

/** A store that can be cut off, as by a lost network: its engine stays the real one. */
class Cuttable implements ExecutionStore {
  readonly groups: number[] = [];
  isCut = false;
  readonly #store: ExecutionStore;

  constructor(store: ExecutionStore) {
    this.#store = store;
  }

  async save(executions: readonly Execution[]): Promise<void> {
    if (this.isCut) throw new Error('cut off');
    await this.#store.save(executions);
    this.groups.push(executions.length);
  }
  get: ExecutionStore['get'] = (...args) => this.#store.get(...args);
  shown: ExecutionStore['shown'] = (...args) => this.#store.shown(...args);
  lastShowing: ExecutionStore['lastShowing'] = (query) => this.#store.lastShowing(query);
  expire: ExecutionStore['expire'] = (before) => this.#store.expire(before);
}

describe.each(testDatabases())('the execution recorder on $name', ({ open }) => {
  let db: Database;
  let stored: ExecutionStore;

  beforeAll(async () => {
    db = await open();
    stored = createPostgresExecutionStore(db);
  });
  afterAll(() => db.close());

  function setUp(options: { maxBuffered?: number; drainMs?: number; maxGroup?: number } = {}) {
    const store = new Cuttable(stored);
    const recorder = new ExecutionRecorder({ store, logger: silentLogger, ...options });
    const namespaceId = uuidv7();
    const make = (change: Partial<Execution> = {}) => executionOf(['a', 'b'], { namespaceId, ...change });
    return { store, recorder, namespaceId, make };
  }

  test('what was recorded is found at once, before it is written', async () => {
    const { store, recorder, namespaceId, make } = setUp();
    const execution = make();
    recorder.record(execution);
    expect(await recorder.find(namespaceId, [execution.id])).toEqual([execution]);
    expect(await recorder.find(uuidv7(), [execution.id])).toEqual([]);
    expect(store.groups).toEqual([]);
    await recorder.close();
    expect(await stored.get(namespaceId, [execution.id])).toEqual([execution]);
  });

  test('what is written and what is not are found together', async () => {
    const { recorder, namespaceId, make } = setUp();
    const [before, after] = [make(), make()];
    recorder.record(before);
    await recorder.written([before.id]);
    recorder.record(after);
    const found = await recorder.find(namespaceId, [after.id, before.id, uuidv7()]);
    expect(new Set(found)).toEqual(new Set([before, after]));
    const shown = await recorder.shown(namespaceId, [after.id, before.id, uuidv7()]);
    expect(new Set(shown)).toEqual(new Set([showingOf(before), showingOf(after)]));
    expect(await recorder.shown(uuidv7(), [after.id, before.id])).toEqual([]);
    await recorder.close();
  });

  test('executions that come together are written together', async () => {
    const { store, recorder, make } = setUp({ maxGroup: 100 });
    const executions = Array.from({ length: 250 }, () => make());
    for (const execution of executions) recorder.record(execution);
    await recorder.written(executions.map(({ id }) => id));
    expect(store.groups).toEqual([100, 100, 50]);
    await recorder.close();
  });

  test('what cannot be written is tried again until it can', async () => {
    const { store, recorder, namespaceId, make } = setUp();
    const executions = [make(), make(), make()];
    store.isCut = true;
    for (const execution of executions) recorder.record(execution);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const ids = executions.map(({ id }) => id);
    expect(await stored.get(namespaceId, ids)).toEqual([]);
    expect(await recorder.find(namespaceId, ids)).toHaveLength(3);
    store.isCut = false;
    await recorder.written(ids);
    expect(await stored.get(namespaceId, ids)).toHaveLength(3);
    expect(recorder.dropped).toBe(0);
  });

  test('one that can never be written does not hold up the others, and is given up', async () => {
    const { recorder, namespaceId, make } = setUp();
    const poison = make({ retrieverId: 'no uuid' });
    const good = Array.from({ length: 8 }, () => make());
    for (const execution of [poison, ...good]) recorder.record(execution);
    const refused = expect(recorder.written([poison.id])).rejects.toThrow(poison.id);
    await recorder.written(good.map(({ id }) => id));
    expect(await stored.get(namespaceId, [poison.id, ...good.map(({ id }) => id)])).toHaveLength(8);
    for (let round = 0; recorder.dropped === 0; round += 1) {
      const one = make();
      recorder.record(one);
      await recorder.written([one.id]);
    }
    await refused;
    expect(await recorder.find(namespaceId, [poison.id])).toEqual([]);
  });

  test('a full buffer drops the oldest and counts them', async () => {
    const { store, recorder, namespaceId, make } = setUp({ maxBuffered: 3 });
    store.isCut = true;
    const executions = Array.from({ length: 5 }, () => make());
    for (const execution of executions) recorder.record(execution);
    expect(recorder.dropped).toBe(2);
    const ids = executions.map(({ id }) => id);
    expect((await recorder.find(namespaceId, ids)).map(({ id }) => id)).toEqual(ids.slice(2));
    store.isCut = false;
    await recorder.close();
    expect(await stored.get(namespaceId, ids)).toHaveLength(3);
  });

  test('closing gives up after a while, and says what was lost', async () => {
    const { store, recorder, make } = setUp({ drainMs: 20 });
    store.isCut = true;
    recorder.record(make());
    await recorder.close();
    expect(recorder.dropped).toBe(1);
  });

  test('the last showing is that of the newest search, written or not', async () => {
    const { recorder, namespaceId, make } = setUp();
    const [first, second] = [make(), make({ executedAt: startOfTest + 1 })];
    const query = {
      ...{ namespaceId, retrieverId: null, userId: 'ada', sessionId: null },
      ...{ documentId: 'b', position: 1, since: startOfTest, until: second.executedAt },
    };
    recorder.record(first);
    await recorder.written([first.id]);
    expect((await recorder.lastShowing(query))?.id).toBe(first.id);
    recorder.record(second);
    expect((await recorder.lastShowing(query))?.id).toBe(second.id);
    expect((await recorder.lastShowing({ ...query, until: first.executedAt }))?.id).toBe(first.id);
    expect((await recorder.lastShowing({ ...query, position: 0 }))?.id).toBeUndefined();
    expect((await recorder.lastShowing({ ...query, userId: 'bob' }))?.id).toBeUndefined();
    expect((await findLastShowing({ executions: recorder }, query))?.id).toBe(second.id);
    expect(await stored.get(namespaceId, [second.id])).toHaveLength(1);
  });

  describe('what feedback refers to', () => {
    const secret = 'a secret of thirty-two characters';
    const executionIds = createExecutionIds({ secret, clock: systemClock, randomBytes, ttlMs: 60_000 });

    test('is written by the time it is found', async () => {
      const { recorder, namespaceId, make } = setUp();
      const deps = { executions: recorder, executionIds, clock: systemClock };
      const execution = make({ id: executionIds.issue(namespaceId) });
      recorder.record(execution);
      const found = await findShowings(deps, namespaceId, [execution.id]);
      expect(found).toEqual(new Map([[execution.id, showingOf(execution)]]));
      expect(await stored.get(namespaceId, [execution.id])).toHaveLength(1);
    });

    test('is waited for where another instance is just about to write it', async () => {
      const here = setUp();
      const there = setUp();
      const { namespaceId } = here;
      const deps = { executions: here.recorder, executionIds, clock: systemClock };
      const execution = here.make({ id: executionIds.issue(namespaceId) });
      const finding = findShowings(deps, namespaceId, [execution.id]);
      setTimeout(() => there.recorder.record(execution), 50);
      expect([...(await finding).keys()]).toEqual([execution.id]);
    });

    test('is not there for an id that is old, forged or foreign', async () => {
      const { recorder, namespaceId, make } = setUp();
      const clock = { now: () => systemClock.now() - 20_000 };
      const old = createExecutionIds({ secret, clock, randomBytes, ttlMs: 60_000 }).issue(namespaceId);
      const foreign = executionIds.issue(uuidv7());
      const unsigned = make();
      recorder.record(unsigned);
      const deps = { executions: recorder, executionIds, clock: systemClock };
      expect(await findShowings(deps, namespaceId, [old, foreign, unsigned.id, 'x'])).toEqual(new Map());
    });
  });
});
