import { selectRows } from '../clickhouse/select-rows.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import type { OutboxBatch } from './outbox.ts';

/** A batch without the rows that the log has already: its token may be older than what ClickHouse remembers. */
export async function withoutLogged(warehouse: Warehouse, batch: OutboxBatch): Promise<OutboxBatch> {
  const known = async (table: string, column: string, ids: readonly string[]): Promise<Set<string>> => {
    const query = `SELECT DISTINCT toString(${column}) AS id FROM ${table} WHERE ${column} IN {ids:Array(UUID)}`;
    const rows = await selectRows<{ id: string }>(warehouse, query, { ids });
    return new Set(rows.map(({ id }) => id));
  };
  const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id);
  const [executions, interactions, batches] = await Promise.all([
    known('executions', 'execution_id', idsOf(batch.executions)),
    known('interactions', 'interaction_id', idsOf(batch.interactions)),
    known('posterior_deltas', 'batch_id', [batch.id]),
  ]);
  return {
    ...batch,
    executions: batch.executions.filter(({ id }) => !executions.has(id)),
    interactions: batch.interactions.filter(({ id }) => !interactions.has(id)),
    // one insert of one part: all of it is in, or nothing
    deltas: batches.has(batch.id) ? [] : batch.deltas,
  };
}
