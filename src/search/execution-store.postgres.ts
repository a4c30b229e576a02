import { expireRows } from '../interactions/expire-rows.postgres.ts';
import type { Database } from '../postgres/database.ts';
import { groupCalls } from '../shared/group-calls.ts';
import { isUuid } from '../shared/uuid.ts';
import type { ExecutionStore, ShowingQuery } from './execution-store.ts';
import { attributionRecord } from './attributable.ts';
import { fromRecord, type Execution } from './execution.ts';
import type { Showing } from './showing.ts';

/** Ids that concurrent calls look up in one query, and such queries at once: embedded, there is one session. */
const SHOWN_AT_ONCE = 1_000;
const QUERIES_AT_ONCE = { embedded: 1, server: 2 };

export function createPostgresExecutionStore(database: Database): ExecutionStore {
  const shown = groupCalls((wanted: readonly Wanted[]) => findShown(database, wanted), {
    maxItems: SHOWN_AT_ONCE,
    concurrency: QUERIES_AT_ONCE[database.kind],
  });
  return {
    async save(executions) {
      if (executions.length === 0) return;
      const values = [JSON.stringify(executions), JSON.stringify(executions.map(attributionRecord))];
      await database.query(SAVE, values, { prepare: true });
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

    async shown(namespaceId, ids) {
      const found = await shown(ids.filter((id) => isUuid(id)).map((id) => ({ namespaceId, id })));
      return found.filter((showing) => showing !== null);
    },

    async lastShowing(query) {
      if (query.retrieverId !== null && !isUuid(query.retrieverId)) return null;
      const asked = lastShowingSql(query);
      if (asked === null) return null;
      const [row] = await database.query<ShowingRow>(asked.sql, asked.values);
      return row === undefined ? null : toShowing(row);
    },

    expire: (before) => expireRows(database, 'executions', new Date(before)),
  };
}

/** One statement, so that an execution and its outbox row are written together or not at all. */
const SAVE = `
  with saved as (
    insert into executions (id, namespace_id, retriever_id, user_id, session_id, segment, executed_at, document_ids, record, attribution)
    select
      (record->>'id')::uuid,
      (record->>'namespaceId')::uuid,
      (record->>'retrieverId')::uuid,
      record->>'userId',
      record->>'sessionId',
      record->>'segment',
      to_timestamp((record->>'executedAt')::float8 / 1000),
      array(
        select hit->>'documentId' from jsonb_array_elements(record->'hits') with ordinality as hits (hit, place)
        order by place
      ),
      record,
      nullif(attribution::text, 'null')::json
    from rows from (jsonb_array_elements($1::jsonb), json_array_elements($2::json))
      with ordinality as given (record, attribution, place)
    order by place
    on conflict do nothing
    returning id
  )
  insert into outbox (kind, ref) select 'execution', id from saved`;

interface Wanted {
  namespaceId: string;
  id: string;
}

interface ShowingRow {
  id: string;
  namespace_id: string;
  retriever_id: string;
  user_id: string | null;
  session_id: string | null;
  segment: string | null;
  executed_ms: number;
  document_ids: string[];
}

const SHOWING = `id, namespace_id, retriever_id, user_id, session_id, segment, to_json(document_ids) as document_ids,
  (extract(epoch from executed_at) * 1000)::float8 as executed_ms`;

/** One answer each; null for what does not exist in its namespace. */
async function findShown(database: Database, wanted: readonly Wanted[]): Promise<(Showing | null)[]> {
  const found = new Map<string, Showing>();
  for (const [namespaceId, ids] of idsByNamespace(wanted)) {
    const rows = await database.query<ShowingRow>(
      `select ${SHOWING} from executions where namespace_id = $1 and id = any($2::uuid[])`,
      [namespaceId, [...ids]],
      { prepare: true },
    );
    for (const row of rows) found.set(`${namespaceId} ${row.id}`, toShowing(row));
  }
  return wanted.map(({ namespaceId, id }) => found.get(`${namespaceId} ${id.toLowerCase()}`) ?? null);
}

function idsByNamespace(wanted: readonly Wanted[]): Map<string, Set<string>> {
  const byNamespace = new Map<string, Set<string>>();
  for (const { namespaceId, id } of wanted) {
    const ids = byNamespace.get(namespaceId);
    if (ids === undefined) byNamespace.set(namespaceId, new Set([id]));
    else ids.add(id);
  }
  return byNamespace;
}

function toShowing(row: ShowingRow): Showing {
  return {
    id: row.id,
    namespaceId: row.namespace_id,
    retrieverId: row.retriever_id,
    userId: row.user_id,
    sessionId: row.session_id,
    segment: row.segment,
    executedAt: row.executed_ms,
    documentIds: row.document_ids,
  };
}

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
    new Date(query.until),
  ];
  const sql = `
    select ${SHOWING} from executions
    where namespace_id = $1 and ${by} = $2 and executed_at >= $3 and executed_at <= $7
      and case when $6::int is null then $4 = any(document_ids) else document_ids[$6] = $4 end
      and ($5::uuid is null or retriever_id = $5)
    order by executed_at desc limit 1`;
  return { sql, values };
}

function records(rows: Record<string, unknown>[]): Execution[] {
  return rows.map((row) => fromRecord(row['record'] as Execution));
}
