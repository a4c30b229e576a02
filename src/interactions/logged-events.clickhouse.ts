import { selectRows } from '../clickhouse/select-rows.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import { explainFailure } from '../clickhouse/warehouse-error.ts';
import { PUBLISHED } from '../learning/posterior-store.clickhouse.ts';
import { fromRecord, type Execution } from '../search/execution.ts';
import { INSERT_SETTINGS } from './event-log.clickhouse.ts';
import { signalsOf, type InteractionType, type Signal } from './interaction.ts';
import type { LogCursor, LoggedEvents } from './logged-events.ts';

/** Feedback is taken for a week; twice that leaves room for clocks and for queues. */
const FEEDBACK_ARRIVES_WITHIN_MS = 14 * 24 * 3_600_000;
const CLOCK_SKEW_MS = 3_600_000;

const EXECUTIONS = `
  SELECT toString(execution_id) AS id, toUnixTimestamp64Milli(executed_at) AS at FROM executions
  WHERE retriever_id = {retriever:UUID} AND executed_at >= fromUnixTimestamp64Milli({from:Int64})
    AND executed_at < fromUnixTimestamp64Milli({before:Int64})
    AND (executed_at > fromUnixTimestamp64Milli({from:Int64}) OR execution_id > {id:UUID})
  ORDER BY executed_at, execution_id LIMIT {limit:UInt32}`;

const SIGNALS = `
  SELECT toString(execution_id) AS execution, document_id, types, metadata,
    toUnixTimestamp64Milli(occurred_at) AS occurred_at, trains
  FROM interactions
  WHERE namespace_id = {namespace:UUID} AND execution_id IN {ids:Array(UUID)}
    AND received_at >= fromUnixTimestamp64Milli({from:Int64}) AND received_at < fromUnixTimestamp64Milli({to:Int64})
  ORDER BY received_at, interaction_id`;

const RECORDS = `
  SELECT record FROM executions
  WHERE retriever_id = {retriever:UUID} AND execution_id IN {ids:Array(UUID)}
    AND executed_at >= fromUnixTimestamp64Milli({from:Int64}) AND executed_at <= fromUnixTimestamp64Milli({to:Int64})
  ORDER BY executed_at, execution_id`;

/** What generations before are deleted of: all but what the version is counted by. */
const OUTDATED = `retriever_id = {retriever:UUID} AND generation < {generation:UInt32}
  AND NOT (level = 'GLOBAL' AND feature_uri IN ('', '${PUBLISHED}'))`;

const NO_ID = '00000000-0000-0000-0000-000000000000';

export function createClickHouseLoggedEvents(warehouse: Warehouse): LoggedEvents {
  return {
    async executionsAfter(retrieverId, after, before, limit) {
      const rows = await selectRows<{ id: string; at: string }>(warehouse, EXECUTIONS, {
        retriever: retrieverId,
        from: after?.executedAt ?? 0,
        id: after?.executionId ?? NO_ID,
        before,
        limit,
      });
      return rows.map(({ id, at }) => ({ executedAt: Number(at), executionId: id }));
    },

    async withSignals(namespaceId, retrieverId, page) {
      const [first, last] = [page[0], page.at(-1)];
      if (first === undefined || last === undefined) return [];
      const signals = await signalsOfPage(warehouse, namespaceId, page, first.executedAt, last.executedAt);
      if (signals.size === 0) return [];
      const rows = await selectRows<{ record: string }>(warehouse, RECORDS, {
        ...{ retriever: retrieverId, ids: [...signals.keys()] },
        ...{ from: first.executedAt, to: last.executedAt },
      });
      return rows.map(({ record }) => {
        const execution = fromRecord(JSON.parse(record) as Execution);
        return { execution, signals: signals.get(execution.id) ?? [] };
      });
    },

    async publish(retrieverId, generation) {
      try {
        await warehouse.client.insert({
          table: 'posterior_deltas',
          format: 'JSONEachRow',
          values: [publication(retrieverId, generation)],
          clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: `${retrieverId}:${generation}` },
        });
        for (const table of ['posteriors', 'posterior_deltas']) {
          await warehouse.client.command({
            query: `DELETE FROM ${table} WHERE ${OUTDATED}`,
            query_params: { retriever: retrieverId, generation },
            clickhouse_settings: { lightweight_deletes_sync: '2', wait_end_of_query: 1 },
          });
        }
      } catch (error) {
        throw explainFailure(error);
      }
    },
  };
}

async function signalsOfPage(
  warehouse: Warehouse,
  namespaceId: string,
  page: readonly LogCursor[],
  from: number,
  to: number,
): Promise<Map<string, Signal[]>> {
  const rows = await selectRows<{
    execution: string;
    document_id: string;
    types: InteractionType[];
    metadata: string;
    occurred_at: string;
    trains: boolean;
  }>(warehouse, SIGNALS, {
    namespace: namespaceId,
    ids: page.map(({ executionId }) => executionId),
    from: from - CLOCK_SKEW_MS,
    to: to + FEEDBACK_ARRIVES_WITHIN_MS,
  });
  const signals = new Map<string, Signal[]>();
  for (const row of rows) {
    const carried = signalsOf({
      documentId: row.document_id,
      interactionTypes: row.types,
      metadata: JSON.parse(row.metadata) as Record<string, unknown>,
      occurredAt: Number(row.occurred_at),
    }).map((signal) => ({ ...signal, trains: row.trains }));
    signals.set(row.execution, [...(signals.get(row.execution) ?? []), ...carried]);
  }
  return signals;
}

/** It counts as a batch: what is read from now on is another state. */
function publication(retrieverId: string, generation: number): object {
  return {
    ...{ retriever_id: retrieverId, level: 'GLOBAL', context_key: '', feature_uri: PUBLISHED, generation },
    ...{ rewards: 0, failures: 0, interactions: 0, batches: 1, half_life_hours: 0, epoch: 0, batch_id: NO_ID },
  };
}
