import { explainFailure } from '../clickhouse/warehouse-error.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import type { InteractionType, Signal } from '../interactions/interaction.ts';
import { fromRecord, type Execution } from '../search/execution.ts';
import type { FeedbackLog, LogWindow } from './feedback-log.ts';

/** (document, types, duration in milliseconds or null), one an interaction. */
type Event = [documentId: string, types: InteractionType[], durationMs: number | null];

interface SearchRow {
  execution_id: string;
  executed_ms: string;
  user_id: string;
  session_id: string;
  segment: string;
  inputs: string;
  shown: string[];
  events: Event[];
}

/** What people did with each search of a retriever in the time. An interaction comes after its search. */
const EVENTS = `
  SELECT assumeNotNull(execution_id) AS id,
    groupArray((document_id, types, JSONExtract(metadata, 'durationMs', 'Nullable(Float64)'))) AS events
  FROM interactions
  WHERE namespace_id = {namespaceId:UUID} AND retriever_id = {retrieverId:UUID} AND execution_id IS NOT NULL AND trains
    AND received_at >= fromUnixTimestamp64Milli({since:Int64})
  GROUP BY id`;

const IN_WINDOW = `
  e.namespace_id = {namespaceId:UUID} AND e.retriever_id = {retrieverId:UUID}
    AND e.executed_at >= fromUnixTimestamp64Milli({since:Int64})`;

const SEARCHES = `
  SELECT toString(e.execution_id) AS execution_id, toUnixTimestamp64Milli(e.executed_at) AS executed_ms,
    e.user_id AS user_id, e.session_id AS session_id, e.segment AS segment,
    JSONExtractRaw(e.record, 'inputs') AS inputs,
    arrayMap(hit -> JSONExtractString(hit, 'documentId'), JSONExtractArrayRaw(e.record, 'hits')) AS shown,
    i.events AS events
  FROM executions AS e INNER JOIN (${EVENTS}) AS i ON i.id = e.execution_id
  WHERE ${IN_WINDOW}
  ORDER BY e.executed_at DESC, e.execution_id DESC LIMIT {limit:UInt32}`;

/** The records are large: the newest are chosen before any is read. */
const LEARNED_EXECUTIONS = `
  SELECT e.record AS record, i.events AS events
  FROM executions AS e LEFT JOIN (${EVENTS}) AS i ON i.id = e.execution_id
  WHERE e.execution_id IN (
      SELECT e.execution_id FROM executions AS e
      WHERE ${IN_WINDOW} AND e.context_level NOT IN ('', 'PRIOR')
      ORDER BY e.executed_at DESC, e.execution_id DESC LIMIT {limit:UInt32}
    ) AND ${IN_WINDOW}
  ORDER BY e.executed_at, e.execution_id`;

export function createClickHouseFeedbackLog(warehouse: Warehouse): FeedbackLog {
  const ask = async <Row>(query: string, namespaceId: string, retrieverId: string, window: LogWindow) => {
    try {
      const since = Math.trunc(window.since);
      const query_params = { namespaceId, retrieverId, since, limit: window.limit };
      return await (await warehouse.client.query({ query, query_params, format: 'JSONEachRow' })).json<Row>();
    } catch (error) {
      throw explainFailure(error);
    }
  };
  return {
    async searches(namespaceId, retrieverId, window) {
      const rows = await ask<SearchRow>(SEARCHES, namespaceId, retrieverId, window);
      return rows.reverse().map((row) => ({
        executionId: row.execution_id,
        executedAt: Number(row.executed_ms),
        userId: row.user_id || null,
        sessionId: row.session_id || null,
        segment: row.segment || null,
        inputs: JSON.parse(row.inputs) as Record<string, unknown>,
        shown: row.shown,
        signals: toSignals(row.events),
      }));
    },

    async learnedExecutions(namespaceId, retrieverId, window) {
      const rows = await ask<{ record: string; events: Event[] }>(LEARNED_EXECUTIONS, namespaceId, retrieverId, window);
      return rows.map(({ record, events }) => ({
        execution: fromRecord(JSON.parse(record) as Execution),
        signals: toSignals(events),
      }));
    },
  };
}

function toSignals(events: readonly Event[]): Signal[] {
  return events.flatMap(([documentId, types, durationMs]) => types.map((type) => ({ documentId, type, durationMs })));
}
