import { selectRows } from '../clickhouse/select-rows.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import { CURVE_POSITIONS } from './examination-curve.ts';
import type { ExaminationStore } from './examination-store.ts';

/** The newest searches that are looked through, and the items of them that were shown most. */
const LIMITS = { searches: 20_000, items: 5_000, positions: CURVE_POSITIONS };

const CELLS = `
  WITH recent AS (
    SELECT execution_id, query,
      arrayMap(hit -> JSONExtractString(hit, 'documentId'),
        arraySlice(JSONExtractArrayRaw(record, 'hits'), 1, {positions:UInt8})) AS documents
    FROM executions
    WHERE retriever_id = {retriever:UUID} AND executed_at >= now() - INTERVAL 30 DAY AND hit_count > 0
    ORDER BY executed_at DESC LIMIT {searches:UInt32}
  ), clicked AS (
    SELECT DISTINCT assumeNotNull(execution_id) AS execution, document_id FROM interactions
    WHERE namespace_id = {namespace:UUID} AND received_at >= now() - INTERVAL 30 DAY
      AND retriever_id = {retriever:UUID} AND execution_id IS NOT NULL AND has(types, 'CLICK') AND trains
  )
  SELECT toString(item) AS item, groupArray(position) AS positions, groupArray(shown) AS shown, groupArray(clicks) AS clicks
  FROM (
    SELECT cityHash64(query, document) AS item, place - 1 AS position, count() AS shown,
      countIf((execution_id, document) IN clicked) AS clicks
    FROM recent ARRAY JOIN documents AS document, arrayEnumerate(documents) AS place
    GROUP BY item, position
  )
  GROUP BY item HAVING length(positions) > 1
  ORDER BY arraySum(shown) DESC, item LIMIT {items:UInt32}`;

const TOTALS = `
  SELECT
    (SELECT sumMap(shown_at) FROM search_hours
     WHERE retriever_id = {retriever:UUID} AND hour >= now() - INTERVAL 30 DAY) AS shown_at,
    (SELECT sumMap(clicks_at) FROM outcome_hours
     WHERE retriever_id = {retriever:UUID} AND hour >= now() - INTERVAL 30 DAY) AS clicks_at`;

/** Positions and, in their order, sums; 64-bit integers arrive as strings. */
type SumMap = [positions: number[], sums: string[]];

export function createClickHouseExaminationStore(warehouse: Warehouse): ExaminationStore {
  return {
    async cells(namespaceId, retrieverId) {
      const rows = await selectRows<{ item: string; positions: string[]; shown: string[]; clicks: string[] }>(
        warehouse,
        CELLS,
        { namespace: namespaceId, retriever: retrieverId, ...LIMITS },
      );
      return rows.flatMap(({ item, positions, shown, clicks }) =>
        positions.map((position, index) => ({
          item,
          position: Number(position),
          shown: Number(shown[index]),
          clicks: Number(clicks[index]),
        })),
      );
    },

    async totals(retrieverId) {
      const [row] = await selectRows<{ shown_at: SumMap | null; clicks_at: SumMap | null }>(warehouse, TOTALS, {
        retriever: retrieverId,
      });
      const shown = byPosition(row?.shown_at);
      const clicks = byPosition(row?.clicks_at);
      const last = Math.min(CURVE_POSITIONS - 1, Math.max(-1, ...shown.keys()));
      return Array.from({ length: last + 1 }, (_, position) => ({
        position,
        shown: shown.get(position) ?? 0,
        clicks: clicks.get(position) ?? 0,
      }));
    },
  };
}

function byPosition(sums: SumMap | null | undefined): Map<number, number> {
  const [positions, values] = sums ?? [[], []];
  return new Map(positions.map((position, index) => [position, Number(values[index])]));
}
