import { randomBytes, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expireEvents } from '../../src/interactions/expire-events.ts';
import type { InteractionInput } from '../../src/interactions/interaction-input.ts';
import { createPostgresInteractionStore } from '../../src/interactions/interaction-store.postgres.ts';
import { createSubjectOf, defaultLearningCaps } from '../../src/interactions/learning-caps.ts';
import { createPostgresRebuildStore } from '../../src/interactions/rebuild-store.postgres.ts';
import { createPostgresOutbox } from '../../src/interactions/outbox.postgres.ts';
import {
  recordInteraction,
  recordInteractions,
  type RecordInteractionDeps,
} from '../../src/interactions/record-interaction.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createPostgresRetrieverStore } from '../../src/retrievers/retriever-store.postgres.ts';
import { createExecutionIds } from '../../src/search/execution-id.ts';
import { ExecutionRecorder } from '../../src/search/execution-recorder.ts';
import { createPostgresExecutionStore } from '../../src/search/execution-store.postgres.ts';
import type { ShowingQuery } from '../../src/search/execution-store.ts';
import type { Execution } from '../../src/search/execution.ts';
import { executionOf, interactionInput, startOfTest } from '../fixtures/interaction.ts';
import { createRetriever } from '../fixtures/feedback-loop.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';

const HOUR_MS = 3_600_000;
const WINDOW_MS = 7 * 24 * HOUR_MS;

describe.each(testDatabases())('recording interactions on $name', ({ open }) => {
  let db: Database;
  let deps: RecordInteractionDeps;
  let recorder: ExecutionRecorder;
  let shop: { namespaceId: string; retrieverId: string };
  let now: number;
  let wakes: number;

  const clock = { now: () => now };
  const executionIds = createExecutionIds({ secret: 'x'.repeat(32), clock, randomBytes, ttlMs: WINDOW_MS });

  beforeAll(async () => {
    db = await open();
    recorder = new ExecutionRecorder({ store: createPostgresExecutionStore(db), logger: silentLogger });
    deps = {
      interactions: createPostgresInteractionStore(db),
      retrievers: createPostgresRetrieverStore(db),
      executions: recorder,
      executionIds,
      clock,
      newId: () => uuidv7({ msecs: now }),
      wakeRelay: () => void (wakes += 1),
      caps: defaultLearningCaps,
      subjectOf: createSubjectOf(randomBytes(32)),
      listsLearned: () => Promise.resolve(0),
    };
  });
  beforeEach(async () => {
    now = startOfTest;
    wakes = 0;
    shop = await createRetriever(db);
  });
  afterAll(() => db.close());

  /** A search as the server records it: behind the answer. */
  function searched(documentIds: readonly string[], overrides: Partial<Execution> = {}): Execution {
    const id = executionIds.issue(shop.namespaceId);
    const execution = executionOf(documentIds, { id, ...shop, executedAt: now, ...overrides });
    recorder.record(execution);
    return execution;
  }
  const record = (input: Partial<InteractionInput>) =>
    recordInteraction(deps, shop.namespaceId, interactionInput(input));
  const recordMany = (inputs: Partial<InteractionInput>[]) =>
    recordInteractions(
      deps,
      shop.namespaceId,
      inputs.map((input) => interactionInput(input)),
    );
  const storedCount = async () =>
    (await db.query('select 1 from interactions where namespace_id = $1', [shop.namespaceId])).length;

  describe('an event that repeats an idempotency key', () => {
    const page = { keyId: randomUUID(), address: null, isTrusted: false };
    const known = { idempotencyKey: 'order-17', userId: 'ada', sessionId: 's', metadata: { total: 90 } };
    const repeat = async (input: Partial<InteractionInput>, isTrusted = false) => {
      const about = { documentId: 'a', idempotencyKey: 'order-17', ...input };
      const event = await recordInteraction(deps, shop.namespaceId, interactionInput(about), { ...page, isTrusted });
      expect(event.duplicate).toBe(true);
      return event.interaction;
    };

    test('is told of what is stored where it comes from the same person, or a server', async () => {
      const { interaction } = await record({ documentId: 'a', ...known });
      expect(await repeat({ userId: 'ada', sessionId: 's' })).toEqual(interaction);
      expect(await repeat({ userId: 'eve', sessionId: 's' }, true)).toEqual(interaction);
    });

    test('that a stranger has guessed is told nothing of who was there first', async () => {
      const { interaction } = await record({ documentId: 'a', ...known });
      for (const person of [{ userId: 'eve' }, { sessionId: 's' }, { userId: 'ada', sessionId: 'other' }]) {
        const { userId, sessionId, segment, metadata, id } = await repeat({ userId: null, sessionId: null, ...person });
        expect({ userId, sessionId, segment, metadata, id }).toEqual({
          ...{ userId: null, sessionId: null, segment: null, metadata: {} },
          id: interaction.id,
        });
      }
    });

    test('of a search is told to who knows the search', async () => {
      const { id: executionId } = searched(['a']);
      const { interaction } = await record({ executionId, position: 0, ...known });
      expect(await repeat({ executionId, userId: null, sessionId: null })).toEqual(interaction);
    });
  });

  describe('with an executionId', () => {
    test('a click at a position right after the search is stored with its document, and wakes the relay', async () => {
      const { id: executionId } = searched(['a', 'b']);
      const { interaction, duplicate } = await record({ executionId, position: 1 });
      expect(duplicate).toBe(false);
      expect(interaction).toMatchObject({
        ...shop,
        executionId,
        documentId: 'b',
        position: 1,
        userId: 'ada',
        sessionId: 'session-1',
        segment: 'readers',
        interactionTypes: ['CLICK'],
        occurredAt: now,
      });
      expect(wakes).toBe(1);
      // An execution is never written after what refers to it.
      expect(await db.query('select 1 from executions where id = $1', [executionId])).toHaveLength(1);
    });

    test('the same click once more is a duplicate and wakes nobody', async () => {
      const { id: executionId } = searched(['a']);
      const first = await record({ executionId, position: 0 });
      expect(await record({ executionId: executionId.toUpperCase(), documentId: 'a' })).toEqual({
        interaction: first.interaction,
        duplicate: true,
      });
      expect(wakes).toBe(1);
    });

    test('one that nobody issued, or another namespace was given, is refused', async () => {
      const foreign = executionIds.issue((await createRetriever(db)).namespaceId);
      for (const executionId of ['nonsense', uuidv7(), foreign]) {
        await expect(record({ executionId, position: 0 })).rejects.toMatchObject({
          code: 'INVALID_EXECUTION_ID',
          path: ['input', 'executionId'],
        });
      }
    });

    test('one whose execution is gone is not found', async () => {
      const executionId = executionIds.issue(shop.namespaceId);
      now += HOUR_MS;
      await expect(record({ executionId, position: 0 })).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' });
    });

    test('one of before the feedback window has expired', async () => {
      const { id: executionId } = searched(['a']);
      now += WINDOW_MS + 1;
      await expect(record({ executionId, position: 0 })).rejects.toMatchObject({ code: 'EXECUTION_EXPIRED' });
    });

    test('nothing is stored for an event that its execution contradicts', async () => {
      const { id: executionId } = searched(['a']);
      await expect(record({ executionId, position: 1 })).rejects.toMatchObject({
        name: 'ValidationError',
        code: 'POSITION_NOT_SHOWN',
      });
      expect(await storedCount()).toBe(0);
    });
  });

  describe('without an executionId', () => {
    test('a click is tied to the last search of its user that showed the document there', async () => {
      searched(['a', 'b']);
      now += 1_000;
      const last = searched(['b', 'a']);
      searched(['a'], { userId: 'bob' });
      now += HOUR_MS;
      const { interaction } = await record({ documentId: 'a', userId: 'ada' });
      expect(interaction).toMatchObject({ executionId: last.id, position: 1, segment: 'readers' });
    });

    test('a position picks the search that showed the document at it', async () => {
      const first = searched(['a', 'b']);
      now += 1_000;
      searched(['b', 'a']);
      const { interaction } = await record({ documentId: 'a', position: 0, userId: 'ada' });
      expect(interaction.executionId).toBe(first.id);
    });

    test('a session will do', async () => {
      const { id } = searched(['a'], { userId: null });
      expect((await record({ documentId: 'a', sessionId: 'session-1' })).interaction.executionId).toBe(id);
    });

    test.each([
      ['a day after the search', 24 * HOUR_MS + 1, 'a', null],
      ['of a document never shown', 1, 'z', null],
      ['that happened before the search', 1, 'a', startOfTest - HOUR_MS],
    ])('an event %s is kept for analytics', async (_when, laterMs, documentId, occurredAt) => {
      searched(['a']);
      now += laterMs;
      const { interaction } = await record({ documentId, position: 0, userId: 'ada', occurredAt });
      expect(interaction).toMatchObject({ executionId: null, retrieverId: null, documentId, position: 0 });
    });

    test.each([
      ['written', true],
      ['still to be written', false],
    ])(
      'a click that comes late is tied to the search before it, not to one since; both are %s',
      async (_how, flushed) => {
        const first = searched(['a']);
        now += 60_000;
        const occurredAt = now;
        now += 30 * 60_000;
        searched(['a']);
        if (flushed) await recorder.flush();
        now += 60_000;
        const { interaction } = await record({ documentId: 'a', userId: 'ada', occurredAt });
        expect(interaction).toMatchObject({ executionId: first.id, occurredAt });
      },
    );

    test('events of one call are each tied to the search before them, and those of the last minutes ask together', async () => {
      const asked: ShowingQuery[] = [];
      const store = createPostgresExecutionStore(db);
      const lastShowing = (query: ShowingQuery) => store.lastShowing((asked.push(query), query));
      const executions = new ExecutionRecorder({ store: { ...store, lastShowing }, logger: silentLogger });
      const first = searched(['a', 'b']);
      now += 30 * 60_000;
      const second = searched(['a', 'b']);
      await recorder.flush();
      now += 60_000;
      const types = ['CLICK', 'SHARE', 'COPY', 'BOOKMARK', 'PURCHASE'] as const;
      const inputs = [25, 24, 0.5, 0.25, null].map((minutes, index) => {
        const occurredAt = minutes === null ? null : now - minutes * 60_000;
        return interactionInput({ documentId: 'a', userId: 'ada', occurredAt, interactionTypes: [types[index]!] });
      });
      await recordInteractions({ ...deps, executions }, shop.namespaceId, inputs);
      const stored = await db.query<{ execution_id: string }>(
        'select execution_id from interactions where namespace_id = $1 order by occurred_at',
        [shop.namespaceId],
      );
      const tiedTo = stored.map((row) => row.execution_id);
      expect(tiedTo).toEqual([first.id, first.id, second.id, second.id, second.id]);
      expect(asked).toHaveLength(3);
    });

    test('a click is tied to a search of an instance whose clock is a little ahead', async () => {
      const { id } = searched(['a'], { executedAt: now + 30_000 });
      expect((await record({ documentId: 'a', userId: 'ada' })).interaction.executionId).toBe(id);
    });

    test('one that is older than what is looked through asks nothing', async () => {
      const store = createPostgresExecutionStore(db);
      const lastShowing = () => Promise.reject(new Error('asked'));
      const executions = new ExecutionRecorder({ store: { ...store, lastShowing }, logger: silentLogger });
      const late = interactionInput({ documentId: 'a', userId: 'ada', occurredAt: now - 25 * HOUR_MS });
      const { interaction } = await recordInteraction({ ...deps, executions }, shop.namespaceId, late);
      expect(interaction.executionId).toBeNull();
    });

    test('a retriever that is named has to be there', async () => {
      const own = await record({ documentId: 'z', userId: 'ada', retrieverId: shop.retrieverId });
      expect(own.interaction.retrieverId).toBe(shop.retrieverId);
      const { retrieverId } = await createRetriever(db);
      await expect(record({ documentId: 'z', userId: 'ada', retrieverId })).rejects.toMatchObject({
        name: 'NotFoundError',
        code: 'RETRIEVER_NOT_FOUND',
        path: ['input', 'retrieverId'],
      });
    });
  });

  describe('in a list', () => {
    test('what is sound is stored, and each of the others is told why not', async () => {
      const { id: executionId } = searched(['a', 'b', 'c']);
      const result = await recordMany([
        { executionId, position: 0 },
        { executionId, position: 7 },
        { executionId, documentId: 'b', metadata: { n: NaN } },
        { executionId, position: 0, documentId: 'a' },
        {},
        { documentId: 'elsewhere', sessionId: 's' },
        { executionId: executionIds.issue(shop.namespaceId).replace(/.$/, 'x'), position: 0 },
      ]);
      expect(result).toMatchObject({
        accepted: 2,
        duplicates: 1,
        rejected: [
          { index: 1, code: 'POSITION_NOT_SHOWN' },
          { index: 2, code: 'INVALID_METADATA' },
          { index: 4, code: 'MISSING_REFERENCE' },
          { index: 6, code: 'INVALID_EXECUTION_ID' },
        ],
      });
      expect(await storedCount()).toBe(2);
      expect(wakes).toBe(1);
    });

    test('a thousand are taken, one more is refused whole', async () => {
      const { id: executionId } = searched(Array.from({ length: 100 }, (_, index) => `doc-${index}`));
      const inputs = Array.from({ length: 1_000 }, (_, index) => ({
        executionId,
        position: index % 100,
        interactionTypes: [(['CLICK', 'SHARE', 'COPY', 'BOOKMARK'] as const)[Math.floor(index / 250)]!],
      }));
      expect(await recordMany(inputs)).toEqual({ accepted: 400, beyondCap: 0, duplicates: 600, rejected: [] });
      await expect(recordMany([...inputs, inputs[0]!])).rejects.toMatchObject({
        code: 'TOO_MANY_INTERACTIONS',
        path: ['input', 'interactions'],
      });
    });

    test('none are stored without complaint', async () => {
      expect(await recordMany([])).toEqual({ accepted: 0, beyondCap: 0, duplicates: 0, rejected: [] });
      expect(wakes).toBe(0);
    });
  });

  test('events are deleted after the window, but not while they wait to be sent', async () => {
    const outbox = createPostgresOutbox(db, { clock, newId: uuidv7, logger: silentLogger });
    const executions = createPostgresExecutionStore(db);
    const interactions = createPostgresInteractionStore(db);
    const rebuilds = createPostgresRebuildStore(db, { clock, newId: uuidv7, logger: silentLogger });
    const expire = () =>
      expireEvents({ executions, interactions, outbox, rebuilds, clock, feedbackWindowMs: WINDOW_MS });
    await db.query('truncate outbox, executions, interactions, interaction_signals');
    const { id: executionId } = searched(['a']);
    now += WINDOW_MS / 2;
    await record({ executionId, position: 0 });
    now += 2 * WINDOW_MS;
    expect(await expire()).toEqual({ executions: 0, interactions: 0 });
    await db.query('truncate outbox');
    expect(await expire()).toEqual({ executions: 1, interactions: 1 });
  });
});
