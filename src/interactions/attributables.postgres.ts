import type { Queryable } from '../postgres/database.ts';
import { fromAttributionRecord, type Attributable, type AttributionRecord } from '../search/attributable.ts';
import { fromRecord, type Execution } from '../search/execution.ts';

interface AttributableRow {
  id: string;
  retriever_id: string;
  segment: string | null;
  document_ids: string[];
  attribution: AttributionRecord | null;
  /** Where there is no record for attribution. */
  record: Execution | null;
}

/** Those that exist, by id. */
export async function loadAttributables(db: Queryable, ids: readonly string[]): Promise<Map<string, Attributable>> {
  if (ids.length === 0) return new Map();
  // arrays as JSON: `pg` reads its own notation of them slowly
  const rows = await db.query<AttributableRow>(
    `select id, retriever_id, segment, to_json(document_ids) as document_ids, attribution,
       case when attribution is null then record end as record
     from executions where id = any($1::uuid[])`,
    [ids],
    { prepare: true },
  );
  return new Map(rows.map((row) => [row.id, toAttributable(row)]));
}

function toAttributable(row: AttributableRow): Attributable {
  const { id, retriever_id: retrieverId, segment, document_ids: documentIds, attribution, record } = row;
  if (record !== null) return fromRecord(record);
  return fromAttributionRecord({ id, retrieverId, segment, documentIds }, attribution as AttributionRecord);
}
