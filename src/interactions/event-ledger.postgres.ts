import type { Database } from '../postgres/database.ts';
import type { EventKind, SourceLedger } from './event-ledger.ts';

const TABLES: Record<EventKind, { table: string; at: string; ids: string; rows: string }> = {
  execution: { table: 'executions', at: 'executed_at', ids: 'executionIds', rows: 'executions' },
  interaction: { table: 'interactions', at: 'received_at', ids: 'interactionIds', rows: 'interactions' },
};

/** Ids of what ClickHouse does not have to have: it waits, is on its way, or was put aside. */
function waiting(kind: EventKind): string {
  const { ids, rows } = TABLES[kind];
  return `select ref as id from outbox where kind = '${kind}'
    union all select jsonb_array_elements_text(payload -> '${ids}')::uuid from outbox_batches
    union all select (jsonb_array_elements(payload -> 'replayed' -> '${rows}') ->> 'id')::uuid from outbox_batches
    union all select (jsonb_array_elements(payload -> '${rows}') ->> 'id')::uuid from outbox_dead`;
}

/** The last 60 bits of the ids, each in or out: as event-ledger.clickhouse.ts works it out. */
const FINGERPRINT = `bit_xor(('x0' || right(replace(id::text, '-', ''), 15))::bit(64)::bigint)::text`;

export function createPostgresEventLedger(db: Database): SourceLedger {
  return {
    async counts(kind, from) {
      const { table, at } = TABLES[kind];
      const rows = await db.query<{ retriever_id: string | null; hour_ms: number; count: number; fingerprint: string }>(
        `with waiting as materialized (${waiting(kind)})
         select retriever_id, (floor(extract(epoch from ${at}) / 3600) * 3600000)::float8 as hour_ms,
           count(*)::int as count, ${FINGERPRINT} as fingerprint
         from ${table} where ${at} >= $1 and id not in (select id from waiting) group by 1, 2`,
        [new Date(from)],
      );
      return rows.map(({ retriever_id, hour_ms, ...row }) => ({
        kind,
        retrieverId: retriever_id,
        hour: hour_ms,
        ...row,
      }));
    },

    async ids({ kind, retrieverId, hour }) {
      const { table, at } = TABLES[kind];
      const rows = await db.query<{ id: string }>(
        `with waiting as materialized (${waiting(kind)})
         select id from ${table} where retriever_id is not distinct from $1 and ${at} >= $2 and ${at} < $3
           and id not in (select id from waiting)`,
        [retrieverId, new Date(hour), new Date(hour + 3_600_000)],
      );
      return rows.map(({ id }) => id);
    },

    async known(kind, ids) {
      const rows = await db.query<{ id: string }>(`select id from ${TABLES[kind].table} where id = any($1::uuid[])`, [
        ids,
      ]);
      return rows.map(({ id }) => id);
    },

    async sendAgain(kind, ids) {
      await db.query(
        `insert into outbox (kind, ref) select '${kind}', id from ${TABLES[kind].table} where id = any($1::uuid[])`,
        [ids],
      );
    },
  };
}
