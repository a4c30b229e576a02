import type { Database } from '../postgres/database.ts';
import { isUuid } from '../shared/uuid.ts';
import type { ExecutionStore, ShowingQuery } from './execution-store.ts';
import { fromRecord, type Execution } from './execution.ts';

/** Rows a delete statement takes at once, so that no long one holds up the others. */
const EXPIRE_BATCH = 5_000;

export function createPostgresExecutionStore(database: Database): ExecutionStore {
  return {
    async save(executions) {
      if (executions.length > 0) await database.query(SAVE, [JSON.stringify(executions)], { prepare: true });
    },

    async get(namespaceId, ids) {
      const valid = ids.filter((id) => isUuid(id));
      if (valid.length === 0) return [];
      return records(
        await database.query('select record from executions where namespace_id = $1 and id = any($2::uuid[])', [
          namespaceId,
          valid,
        ]),
      );
    },

    async lastShowing(query) {
      if (query.retrieverId !== null && !isUuid(query.retrieverId)) return null;
      const asked = lastShowingSql(query);
      if (asked === null) return null;
      const [execution] = records(await database.query(asked.sql, asked.values));
      return execution ?? null;
    },

    async expire(before) {
      let expired = 0;
      for (;;) {
        const deleted = await database.query(EXPIRE, [new Date(before), EXPIRE_BATCH]);
        expired += deleted.length;
        if (deleted.length < EXPIRE_BATCH) return expired;
      }
    },
  };
}

/** One statement, so that an execution and its outbox row are written together or not at all. */
const SAVE = `
  with saved as (
    insert into executions (id, namespace_id, retriever_id, user_id, session_id, executed_at, document_ids, record)
    select
      (record->>'id')::uuid,
      (record->>'namespaceId')::uuid,
      (record->>'retrieverId')::uuid,
      record->>'userId',
      record->>'sessionId',
      to_timestamp((record->>'executedAt')::float8 / 1000),
      array(
        select hit->>'documentId' from jsonb_array_elements(record->'hits') with ordinality as hits (hit, place)
        order by place
      ),
      record
    from jsonb_array_elements($1::jsonb) with ordinality as given (record, place)
    order by place
    on conflict do nothing
    returning id
  )
  insert into outbox (kind, ref) select 'execution', id from saved`;

/** A rebuild tells by what is here what has been attributed again. */
const EXPIRE = `
  delete from executions
  where id in (select id from executions where executed_at < $1 order by executed_at limit $2)
    and not exists (select from posterior_generations where progress is not null)
  returning id`;

/** Null where neither a user nor a session is named. */
function lastShowingSql(query: ShowingQuery): { sql: string; values: unknown[] } | null {
  const by = query.userId === null ? 'session_id' : 'user_id';
  const person = query.userId ?? query.sessionId;
  if (person === null) return null;
  const values = [
    query.namespaceId,
    person,
    new Date(query.since),
    query.documentId,
    query.retrieverId,
    query.position === null ? null : query.position + 1,
  ];
  const sql = `
    select record from executions
    where namespace_id = $1 and ${by} = $2 and executed_at >= $3
      and case when $6::int is null then $4 = any(document_ids) else document_ids[$6] = $4 end
      and ($5::uuid is null or retriever_id = $5)
    order by executed_at desc limit 1`;
  return { sql, values };
}

function records(rows: Record<string, unknown>[]): Execution[] {
  return rows.map((row) => fromRecord(row['record'] as Execution));
}
