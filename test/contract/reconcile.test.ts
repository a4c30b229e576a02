import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createPostgresDeadLetterStore } from '../../src/interactions/dead-letter-store.postgres.ts';
import { createClickHouseEventLedger } from '../../src/interactions/event-ledger.clickhouse.ts';
import { createPostgresEventLedger } from '../../src/interactions/event-ledger.postgres.ts';
import { RowsRefusedError } from '../../src/interactions/event-log.ts';
import { reconcile } from '../../src/interactions/reconcile.ts';
import { replayDeadLetters } from '../../src/interactions/replay-dead-letters.ts';
import type { OutboxBatch } from '../../src/interactions/outbox.ts';
import type { PoolDatabase } from '../../src/postgres/pool-database.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { testWarehouses } from '../fixtures/clickhouse.ts';
import { openFeedbackLoop, roundedTotals, taughtOnce, type FeedbackLoop } from '../fixtures/feedback-loop.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { everyone } from '../fixtures/outbox-batch.ts';
import { testDatabases } from '../fixtures/postgres.ts';
import { removeEvents } from '../fixtures/test-outbox.ts';

/** Embedded with embedded, real with real. */
const pairs = testDatabases().map((database, index) => ({
  database,
  warehouse: testWarehouses()[index] ?? testWarehouses()[0]!,
}));

describe.each(pairs)('on $database.name and $warehouse.name', (pair) => {
  let db: PoolDatabase;
  let warehouse: Warehouse;
  let loop: FeedbackLoop;
  let shop: { namespaceId: string; retrieverId: string };

  beforeAll(async () => {
    [db, warehouse] = await Promise.all([pair.database.open(), pair.warehouse.open()]);
    loop = openFeedbackLoop(db, warehouse);
  });
  afterAll(() => Promise.all([db.close(), warehouse.close()]));
  beforeEach(async () => {
    await removeEvents(db);
    for (const table of ['executions', 'interactions', 'posterior_deltas', 'posteriors']) {
      await warehouse.client.command({ query: `TRUNCATE TABLE ${table}` });
    }
    shop = await loop.createRetriever();
  });

  const now = systemClock.now();
  async function happen() {
    const executions = Array.from({ length: 3 }, () => executionOf(['a', 'b'], { ...shop, executedAt: now }));
    const events = executions.map((execution) => interactionOn(execution, { documentId: 'a', receivedAt: now }));
    await loop.executions.save(executions);
    await loop.interactions.record(events);
    return { executions, events };
  }
  async function drain(): Promise<void> {
    const relay = loop.startRelay();
    expect(await relay.drain(20_000)).toBe(true);
    await relay.close();
  }
  const compare = (repair = false) =>
    reconcile(
      { source: createPostgresEventLedger(db), log: createClickHouseEventLedger(warehouse), clock: systemClock },
      repair,
    );
  const agreed = { compared: { execution: 3, interaction: 3 }, differences: [], learned: [], sentAgain: 0 };
  const remove = (table: string, condition: string, params: Record<string, unknown>) =>
    warehouse.client.command({
      query: `DELETE FROM ${table} WHERE ${condition}`,
      query_params: params,
      clickhouse_settings: { lightweight_deletes_sync: '2' },
    });

  describe('reconciling', () => {
    test('finds no difference in what was sent, nor in what still waits', async () => {
      await happen();
      expect(await compare()).toEqual({ ...agreed, compared: { execution: 0, interaction: 0 } });
      await drain();
      expect(await compare()).toEqual(agreed);
    });

    test('finds what ClickHouse has lost, and repairs it without counting it twice', async () => {
      const { executions, events } = await happen();
      await drain();
      const before = await loop.totals(shop.retrieverId, [everyone]);
      await remove('interactions', 'interaction_id = {id:UUID}', { id: events[1]!.id });
      await remove('executions', 'execution_id = {id:UUID}', { id: executions[2]!.id });
      const { differences, sentAgain } = await compare(true);
      expect(differences).toMatchObject([
        { kind: 'execution', retrieverId: shop.retrieverId, missing: [executions[2]!.id], surplus: [], repeated: [] },
        { kind: 'interaction', retrieverId: shop.retrieverId, missing: [events[1]!.id], surplus: [], repeated: [] },
      ]);
      expect(sentAgain).toBe(2);
      await drain();
      expect(await compare()).toEqual(agreed);
      expect(roundedTotals(await loop.totals(shop.retrieverId, [everyone]))).toEqual(roundedTotals(before));
    });

    test('finds what ClickHouse has alone, and what it has twice, also where the counts are equal', async () => {
      const { events } = await happen();
      await drain();
      await db.query('delete from interactions where id = $1', [events[0]!.id]);
      await warehouse.client.command({
        query: 'INSERT INTO interactions SELECT * FROM interactions WHERE interaction_id = {id:UUID}',
        query_params: { id: events[1]!.id },
        clickhouse_settings: { insert_deduplicate: 0 },
      });
      await remove('interactions', 'interaction_id = {id:UUID}', { id: events[2]!.id });
      expect((await compare()).differences).toMatchObject([
        {
          kind: 'interaction',
          missing: [events[2]!.id],
          surplus: [events[0]!.id],
          repeated: [events[1]!.id],
        },
      ]);
    });

    test('finds sums that are not those of their log', async () => {
      await happen();
      await drain();
      await remove('posteriors', "level = 'GLOBAL' AND retriever_id = {id:UUID}", { id: shop.retrieverId });
      expect((await compare()).learned).toEqual([
        {
          retrieverId: shop.retrieverId,
          logged: { batches: 1, interactions: 3 },
          summed: { batches: 0, interactions: 0 },
        },
      ]);
    });
  });

  describe('a batch that was put aside', () => {
    const letters = () => createPostgresDeadLetterStore(db);
    const replay = (ids: readonly string[] | null) =>
      replayDeadLetters({ deadLetters: letters(), wakeRelay() {} }, ids);

    /** Refused for its posteriors after its events went in, as a relay does it. */
    async function bury() {
      const happened = await happen();
      const relay = loop.startRelay({
        eventLog: (log) => {
          const refuse = async (batch: OutboxBatch) => {
            await log.append({ ...batch, deltas: [] });
            throw new RowsRefusedError('ClickHouse refuses the rows for posterior_deltas: no.');
          };
          return { teach: refuse, append: refuse };
        },
      });
      relay.sweep();
      // executions and interactions have batches of their own
      await expect.poll(() => letters().count(), { timeout: 20_000 }).toBe(2);
      await relay.close();
      return happened;
    }

    test('is listed with what is in it and why', async () => {
      await bury();
      const letter = {
        ...{ id: expect.any(String) as string, attempts: 3, buriedAt: expect.any(Number) as number },
        error: 'ClickHouse refuses the rows for posterior_deltas: no.',
      };
      const { items, hasNextPage } = await letters().list({ limit: 10, after: null });
      expect(hasNextPage).toBe(false);
      expect(items.toSorted((one, other) => one.executions - other.executions)).toEqual([
        { ...letter, executions: 0, interactions: 3 },
        { ...letter, executions: 3, interactions: 0 },
      ]);
    });

    test('is sent whole when it is replayed, though Postgres has swept its events and ClickHouse forgot its token', async () => {
      const { executions, events } = await bury();
      await db.query('truncate executions, interactions, interaction_signals');
      for (const table of ['executions', 'interactions']) await forgetTokens(table);
      expect(await replay(null)).toHaveLength(2);
      await drain();
      expect(await letters().count()).toBe(0);
      expect(await loop.logged('executions', shop.namespaceId)).toEqual(executions.map(({ id }) => id).sort());
      expect(await loop.logged('interactions', shop.namespaceId)).toEqual(events.map(({ id }) => id).sort());
      expect(roundedTotals(await loop.totals(shop.retrieverId, [everyone]))).toEqual(
        taughtOnce(executions, events, [everyone]),
      );
    });

    test('is replayed once: ids that are not there are passed over, and what is no id is refused', async () => {
      await bury();
      const [letter] = (await letters().list({ limit: 1, after: null })).items;
      expect(await replay([letter!.id, uuidv7()])).toEqual([letter!.id]);
      expect(await replay([letter!.id])).toEqual([]);
      await expect(replay(['x'])).rejects.toMatchObject({ code: 'INVALID_ID', path: ['input', 'ids', '0'] });
    });
  });

  /** As after 10,000 more inserts. */
  async function forgetTokens(table: string): Promise<void> {
    const setting = (value: number) =>
      warehouse.client.command({
        query: `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = ${value}`,
      });
    await setting(0);
    await setting(10_000);
  }
});
