import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresInteractionStore } from '../../src/interactions/interaction-store.postgres.ts';
import type { InteractionStore } from '../../src/interactions/interaction-store.ts';
import type { Interaction, InteractionFilter, InteractionType } from '../../src/interactions/interaction.ts';
import type { Database } from '../../src/postgres/database.ts';
import { executionOf, interactionOn, startOfTest } from '../fixtures/interaction.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const anything: InteractionFilter = {
  retrieverId: null,
  executionId: null,
  userId: null,
  sessionId: null,
  documentId: null,
  types: null,
};

describe.each(testDatabases())('the interaction store on $name', ({ open }) => {
  let db: Database;
  let store: InteractionStore;

  beforeAll(async () => {
    db = await open();
    store = createPostgresInteractionStore(db);
  });
  afterAll(() => db.close());

  const storedIn = (namespaceId: string) => store.list(namespaceId, anything, { limit: 100, after: null });
  const signalsOf = (executionId: string) =>
    db.query<{ document_id: string; type: string; interaction_id: string; duration_ms: number | null }>(
      'select * from interaction_signals where execution_id = $1 order by document_id, type',
      [executionId],
    );
  const waiting = (ids: readonly string[]) =>
    db.query("select ref from outbox where kind = 'interaction' and ref = any($1::uuid[])", [ids]);

  test('an event comes back as it was stored, with one outbox row', async () => {
    const event = interactionOn(executionOf(['a', 'b']), {
      interactionTypes: ['CLICK', 'DWELL_TIME'],
      metadata: { durationMs: 1500.5, nested: { 'odd "key"': ['ü', null, {}] } },
      idempotencyKey: 'tab-1/"7"',
    });
    expect(await store.record([event])).toEqual([{ interaction: event, duplicate: false }]);
    expect((await storedIn(event.namespaceId)).items).toEqual([event]);
    expect(await waiting([event.id])).toHaveLength(1);
    expect(await signalsOf(event.executionId!)).toMatchObject([
      { document_id: 'a', type: 'CLICK', interaction_id: event.id, duration_ms: null },
      { document_id: 'a', type: 'DWELL_TIME', interaction_id: event.id, duration_ms: 1500.5 },
    ]);
  });

  test('what a retriever has received since is read oldest first, without what is named, a page at a time', async () => {
    const { namespaceId, retrieverId } = executionOf(['a']);
    const at = (receivedAt: number) => interactionOn(executionOf(['a'], { namespaceId, retrieverId }), { receivedAt });
    const [before, first, second, third] = [1, 2, 2, 3].map((second) => at(startOfTest + second * 1_000));
    const elsewhere = interactionOn(executionOf(['a'], { namespaceId }), { receivedAt: startOfTest + 3_000 });
    await store.record([third!, before!, second!, first!, elsewhere]);
    const since = async (except: string[], limit = 10) => {
      const found = await store.receivedSince({ namespaceId, retrieverId, from: startOfTest + 2_000 }, except, limit);
      return found.map(({ id }) => id);
    };
    const ids = [first!.id, second!.id].sort();
    expect(await since([])).toEqual([...ids, third!.id]);
    expect(await since([ids[0]!])).toEqual([ids[1], third!.id]);
    expect(await since([], 1)).toEqual([ids[0]]);
    const foreign = { namespaceId: uuidv7(), retrieverId, from: 0 };
    expect(await store.receivedSince(foreign, [], 10)).toEqual([]);
  });

  test('an event of nothing known is stored each time it comes', async () => {
    const namespaceId = uuidv7();
    const events = [1, 2].map(() => interactionOn(null, { namespaceId, documentId: null, position: null }));
    expect(await store.record(events)).toEqual(events.map((interaction) => ({ interaction, duplicate: false })));
    expect((await storedIn(namespaceId)).items).toHaveLength(2);
  });

  test('a repeated idempotency key gives the first event, whatever the second says', async () => {
    const execution = executionOf(['a', 'b']);
    const first = interactionOn(execution, { idempotencyKey: 'once' });
    const second = interactionOn(execution, { idempotencyKey: 'once', documentId: 'b', position: 1 });
    await store.record([first]);
    expect(await store.record([second])).toEqual([{ interaction: first, duplicate: true }]);
    expect(await signalsOf(execution.id)).toHaveLength(1);
  });

  test('the same idempotency key in two namespaces is two events', async () => {
    const events = [1, 2].map(() => interactionOn(executionOf(['a']), { idempotencyKey: 'shared' }));
    expect((await store.record(events)).map(({ duplicate }) => duplicate)).toEqual([false, false]);
  });

  test('an event whose signals are all there repeats the one that holds the first of them', async () => {
    const execution = executionOf(['a']);
    const click = interactionOn(execution);
    const buy = interactionOn(execution, { interactionTypes: ['PURCHASE'] });
    await store.record([click, buy]);
    const again = interactionOn(execution, { interactionTypes: ['PURCHASE', 'CLICK'] });
    expect(await store.record([again])).toEqual([{ interaction: buy, duplicate: true }]);
    expect(await waiting([again.id])).toEqual([]);
  });

  test('an event that is partly new is stored and holds what is new', async () => {
    const execution = executionOf(['a']);
    const click = interactionOn(execution);
    const both = interactionOn(execution, { interactionTypes: ['CLICK', 'SHARE'] });
    await store.record([click]);
    expect(await store.record([both])).toEqual([{ interaction: both, duplicate: false }]);
    expect(await signalsOf(execution.id)).toMatchObject([
      { type: 'CLICK', interaction_id: click.id },
      { type: 'SHARE', interaction_id: both.id },
    ]);
  });

  test('of a repeated dwell the longest holds, and of a repeated scroll the deepest; what says less is a duplicate', async () => {
    const execution = executionOf(['a']);
    const dwell = (durationMs: number) =>
      interactionOn(execution, { interactionTypes: ['DWELL_TIME'], metadata: { durationMs } });
    const scroll = (depth: number) =>
      interactionOn(execution, { interactionTypes: ['SCROLL_DEPTH'], documentId: null, metadata: { depth } });
    const events = [dwell(500), dwell(2_000), dwell(900), scroll(0.2), scroll(0.7)];
    const one = (event: Interaction) => store.record([event]).then(([recorded]) => recorded?.duplicate);
    expect([await one(events[0]!), await one(events[1]!), await one(events[2]!)]).toEqual([false, false, true]);
    expect([await one(events[3]!), await one(events[4]!), await one(scroll(0.2))]).toEqual([false, false, true]);
    expect(await signalsOf(execution.id)).toMatchObject([
      { type: 'SCROLL_DEPTH', document_id: '', depth: 0.7, duration_ms: null },
      { type: 'DWELL_TIME', document_id: 'a', depth: null, duration_ms: 2_000 },
    ]);
    const [longest, shorter] = await store.record([dwell(3_000), dwell(2_500)]);
    expect([longest?.duplicate, shorter?.duplicate]).toEqual([false, true]);
    const found = await store.list(
      execution.namespaceId,
      { ...anything, executionId: execution.id },
      { limit: 9, after: null },
    );
    expect(found.items).toHaveLength(5);
  });

  test('an event about the list counts once an execution', async () => {
    const execution = executionOf([]);
    const list = { documentId: null, position: null, interactionTypes: ['ZERO_RESULTS'] as InteractionType[] };
    const [first, second] = await store.record([interactionOn(execution, list), interactionOn(execution, list)]);
    expect(second).toEqual({ interaction: first?.interaction, duplicate: true });
  });

  test('whatever is sent in whatever calls ends as if it had come one by one', async () => {
    const types: InteractionType[] = ['CLICK', 'SHARE', 'COPY'];
    const arbitraryEvent = fc.record({
      document: fc.constantFrom('a', 'b'),
      types: fc.subarray(types, { minLength: 1 }),
      keyed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(arbitraryEvent, { maxLength: 6 }), { maxLength: 5 }), async (calls) => {
        const execution = executionOf(['a', 'b']);
        const keys = new Map<string, Interaction>();
        const holders = new Map<string, Interaction>();
        for (const call of calls) {
          const events = call.map(({ document: documentId, types: interactionTypes, keyed }) =>
            interactionOn(execution, {
              documentId,
              interactionTypes,
              idempotencyKey: keyed ? `${documentId} ${interactionTypes.join()}` : null,
            }),
          );
          const expected = events.map((event) => repeatOf(event, keys, holders));
          expect(await store.record(events)).toEqual(
            events.map((event, index) => ({
              interaction: expected[index] ?? event,
              duplicate: expected[index] !== null,
            })),
          );
        }
        const signals = await signalsOf(execution.id);
        expect(
          Object.fromEntries(signals.map((row) => [`${row.document_id} ${row.type}`, row.interaction_id])),
        ).toEqual(Object.fromEntries([...holders].map(([signal, { id }]) => [signal, id])));
        const stored = await storedIn(execution.namespaceId);
        expect(await waiting(stored.items.map(({ id }) => id))).toHaveLength(stored.items.length);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['by their signals', null],
    ['by their key', 'retry'],
  ])('of fifty identical events at once one is stored, told %s', async (_how, idempotencyKey) => {
    const execution = executionOf(['a']);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async () => {
        // A store each, as on fifty instances: one store would put them into one transaction.
        const [outcome] = await createPostgresInteractionStore(db).record([
          interactionOn(execution, { idempotencyKey }),
        ]);
        return outcome!;
      }),
    );
    const stored = (await storedIn(execution.namespaceId)).items;
    expect(stored).toHaveLength(1);
    expect(outcomes.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(outcomes.every(({ interaction }) => interaction.id === stored[0]!.id)).toBe(true);
    expect(await waiting(outcomes.map(({ interaction }) => interaction.id))).toHaveLength(1);
  });

  test('of different events with one key at once one is stored, and the others leave no signal', async () => {
    const execution = executionOf(Array.from({ length: 20 }, (_, index) => `doc-${index}`));
    const outcomes = await Promise.all(
      execution.hits.map(async ({ documentId }, position) => {
        const event = interactionOn(execution, { documentId, position, idempotencyKey: 'one' });
        return (await createPostgresInteractionStore(db).record([event]))[0]!;
      }),
    );
    const signals = await signalsOf(execution.id);
    expect(signals).toHaveLength(1);
    expect(new Set(outcomes.map(({ interaction }) => interaction.id))).toEqual(new Set([signals[0]!.interaction_id]));
  });

  test('calls that bring the same events in opposite orders do not lock each other out', async () => {
    const execution = executionOf(Array.from({ length: 30 }, (_, index) => `doc-${index}`));
    const events = execution.hits.map(({ documentId }, position) => ({
      documentId,
      position,
      idempotencyKey: position % 2 === 0 ? `key-${position}` : null,
    }));
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const order = index % 2 === 0 ? events : events.toReversed();
        return createPostgresInteractionStore(db).record(order.map((event) => interactionOn(execution, event)));
      }),
    );
    expect(outcomes.flat().filter(({ duplicate }) => !duplicate)).toHaveLength(30);
    expect(await signalsOf(execution.id)).toHaveLength(30);
  });

  test('concurrent calls of one store each get their own answers', async () => {
    const execution = executionOf(Array.from({ length: 40 }, (_, index) => `doc-${index}`));
    const events = execution.hits.map(({ documentId }, position) => interactionOn(execution, { documentId, position }));
    const outcomes = await Promise.all(events.map((event) => store.record([event])));
    expect(outcomes).toEqual(events.map((interaction) => [{ interaction, duplicate: false }]));
  });

  test('an event that Postgres cannot take fails alone', async () => {
    const execution = executionOf(['a', 'b', 'c']);
    const outcomes = await Promise.allSettled(
      execution.hits.map(({ documentId }, position) =>
        store.record([interactionOn(execution, { documentId, position, sessionId: position === 1 ? '\0' : 's' })]),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await storedIn(execution.namespaceId)).items).toHaveLength(2);
    expect((await signalsOf(execution.id)).map((row) => row.document_id)).toEqual(['a', 'c']);
  });

  describe('listing', () => {
    const execution = executionOf(['a', 'b']);
    const other = executionOf(['a'], { namespaceId: execution.namespaceId, userId: 'bob', sessionId: 'session-2' });
    const click = interactionOn(execution, { receivedAt: startOfTest + 1 });
    const share = interactionOn(execution, {
      receivedAt: startOfTest + 2,
      documentId: 'b',
      position: 1,
      interactionTypes: ['SHARE', 'COPY'],
    });
    const foreign = interactionOn(other, { receivedAt: startOfTest + 3 });
    const loose = interactionOn(null, { namespaceId: execution.namespaceId, receivedAt: startOfTest + 4 });

    beforeAll(() => store.record([click, share, foreign, loose]));

    const list = async (filter: Partial<InteractionFilter>, limit = 100, after: string | null = null) =>
      store.list(execution.namespaceId, { ...anything, ...filter }, { limit, after });

    test.each<[string, Partial<InteractionFilter>, Interaction[]]>([
      ['newest first', {}, [loose, foreign, share, click]],
      ['by execution', { executionId: execution.id }, [share, click]],
      ['by retriever', { retrieverId: other.retrieverId }, [foreign]],
      ['by user', { userId: 'ada' }, [share, click]],
      ['by session', { sessionId: 'session-2' }, [foreign]],
      ['by document', { documentId: 'b' }, [share]],
      ['by any of several types', { types: ['COPY', 'PURCHASE'] }, [share]],
      ['by several at once', { userId: 'ada', types: ['CLICK'] }, [click]],
      ['by an id that is none', { executionId: 'nonsense' }, []],
      ['by a retriever id that is none', { retrieverId: "' or true" }, []],
    ])('%s', async (_how, filter, expected) => {
      expect(await list(filter)).toEqual({ items: expected, hasNextPage: false });
    });

    test('in pages that neither miss nor repeat', async () => {
      const first = await list({}, 3);
      expect(first).toEqual({ items: [loose, foreign, share], hasNextPage: true });
      expect(await list({}, 3, share.id)).toEqual({ items: [click], hasNextPage: false });
    });

    test('only of its namespace', async () => {
      expect(await storedIn(uuidv7())).toEqual({ items: [], hasNextPage: false });
    });

    test('refuses a cursor that is none', async () => {
      await expect(list({}, 3, 'page-2')).rejects.toMatchObject({ code: 'INVALID_CURSOR', path: ['after'] });
    });
  });

  test('expiring deletes what came before, with its signals', async () => {
    const day = 24 * 3_600_000;
    const old = executionOf(['a'], { executedAt: startOfTest - 8 * day });
    const young = executionOf(['a'], { namespaceId: old.namespaceId });
    const events = [
      interactionOn(old, { receivedAt: startOfTest - 8 * day + 5 }),
      interactionOn(young, { receivedAt: startOfTest + 5 }),
    ];
    await store.record(events);
    expect(await store.expire(startOfTest - 7 * day)).toBe(1);
    expect((await storedIn(old.namespaceId)).items).toEqual([events[1]]);
    expect(await signalsOf(old.id)).toEqual([]);
    expect(await signalsOf(young.id)).toHaveLength(1);
  });
});

/** What a store that took events one by one would say: the stored event that this one repeats, or null. */
function repeatOf(
  event: Interaction,
  keys: Map<string, Interaction>,
  holders: Map<string, Interaction>,
): Interaction | null {
  const key = event.idempotencyKey;
  const signals = event.interactionTypes.map((type) => `${event.documentId} ${type}`);
  const repeated = key === null ? undefined : keys.get(key);
  if (repeated !== undefined) return repeated;
  if (signals.every((signal) => holders.has(signal))) return holders.get(signals[0]!)!;
  if (key !== null) keys.set(key, event);
  for (const signal of signals) if (!holders.has(signal)) holders.set(signal, event);
  return null;
}
