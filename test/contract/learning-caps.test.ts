import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPostgresInteractionStore } from '../../src/interactions/interaction-store.postgres.ts';
import type { InteractionStore, NewInteraction } from '../../src/interactions/interaction-store.ts';
import type { Interaction, InteractionType } from '../../src/interactions/interaction.ts';
import {
  createSubjectOf,
  defaultLearningCaps,
  learningClaim,
  type Client,
  type LearningCaps,
} from '../../src/interactions/learning-caps.ts';
import type { Database } from '../../src/postgres/database.ts';
import { executionOf, interactionOn, startOfTest } from '../fixtures/interaction.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const subjectOf = createSubjectOf(randomBytes(32));
const HOUR_MS = 3_600_000;

describe.each(testDatabases())('caps on learning on $name', ({ open }) => {
  let db: Database;
  let store: InteractionStore;
  let retrieverId: string;

  beforeAll(async () => {
    db = await open();
    store = createPostgresInteractionStore(db);
  });
  afterAll(() => db.close());
  beforeEach(() => (retrieverId = uuidv7()));

  interface Sent extends Partial<Client> {
    userId?: string | null;
    sessionId?: string | null;
    types?: InteractionType[];
    caps?: Partial<LearningCaps>;
    listsLearned?: number;
    receivedAt?: number;
  }
  /** A click on a search of its own, from one address and key unless it says otherwise. */
  const sent = (change: Sent = {}): NewInteraction => {
    const { userId = null, sessionId = null, types = ['CLICK'], caps = {}, listsLearned = 0, ...rest } = change;
    const { receivedAt = startOfTest, ...client } = rest;
    const execution = executionOf(['a', 'b'], { retrieverId, userId, sessionId });
    const event = interactionOn(execution, { receivedAt, interactionTypes: types });
    const from = { keyId: 'key', address: '198.51.100.7', isTrusted: false, ...client };
    const given = { caps: { ...defaultLearningCaps, ...caps }, subjectOf, listsLearned };
    return { ...event, claim: learningClaim(event, from, given) };
  };
  const trained = async (events: NewInteraction[], into = store) =>
    (await into.record(events)).filter(({ interaction }) => interaction.trains).length;
  const many = (count: number, change: (index: number) => Sent) =>
    Array.from({ length: count }, (_, index) => sent(change(index)));
  const untrainedSignals = (events: Interaction[]) =>
    db.query('select 1 from interaction_signals where not trains and interaction_id = any($1::uuid[])', [
      events.map(({ id }) => id),
    ]);

  test('let five clicks of one address train, whatever users and sessions it names, and store the rest', async () => {
    const events = many(40, (index) => ({ userId: `user-${index}`, sessionId: `session-${index}` }));
    const recorded = await store.record(events);
    expect(recorded.map(({ interaction }) => interaction.trains)).toEqual(events.map((_, index) => index < 5));
    expect(recorded.every(({ duplicate }) => !duplicate)).toBe(true);
    expect(await untrainedSignals(events)).toHaveLength(35);
    const { items } = await store.list(
      events[20]!.namespaceId,
      { retrieverId, executionId: null, userId: null, sessionId: null, documentId: null, types: null },
      { limit: 100, after: null },
    );
    expect(items.map(({ trains }) => trains)).toEqual([false]);
  });

  test.each([
    ['user', (index: number): Sent => ({ userId: 'ada', sessionId: `s-${index}`, address: `192.0.2.${index}` })],
    ['session', (index: number): Sent => ({ userId: `u-${index}`, sessionId: 's', address: `192.0.2.${index}` })],
  ])('hold for one %s from many addresses', async (_name, change) => {
    expect(await trained(many(20, change))).toBe(5);
  });

  test('hold for one key of many people, further up', async () => {
    const change = (index: number): Sent => ({ address: `192.0.2.${index}`, caps: { clicksPerKey: 12 } });
    expect(await trained(many(20, change))).toBe(12);
  });

  test('hold a server’s own key and address not back, but each user that it names', async () => {
    expect(await trained(many(40, (index) => ({ isTrusted: true, userId: `user-${index}` })))).toBe(40);
    expect(await trained(many(520, () => ({ isTrusted: true, userId: 'one' })))).toBe(500);
    expect(await trained(many(40, () => ({ isTrusted: true })))).toBe(40);
  });

  test('grow with what the retriever has learned', async () => {
    expect(await trained(many(20, () => ({ listsLearned: 12_000 })))).toBe(12);
  });

  test('count what moves weights further as more', async () => {
    expect(await trained(many(4, () => ({ types: ['PURCHASE'] })))).toBe(1);
    expect(await trained(many(40, () => ({ types: ['VIEW'], address: '192.0.2.1' })))).toBe(25);
    const both = many(4, () => ({ types: ['CLICK', 'ADD_TO_CART'], address: '192.0.2.2' }));
    expect(await trained(both)).toBe(1);
  });

  test('are kept apart by retriever, and begin anew with each window', async () => {
    expect(await trained(many(9, () => ({})))).toBe(5);
    expect(await trained(many(9, () => ({ receivedAt: startOfTest + 24 * HOUR_MS })))).toBe(5);
    retrieverId = uuidv7();
    expect(await trained(many(9, () => ({})))).toBe(5);
  });

  test('hold across a restart, and for many at once', async () => {
    expect(await trained(many(3, () => ({})))).toBe(3);
    const restarted = createPostgresInteractionStore(db);
    const counts = await Promise.all(many(30, () => ({})).map((event) => trained([event], restarted)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  test('do not count what repeats, nor what trains nothing', async () => {
    const once = sent();
    for (let time = 0; time < 10; time++) await store.record([{ ...once, id: uuidv7({ msecs: startOfTest + time }) }]);
    const loose = {
      ...interactionOn(null),
      claim: learningClaim(
        interactionOn(null),
        { keyId: 'k', address: 'a', isTrusted: false },
        { caps: defaultLearningCaps, subjectOf, listsLearned: 0 },
      ),
    };
    expect(loose.claim).toBeNull();
    expect(await trained(many(9, () => ({})))).toBe(4);
  });

  test('are off where nothing is capped', async () => {
    expect(await trained(many(40, () => ({ caps: { clicksPerClient: 0 } })))).toBe(40);
  });

  test('keep nothing that names a person, and nothing for long', async () => {
    await store.record([
      sent({ userId: 'ada@example.com', sessionId: 'visit-1', address: '198.51.100.7', keyId: 'the-key' }),
    ]);
    const counts = JSON.stringify(await db.query('select * from learning_counts'));
    expect(counts).toContain(retrieverId);
    for (const name of ['ada@example.com', 'visit-1', '198.51.100.7', 'the-key']) expect(counts).not.toContain(name);
    await store.expire(startOfTest + 7 * 24 * HOUR_MS);
    expect(await db.query('select 1 from learning_counts where retriever_id = $1', [retrieverId])).toEqual([]);
  });
});
