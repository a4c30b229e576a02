import type { Database } from '../postgres/database.ts';
import { fromRecord, type Execution } from '../search/execution.ts';
import type { OutboxBatch } from './outbox.ts';
import { removeFromOutbox, waitingOf, type Held } from './waiting-events.postgres.ts';
import { toBatch, writeDown } from './written-batch.postgres.ts';

const WAITING = `
  select o.outbox_id, o.ref, e.record from ${waitingOf('execution')} left join executions e on e.id = o.ref
  order by o.outbox_id`;

/** A new batch of the executions that have waited longest. Null where none waits. */
export async function takeExecutions(
  db: Database,
  limit: number,
  { id, dueAt }: { id: string; dueAt: number },
): Promise<OutboxBatch | null> {
  for (;;) {
    // a record never changes, so it is read before the transaction
    const rows = await db.query<Held & { record: Execution | null }>(WAITING, [limit]);
    if (rows.length === 0) return null;
    const taken = await db.transaction(async (tx) => {
      const refs = await removeFromOutbox(tx, 'execution', rows);
      if (refs.size === 0) return null;
      const executions = rows.flatMap(({ ref, record }) =>
        refs.has(ref) && record !== null ? fromRecord(record) : [],
      );
      if (executions.length === 0) return 'look again';
      const batch = toBatch(id, executions, [], { deltas: [], searchOutcomes: [] });
      await writeDown(tx, batch, dueAt);
      return batch;
    });
    if (taken !== 'look again') return taken;
  }
}
