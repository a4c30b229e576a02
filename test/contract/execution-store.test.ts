import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/postgres/database.ts';
import { createPostgresExecutionStore } from '../../src/search/execution-store.postgres.ts';
import type { ExecutionStore, ShowingQuery } from '../../src/search/execution-store.ts';
import { showingOf } from '../../src/search/showing.ts';
import { executionOf, startOfTest } from '../fixtures/interaction.ts';
import { testDatabases } from '../fixtures/postgres.ts';

describe.each(testDatabases())('the execution store on $name', ({ open }) => {
  let db: Database;
  let store: ExecutionStore;

  beforeAll(async () => {
    db = await open();
    store = createPostgresExecutionStore(db);
  });
  afterAll(() => db.close());

  const outboxOf = (id: string) => db.query("select kind from outbox where kind = 'execution' and ref = $1", [id]);

  test('an execution comes back as it was saved, with one outbox row', async () => {
    const execution = executionOf(['a', 'b'], {
      inputs: { query: 'ü "quoted" \\ 😀', list: [0.1, -1e-300, 1e300, null], nested: { a: {} } },
      facets: { brand: { X: 2 } },
      warnings: ['one'],
      seed: 'seed',
      weights: [{ featureUri: 'test://text@v1/a', weight: 0.1 + 0.2, alpha: 1.5, beta: 2 }],
    });
    await store.save([execution]);
    expect(await store.get(execution.namespaceId, [execution.id])).toEqual([execution]);
    expect(await outboxOf(execution.id)).toHaveLength(1);
  });

  test('saving it again changes nothing, and the others of the group are saved', async () => {
    const first = executionOf(['a']);
    const second = executionOf(['b'], { namespaceId: first.namespaceId });
    await store.save([first]);
    await store.save([{ ...first, userId: 'someone else' }, second]);
    expect(await store.get(first.namespaceId, [first.id])).toEqual([first]);
    expect(await store.get(first.namespaceId, [second.id])).toEqual([second]);
    expect(await outboxOf(first.id)).toHaveLength(1);
    expect(await outboxOf(second.id)).toHaveLength(1);
  });

  test('a group is saved whole or not at all', async () => {
    const good = executionOf(['a']);
    const bad = { ...executionOf(['b']), namespaceId: 'no uuid' };
    await expect(store.save([good, bad])).rejects.toThrow();
    expect(await store.get(good.namespaceId, [good.id])).toEqual([]);
    expect(await outboxOf(good.id)).toEqual([]);
  });

  test('saving none is fine', async () => {
    await expect(store.save([])).resolves.toBeUndefined();
  });

  test('what it showed and to whom is what its record says, for concurrent calls of several namespaces', async () => {
    const executions = [
      executionOf(['a', 'b'], { executedAt: startOfTest + 0.5 }),
      executionOf([], { userId: null, sessionId: null, segment: null }),
      executionOf(['a']),
    ];
    await store.save(executions);
    const shown = await Promise.all(executions.map(({ namespaceId, id }) => store.shown(namespaceId, [id, uuidv7()])));
    expect(shown).toEqual(executions.map((execution) => [showingOf(execution)]));
  });

  test('another namespace does not see it, and what is no UUID names nothing', async () => {
    const execution = executionOf(['a']);
    await store.save([execution]);
    expect(await store.get(uuidv7(), [execution.id])).toEqual([]);
    expect(await store.get(execution.namespaceId, ['x', execution.id])).toEqual([execution]);
    expect(await store.shown(uuidv7(), [execution.id])).toEqual([]);
    expect(await store.shown(execution.namespaceId, ['x', execution.id])).toEqual([showingOf(execution)]);
  });

  describe('the last showing of a document', () => {
    const namespaceId = uuidv7();
    const retrieverId = uuidv7();
    const at = (minute: number, documentIds: string[], change = {}) =>
      executionOf(documentIds, { namespaceId, retrieverId, executedAt: startOfTest + minute * 60_000, ...change });
    const oldest = at(0, ['a', 'b', 'c']);
    const middle = at(1, ['b', 'a']);
    const newest = at(2, ['c']);
    const otherUser = at(3, ['a'], { userId: 'bob', sessionId: 'session-2' });
    const anonymous = at(4, ['a'], { userId: null, sessionId: 'session-3' });
    const elsewhere = at(5, ['a'], { namespaceId: uuidv7() });
    const query: ShowingQuery = {
      namespaceId,
      retrieverId: null,
      userId: 'ada',
      sessionId: null,
      documentId: 'a',
      position: null,
      since: startOfTest,
      until: elsewhere.executedAt,
    };
    const last = async (change: Partial<ShowingQuery>) =>
      (await store.lastShowing({ ...query, ...change }))?.id ?? null;

    beforeAll(() => store.save([oldest, middle, newest, otherUser, anonymous, elsewhere]));

    test('is the user’s newest that showed it', async () => {
      expect(await last({})).toBe(middle.id);
      expect(await last({ documentId: 'c' })).toBe(newest.id);
      expect(await last({ documentId: 'z' })).toBeNull();
      expect(await last({ userId: 'bob' })).toBe(otherUser.id);
    });

    test('is at the position, where one is given', async () => {
      expect(await last({ position: 0 })).toBe(oldest.id);
      expect(await last({ position: 1 })).toBe(middle.id);
      expect(await last({ position: 5 })).toBeNull();
    });

    test('is the session’s where no user is named', async () => {
      expect(await last({ userId: null, sessionId: 'session-3' })).toBe(anonymous.id);
      expect(await last({ sessionId: 'session-3' })).toBe(middle.id);
      expect(await last({ userId: null })).toBeNull();
    });

    test('is of the retriever, where one is named', async () => {
      expect(await last({ retrieverId })).toBe(middle.id);
      expect(await last({ retrieverId: uuidv7() })).toBeNull();
      expect(await last({ retrieverId: 'x' })).toBeNull();
    });

    test('is no older than asked for', async () => {
      expect(await last({ since: middle.executedAt })).toBe(middle.id);
      expect(await last({ since: middle.executedAt + 1 })).toBeNull();
    });

    test('is no younger than asked for', async () => {
      expect(await last({ until: middle.executedAt })).toBe(middle.id);
      expect(await last({ until: middle.executedAt - 1 })).toBe(oldest.id);
      expect(await last({ until: oldest.executedAt - 1 })).toBeNull();
    });
  });

  test('what is older than a moment expires', async () => {
    const namespaceId = uuidv7();
    const old = executionOf(['a'], { namespaceId, executedAt: 1_000 });
    const young = executionOf(['a'], { namespaceId, executedAt: 2_000 });
    await store.save([old, young]);
    expect(await store.expire(2_000)).toBe(1);
    expect(await store.get(namespaceId, [old.id, young.id])).toEqual([young]);
  });
});
