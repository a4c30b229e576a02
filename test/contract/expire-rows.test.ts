import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresInteractionStore } from '../../src/interactions/interaction-store.postgres.ts';
import type { InteractionStore } from '../../src/interactions/interaction-store.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createPostgresExecutionStore } from '../../src/search/execution-store.postgres.ts';
import type { ExecutionStore } from '../../src/search/execution-store.ts';
import { firstUuidAt } from '../../src/shared/uuid.ts';
import { createRetriever } from '../fixtures/feedback-loop.ts';
import { executionOf, interactionOn, startOfTest } from '../fixtures/interaction.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const DAY_MS = 24 * 3_600_000;
/** One more than a statement takes. */
const BACKLOG = 5_001;
const tables = ['executions', 'interactions', 'interaction_signals', 'learning_counts'];

describe.each(testDatabases())('expiring on $name', ({ open }) => {
  let db: Database;
  let executions: ExecutionStore;
  let interactions: InteractionStore;

  beforeAll(async () => {
    db = await open();
    executions = createPostgresExecutionStore(db);
    interactions = createPostgresInteractionStore(db);
  });
  afterAll(() => db.close());

  test('a backlog is deleted and counted whole, but by no statement more than a few thousand rows', async () => {
    const before = startOfTest - 7 * DAY_MS;
    await insertBacklog(before - 1_000);
    const deletions = await watchDeletions();
    expect(await executions.expire(before)).toBe(BACKLOG);
    expect(await interactions.expire(before)).toBe(BACKLOG);
    const counts = await deletions();
    for (const table of tables) {
      const deleted = counts.filter(({ source }) => source === table).map(({ count }) => count);
      expect(deleted.reduce((sum, count) => sum + count, 0)).toBe(BACKLOG);
      expect(Math.max(...deleted)).toBeLessThan(BACKLOG);
    }
  });

  test('what is younger stays', async () => {
    const before = startOfTest;
    await insertBacklog(before);
    expect([await executions.expire(before), await interactions.expire(before)]).toEqual([0, 0]);
    for (const table of tables) expect(await db.query(`select 1 from ${table}`)).toHaveLength(BACKLOG);
    await db.query(`truncate ${tables.join(', ')}`);
  });

  test('nothing goes while learned weights are rebuilt', async () => {
    const { retrieverId } = await createRetriever(db);
    const execution = executionOf(['a']);
    await executions.save([execution]);
    await interactions.record([interactionOn(execution)]);
    await db.query(
      `insert into posterior_generations (retriever_id, generation, ruled_by, progress, started_at, due_at)
       values ($1, 1, 1, '{}', now(), now())`,
      [retrieverId],
    );
    const expire = async () => {
      const gone = [await executions.expire(startOfTest + DAY_MS), await interactions.expire(startOfTest + DAY_MS)];
      return [...gone, (await db.query('select 1 from interaction_signals')).length];
    };
    expect(await expire()).toEqual([0, 0, 1]);
    await db.query('update posterior_generations set progress = null');
    expect(await expire()).toEqual([1, 1, 0]);
  });

  /** All of one moment. */
  async function insertBacklog(at: number): Promise<void> {
    const [id, time] = [firstUuidAt(at), new Date(at)];
    const ids = `($1 || lpad(to_hex(n), 12, '0'))::uuid`;
    await db.query(
      `insert into executions (id, namespace_id, retriever_id, executed_at, document_ids, record)
       select ${ids}, $2, $2, $3, '{}', '{}' from generate_series(1, $4) n`,
      [id.slice(0, 24), uuidv7(), time, BACKLOG],
    );
    await db.query(
      `insert into interactions (id, namespace_id, types, metadata, occurred_at, received_at)
       select ${ids}, $2, '{CLICK}', '{}', $3, $3 from generate_series(1, $4) n`,
      [id.slice(0, 24), uuidv7(), time, BACKLOG],
    );
    await db.query(
      `insert into interaction_signals (execution_id, document_id, type, interaction_id)
       select $1, n, 'CLICK', $1 from generate_series(1, $2) n`,
      [id, BACKLOG],
    );
    await db.query(
      `insert into learning_counts (window_start, retriever_id, subject, spent)
       select $1, $2, n, 5 from generate_series(1, $3) n`,
      [time, uuidv7(), BACKLOG],
    );
  }

  /** Tells how many rows each statement has deleted since. */
  async function watchDeletions(): Promise<() => Promise<{ source: string; count: number }[]>> {
    await db.query('create table deletions (source text, count bigint)');
    await db.query(
      `create function note_deletion() returns trigger language plpgsql as $$ begin
         insert into deletions select tg_table_name, count(*) from gone;
         return null;
       end $$`,
    );
    for (const table of tables) {
      await db.query(
        `create trigger note_deletion after delete on ${table} referencing old table as gone
         for each statement execute function note_deletion()`,
      );
    }
    return async () => {
      await db.query('drop function note_deletion cascade');
      return db.query<{ source: string; count: number }>('select source, count from deletions');
    };
  }
});
