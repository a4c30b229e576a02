import type { Database } from '../postgres/database.ts';
import { issuedAt } from '../search/execution-id.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { gatherBatches } from './gather-batches.postgres.ts';
import type { Outbox, OutboxBatch } from './outbox.ts';
import { takeExecutions } from './take-executions.postgres.ts';
import { takeInteractions } from './take-interactions.postgres.ts';
import { readBatch, type Payload } from './written-batch.postgres.ts';

export interface PostgresOutboxOptions {
  clock: Clock;
  /** A fresh UUIDv7. */
  newId: () => string;
  logger: Logger;
  /**
   * After so long a relay that has not finished its batch is taken for dead, and another sends it. Were it alive after
   * all, the same rows would be sent twice under one token, which adds nothing. Default 30 s.
   */
  leaseMs?: number;
}

export function createPostgresOutbox(db: Database, options: PostgresOutboxOptions): Outbox {
  const { clock, newId, logger, leaseMs = 30_000 } = options;
  const newBatch = () => ({ id: newId(), dueAt: clock.now() + leaseMs });
  return {
    async claim(limit, prepare) {
      const leftBehind = await takeOver(db, clock.now(), clock.now() + leaseMs);
      return leftBehind ?? takeInteractions(db, limit, prepare, { ...newBatch(), logger });
    },

    claimExecutions: (limit) => takeExecutions(db, limit, newBatch()),

    gather: (batches) => gatherBatches(db, batches, newBatch()),

    async reclaim() {
      await db.query('update outbox_batches set due_at = $1 where due_at > $1', [new Date(clock.now())]);
    },

    async complete(batchId) {
      await db.query('delete from outbox_batches where id = $1', [batchId], { prepare: true });
    },

    async release(batchId, error, retryInMs) {
      await db.query('update outbox_batches set due_at = $2, last_error = $3 where id = $1', [
        batchId,
        new Date(clock.now() + retryInMs),
        error,
      ]);
    },

    async bury(batchId, error) {
      const [row] = await db.query<{ payload: Payload }>('select payload from outbox_batches where id = $1', [batchId]);
      if (row === undefined) return;
      const { executions, interactions, deltas, searchOutcomes } = await readBatch(db, batchId, row.payload, 0);
      await db.query(
        `with gone as (delete from outbox_batches where id = $1 returning id, attempts)
         insert into outbox_dead (id, payload, attempts, error) select id, $2::jsonb, attempts + 1, $3 from gone`,
        [batchId, JSON.stringify({ executions, interactions, deltas, searchOutcomes }), error],
      );
    },

    async backlog() {
      const [row] = await db.query<{ depth: number; oldest_batched: Date | null; first_waiting: string[] }>(BACKLOG);
      const times = row?.first_waiting.map(issuedAt) ?? [];
      if (row?.oldest_batched) times.push(row.oldest_batched.getTime());
      return { depth: Number(row?.depth ?? 0), oldestAt: times.length === 0 ? null : Math.min(...times) };
    },
  };
}

/** What an event refers to is a UUIDv7 and so tells its age. */
const BACKLOG = `
  select (select count(*) from outbox) + (select coalesce(sum(depth), 0) from outbox_batches)::bigint as depth,
    (select min(oldest_at) from outbox_batches) as oldest_batched,
    array((select ref::text from outbox where kind = 'interaction' order by id limit 1)
      union all (select ref::text from outbox where kind = 'execution' order by id limit 1)) as first_waiting`;

/** A batch whose relay died or gave it back, the oldest first. */
async function takeOver(db: Database, now: number, dueAt: number): Promise<OutboxBatch | null> {
  const [row] = await db.query<{ id: string; payload: Payload; attempts: number }>(
    `update outbox_batches set due_at = $2, attempts = attempts + 1
     where id = (select id from outbox_batches where due_at <= $1 order by seq limit 1 for update skip locked)
     returning id, payload, attempts`,
    [new Date(now), new Date(dueAt)],
    { prepare: true },
  );
  return row === undefined ? null : readBatch(db, row.id, row.payload, row.attempts);
}
