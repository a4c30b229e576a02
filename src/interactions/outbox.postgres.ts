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

    async backlog(taught = []) {
      const [row] = await db.query<BacklogRow>(BACKLOG, [taught]);
      if (row === undefined) return { depth: 0, oldestAt: null, oldestUnlearnedAt: null };
      const unlearned = oldest(row.unlearned_batch, row.first_interaction);
      return {
        depth: Number(row.depth),
        oldestAt: oldest(unlearned, row.taught_batch, row.first_execution),
        oldestUnlearnedAt: unlearned,
      };
    },
  };
}

/** What an event refers to is a UUIDv7 and so tells its age. */
const BACKLOG = `
  select (select count(*) from outbox) + (select coalesce(sum(depth), 0) from outbox_batches)::bigint as depth,
    (select min(oldest_at) from outbox_batches where teaches and id <> all($1::uuid[])) as unlearned_batch,
    (select min(oldest_at) from outbox_batches where not teaches or id = any($1::uuid[])) as taught_batch,
    (select ref::text from outbox where kind = 'interaction' order by id limit 1) as first_interaction,
    (select ref::text from outbox where kind = 'execution' order by id limit 1) as first_execution`;

interface BacklogRow {
  depth: number;
  unlearned_batch: Date | null;
  taught_batch: Date | null;
  first_interaction: string | null;
  first_execution: string | null;
}

function oldest(...times: readonly (number | Date | string | null)[]): number | null {
  const known = times.flatMap((time) => {
    if (time === null) return [];
    return typeof time === 'string' ? issuedAt(time) : Number(time);
  });
  return known.length === 0 ? null : Math.min(...known);
}

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
