import type { Database } from '../postgres/database.ts';
import type { OutboxBatch } from './outbox.ts';
import { toBatch, writeDown } from './written-batch.postgres.ts';

/**
 * One batch instead of several, in one transaction, so that whoever has to send it again finds the same one. It stands where
 * the first of them stood: an erasure that waits for any of them waits for it.
 */
export async function gatherBatches(
  db: Database,
  batches: readonly OutboxBatch[],
  { id, dueAt }: { id: string; dueAt: number },
): Promise<OutboxBatch | null> {
  return db.transaction(async (tx) => {
    // one with an attempt more is somebody else's by now, and may have been sent
    const held = await tx.query<{ id: string; seq: number }>(
      'delete from outbox_batches where id = any($1::uuid[]) and attempts = 0 returning id, seq',
      [batches.map((batch) => batch.id)],
    );
    if (held.length === 0) return null;
    const ids = new Set(held.map((row) => row.id));
    const mine = batches.filter((batch) => ids.has(batch.id));
    const gathered = toBatch(
      id,
      mine.flatMap(({ executions }) => executions),
      mine.flatMap(({ interactions }) => interactions),
      { deltas: [], searchOutcomes: mine.flatMap(({ searchOutcomes }) => searchOutcomes) },
    );
    await writeDown(tx, gathered, dueAt, Math.min(...held.map(({ seq }) => Number(seq))));
    return gathered;
  });
}
