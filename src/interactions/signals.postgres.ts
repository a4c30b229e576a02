import type { Queryable } from '../postgres/database.ts';
import type { InteractionType, Signal } from './interaction.ts';

/** Column by column, all in one order; null where all are what they mostly are: no duration, no depth, training. */
interface SignalsRow {
  execution_id: string;
  documents: string[];
  types: string;
  occurred: (number | null)[];
  durations: (number | null)[] | null;
  depths: (number | null)[] | null;
  trains: boolean[] | null;
}

/** The names of types hold no comma. */
const SIGNALS = `
  select execution_id, json_agg(document_id) as documents, string_agg(type, ',') as types,
    json_agg((extract(epoch from occurred_at) * 1000)::float8) as occurred,
    case when count(duration_ms) > 0 then json_agg(duration_ms) end as durations,
    case when count(depth) > 0 then json_agg(depth) end as depths,
    case when not bool_and(trains) then json_agg(trains) end as trains
  from interaction_signals where execution_id = any($1::uuid[]) group by execution_id`;

/** A row an execution: an execution may have hundreds, and most of what `pg` takes for a row is by column. */
export async function signalsByExecution(
  db: Queryable,
  executionIds: readonly string[],
): Promise<Map<string, Signal[]>> {
  const rows = await db.query<SignalsRow>(SIGNALS, [executionIds], { prepare: true });
  return new Map(rows.map((row) => [row.execution_id, toSignals(row)]));
}

function toSignals({ documents, types, occurred, durations, depths, trains }: SignalsRow): Signal[] {
  return types.split(',').map((type, index) => ({
    documentId: documents[index] ?? '',
    type: type as InteractionType,
    durationMs: durations?.[index] ?? null,
    depth: depths?.[index] ?? null,
    occurredAt: occurred[index] ?? null,
    trains: trains?.[index] ?? true,
  }));
}
