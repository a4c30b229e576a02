import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPostgresInteractionStore } from '../../src/interactions/interaction-store.postgres.ts';
import type { Interaction } from '../../src/interactions/interaction.ts';
import type { Outbox, OutboxBatch } from '../../src/interactions/outbox.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createPostgresExecutionStore } from '../../src/search/execution-store.postgres.ts';
import { executionOf, interactionOn, startOfTest } from '../fixtures/interaction.ts';
import { onePerSignal } from '../fixtures/outbox-batch.ts';
import { testDatabases } from '../fixtures/postgres.ts';
import { LEASE_MS, openTestOutbox, removeEvents } from '../fixtures/test-outbox.ts';

describe.each(testDatabases())('what is gathered in the outbox on $name', ({ open }) => {
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

  const record = (...events: Interaction[]) => createPostgresInteractionStore(db).record(events);
  const claim = () => outbox.claim(100, onePerSignal);

  /** Three batches that nobody has sent, and what they hold. */
  async function claimThree() {
    const execution = executionOf(['a', 'b', 'c']);
    await createPostgresExecutionStore(db).save([execution]);
    await outbox.complete((await outbox.claimExecutions(100))!.id);
    const batches: OutboxBatch[] = [];
    for (const [position, { documentId }] of execution.hits.entries()) {
      await record(interactionOn(execution, { documentId, position, receivedAt: startOfTest + position }));
      batches.push((await claim())!);
    }
    return batches;
  }
  const eventIds = (batches: readonly OutboxBatch[]) =>
    batches.flatMap(({ interactions }) => interactions.map(({ id }) => id)).sort();

  test('is one batch of all their events and outcomes, which teaches nothing', async () => {
    const batches = await claimThree();
    const gathered = await outbox.gather(batches);
    expect(gathered).toEqual({
      ...{ id: expect.any(String), namespaceIds: batches[0]!.namespaceIds, executions: [], deltas: [], attempts: 0 },
      interactions: batches.flatMap(({ interactions }) => interactions),
      searchOutcomes: batches.flatMap(({ searchOutcomes }) => searchOutcomes),
    });
    expect(batches.map(({ id }) => id)).not.toContain(gathered!.id);
    expect(await outbox.backlog()).toMatchObject({ depth: 3, oldestAt: startOfTest });
    await outbox.complete(gathered!.id);
    expect(await outbox.backlog()).toEqual({ depth: 0, oldestAt: null, oldestUnlearnedAt: null });
  });

  test('is the very same when it has to be sent again', async () => {
    const gathered = await outbox.gather(await claimThree());
    now += LEASE_MS - 1;
    expect(await claim()).toBeNull();
    now += 1;
    expect(await claim()).toEqual({ ...gathered, attempts: 1 });
    expect(await claim()).toBeNull();
  });

  test('leaves out what another relay has taken over, and is nothing where it has taken all', async () => {
    const [first, ...others] = await claimThree();
    await outbox.release(first!.id, 'away', 0);
    expect(await openOutbox().claim(100, onePerSignal)).toEqual({ ...first, attempts: 1 });
    const gathered = await outbox.gather([first!, ...others]);
    expect(eventIds([gathered!])).toEqual(eventIds(others));
    expect(await outbox.gather([first!, ...others])).toBeNull();
  });

  test('stands where the first of them stood, so that who waits for one of them waits for it', async () => {
    const seqs = () => db.query<{ seq: number }>('select seq from outbox_batches order by seq');
    const batches = await claimThree();
    const [first] = await seqs();
    await outbox.gather(batches);
    expect(await seqs()).toEqual([first]);
  });

  test('what has taught, and executions, are no feedback that weights do not know', async () => {
    const execution = executionOf(['a']);
    await createPostgresExecutionStore(db).save([execution]);
    await record(interactionOn(execution, { receivedAt: startOfTest + 5 }));
    const first = await claim();
    await record(interactionOn(null, { receivedAt: startOfTest + 7 }));
    expect(await outbox.backlog()).toMatchObject({ oldestUnlearnedAt: startOfTest + 5 });
    expect(await outbox.backlog([first!.id])).toMatchObject({ oldestUnlearnedAt: startOfTest + 7 });
    await claim(); // of nothing that was ever shown
    expect(await outbox.backlog([first!.id])).toEqual({
      ...{ depth: 3, oldestAt: expect.any(Number), oldestUnlearnedAt: null },
    });
  });

  test('is known to have taught by everyone, from the moment that it is there', async () => {
    const batches = await claimThree();
    const ids = batches.map(({ id }) => id);
    expect(await outbox.backlog()).toMatchObject({ oldestAt: startOfTest, oldestUnlearnedAt: startOfTest });
    expect(await outbox.backlog(ids)).toMatchObject({ oldestAt: startOfTest, oldestUnlearnedAt: null });
    await outbox.gather(batches);
    expect(await openOutbox().backlog()).toMatchObject({ depth: 3, oldestAt: startOfTest, oldestUnlearnedAt: null });
  });
});
