import { selectRows } from '../clickhouse/select-rows.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import type { EventKind, LogLedger } from './event-ledger.ts';

const TABLES: Record<EventKind, { table: string; at: string; id: string }> = {
  execution: { table: 'executions', at: 'executed_at', id: 'execution_id' },
  interaction: { table: 'interactions', at: 'received_at', id: 'interaction_id' },
};

/** As event-ledger.postgres.ts works it out. */
const lastBits = (id: string) =>
  `reinterpretAsUInt64(reverse(unhex(concat('0', right(replaceAll(toString(${id}), '-', ''), 15)))))`;

/** What everyone has taught, by retriever: what the view has added up must be what was logged. */
const learned = (table: string) =>
  `SELECT retriever_id, sum(batches) AS batches, sum(interactions) AS interactions FROM ${table}
   WHERE level = 'GLOBAL' GROUP BY retriever_id`;

const LEARNED_DIFFERENCES = `
  SELECT toString(retriever_id) AS id, log.batches AS logged_batches, log.interactions AS logged_interactions,
    sums.batches AS summed_batches, sums.interactions AS summed_interactions
  FROM (${learned('posterior_deltas')}) AS log FULL JOIN (${learned('posteriors')}) AS sums USING retriever_id
  WHERE log.batches != sums.batches OR log.interactions != sums.interactions
  ORDER BY id`;

export function createClickHouseEventLedger(warehouse: Warehouse): LogLedger {
  return {
    async counts(kind, from) {
      const { table, at, id } = TABLES[kind];
      const rows = await selectRows<{ retriever: string | null; hour: string; count: string; fingerprint: string }>(
        warehouse,
        `SELECT toString(retriever_id) AS retriever, toUnixTimestamp(toStartOfHour(${at})) AS hour, count() AS count,
           toString(groupBitXor(${lastBits(id)})) AS fingerprint
         FROM ${table} WHERE ${at} >= fromUnixTimestamp64Milli({from:Int64}) GROUP BY retriever, hour`,
        { from },
      );
      return rows.map(({ retriever, hour, count, fingerprint }) => {
        return { kind, retrieverId: retriever, hour: Number(hour) * 1_000, count: Number(count), fingerprint };
      });
    },

    async ids({ kind, retrieverId, hour }) {
      const { table, at, id } = TABLES[kind];
      const rows = await selectRows<{ id: string }>(
        warehouse,
        `SELECT toString(${id}) AS id FROM ${table}
         WHERE retriever_id ${retrieverId === null ? 'IS NULL' : '= {retriever:UUID}'}
           AND ${at} >= fromUnixTimestamp64Milli({from:Int64}) AND ${at} < fromUnixTimestamp64Milli({to:Int64})`,
        { ...(retrieverId !== null && { retriever: retrieverId }), from: hour, to: hour + 3_600_000 },
      );
      return rows.map((row) => row.id);
    },

    async learnedDifferences() {
      const rows = await selectRows<Record<string, string>>(warehouse, LEARNED_DIFFERENCES, {});
      return rows.map((row) => ({
        retrieverId: String(row['id']),
        logged: { batches: Number(row['logged_batches']), interactions: Number(row['logged_interactions']) },
        summed: { batches: Number(row['summed_batches']), interactions: Number(row['summed_interactions']) },
      }));
    },
  };
}
