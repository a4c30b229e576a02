import { selectRows } from '../clickhouse/select-rows.ts';
import { SINCE_HOUR } from '../clickhouse/since-hour.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import type { ContextLevel } from '../learning/context.ts';
import type { AnalyticsStore, FeatureSums, LatencyRow, SearchSums, WeightSums } from './analytics-store.ts';
import { latencyQuantile } from './latency-histogram.ts';
import type { AnalyticsWindow } from './window.ts';

/** Positions that are counted one by one. */
const COUNTED_POSITIONS = 20;

const WINDOW = `retriever_id = {retriever:UUID} AND hour >= ${SINCE_HOUR}`;
const SEGMENT = `({anySegment:Bool} OR segment = {segment:String})`;
/** Milliseconds since the epoch. */
const AT = `intDiv(toUnixTimestamp(hour), {bucket:UInt32} * 3600) * {bucket:UInt32} * 3600 * 1000 AS at`;
/** By chance, to the learned fusion or the static one. */
const ASSIGNED = `multiIf(reason NOT IN ('ROLLED_OUT', 'NOT_ROLLED_OUT', 'CONTROL_GROUP'), '', arm = 'LEARNED', 'learned',
      'baseline') AS assigned`;

/** What was searched and what came of it are in two tables, whose rows are put one below the other. */
const SEARCHES = `
  SELECT ${AT.replace(' AS at', '')} AS at, segment, assigned, grouping(at) AS of_any_time,
    grouping(segment) AS of_any_segment, sum(searches) AS searches, sum(zero_results) AS zero_results,
    sum(clicked) AS clicked, sum(interacted) AS interacted, sum(penalised) AS penalised, sum(clicks) AS clicks,
    sum(reciprocal_ranks) AS reciprocal_ranks
  FROM (
    SELECT hour, segment, ${ASSIGNED}, searches, zero_results, 0 AS clicked, 0 AS interacted, 0 AS penalised,
      0 AS clicks, 0. AS reciprocal_ranks
    FROM search_hours WHERE ${WINDOW} AND ${SEGMENT}
    UNION ALL
    SELECT hour, segment, ${ASSIGNED}, 0, 0, clicked, interacted, penalised, clicks, reciprocal_ranks
    FROM outcome_hours WHERE ${WINDOW} AND ${SEGMENT}
  )
  GROUP BY GROUPING SETS ((at), (segment), (assigned)) ORDER BY at, segment`;
const POSITIONS = `
  SELECT (SELECT sumMap(shown_at) FROM search_hours WHERE ${WINDOW} AND ${SEGMENT}) AS shown_at,
    (SELECT sumMap(clicks_at) FROM outcome_hours WHERE ${WINDOW} AND ${SEGMENT}) AS clicks_at`;

const WEIGHT_SUMS = `sum(searches) AS searches, sum(weight) / searches AS applied, sum(mean) / searches AS mean_weight,
  sqrt(greatest(0, sum(mean_squared) / searches - mean_weight * mean_weight)) AS spread,
  sum(draw_squared) / searches AS draw_variance`;
/** A search at the prior was drawn from nothing learned. */
const LEARNED = `level NOT IN ('', 'PRIOR')`;
const WEIGHTS = `
  SELECT ${AT}, level, feature_uri, ${WEIGHT_SUMS}
  FROM feature_hours WHERE ${WINDOW} AND ${SEGMENT} AND ${LEARNED}
  GROUP BY at, level, feature_uri ORDER BY at, level, feature_uri`;
const USER_WEIGHTS = `
  SELECT ${AT}, level, feature_uri, ${WEIGHT_SUMS}
  FROM feature_hours_of_users WHERE ${WINDOW} AND user_id = {user:String} AND ${LEARNED}
  GROUP BY at, level, feature_uri ORDER BY at, level, feature_uri`;
const SEGMENT_WEIGHTS = `
  SELECT segment, feature_uri, sum(searches) AS searches, sum(mean) / searches AS mean_weight
  FROM feature_hours WHERE ${WINDOW} AND ${SEGMENT} AND level = 'DEMOGRAPHIC'
  GROUP BY segment, feature_uri ORDER BY segment, feature_uri`;

const latencyBy = (at: string) => `
  SELECT ${at}, stage, sumMap(ms) AS histogram
  FROM latency_hours WHERE ${WINDOW} AND ${SEGMENT}
  GROUP BY at, stage ORDER BY at, stage`;
const LATENCY = latencyBy('toUInt32({since:Int64} / 1000) * 1000 AS at');
const LATENCY_BY_TIME = latencyBy(AT);

const FEATURES = `
  SELECT feature_uri, sum(searches) AS searches, sum(empty) AS empty, sum(candidates) AS candidates,
    sum(hits_found) AS hits_found, sum(hits_shown) AS hits_shown, sum(share) / searches AS mean_share
  FROM feature_hours WHERE ${WINDOW} AND ${SEGMENT}
  GROUP BY feature_uri ORDER BY feature_uri`;

/** The log is in the order of retriever and time: of what lies in the window only the times are read, and then 20 rows. */
const SLOW = `
  SELECT total_ms, execution_id, query, toUnixTimestamp64Milli(executed_at) AS at, arrayConcat(
      [('embedding', embedding_ms), ('fusion', fusion_ms), ('sampling', sampling_ms)],
      arrayMap((feature, ms) -> (CAST(feature, 'String'), ms), features, feature_ms)) AS parts
  FROM executions
  WHERE retriever_id = {retriever:UUID} AND ${SEGMENT}
    AND executed_at >= ${SINCE_HOUR}
  ORDER BY total_ms DESC, execution_id LIMIT 20`;

const EMPTY = `
  SELECT query, sum(searches) AS searches, toUnixTimestamp64Milli(max(last_at)) AS last
  FROM zero_result_queries WHERE ${WINDOW} AND ${SEGMENT}
  GROUP BY query ORDER BY searches DESC, query LIMIT {limit:UInt32}`;

const INTERACTION_SUMS = 'sum(events) AS events, sumMap(types) AS types';
const INTERACTIONS = `
  SELECT ${AT}, ${INTERACTION_SUMS} FROM interaction_hours WHERE ${WINDOW} AND ${SEGMENT} GROUP BY at ORDER BY at`;
const USER_INTERACTIONS = `
  SELECT ${AT}, ${INTERACTION_SUMS} FROM interaction_hours_of_users WHERE ${WINDOW} AND user_id = {user:String}
  GROUP BY at ORDER BY at`;

/** 64-bit integers arrive as strings. */
type Count = string | number;
type Row<Name extends string> = Record<Name, Count>;

/** Asks about a window. */
type Ask = <Answer>(sql: string, window: AnalyticsWindow, more?: Record<string, unknown>) => Promise<Answer[]>;

export function createClickHouseAnalyticsStore(warehouse: Warehouse): AnalyticsStore {
  const ask: Ask = (sql, window, more = {}) => selectRows(warehouse, sql, { ...paramsOf(window), ...more });
  return {
    searches: (window, bucket) => sumSearches(ask, window, bucket),

    async positions(window) {
      const [row] = await ask<{ shown_at: PositionCounts; clicks_at: PositionCounts }>(POSITIONS, window);
      return { shownAt: byPosition(row?.shown_at), clicksAt: byPosition(row?.clicks_at) };
    },

    async weights(window, bucket, userId) {
      const rows = await (userId === null
        ? ask<WeightRow>(WEIGHTS, window, { bucket })
        : ask<WeightRow>(USER_WEIGHTS, window, { bucket, user: userId }));
      return rows.map(toWeightSums);
    },

    async segmentWeights(window) {
      const rows = await ask<SegmentWeightRow>(SEGMENT_WEIGHTS, window);
      return rows.map(({ segment, feature_uri: featureUri, searches, mean_weight: mean }) => {
        return { segment, featureUri, searches: Number(searches), mean: Number(mean) };
      });
    },

    async latency(window, bucket) {
      const rows = await (bucket === null
        ? ask<StageRow>(LATENCY, window)
        : ask<StageRow>(LATENCY_BY_TIME, window, { bucket }));
      return rows.map(toLatencyRow);
    },

    features: async (window) => (await ask<FeatureRow>(FEATURES, window)).map(toFeatureSums),

    async slowSearches(window) {
      const rows = await ask<SlowRow>(SLOW, window);
      return rows.map(({ execution_id: executionId, query, at, total_ms: totalMs, parts }) => {
        return { executionId, query, at: Number(at), totalMs, parts: parts.map(([stage, ms]) => ({ stage, ms })) };
      });
    },

    async emptyQueries(window, limit) {
      const rows = await ask<{ query: string } & Row<'searches' | 'last'>>(EMPTY, window, { limit });
      return rows.map(({ query, searches, last }) => ({ query, searches: Number(searches), lastAt: Number(last) }));
    },

    async interactions(window, bucket, userId) {
      const rows = await (userId === null
        ? ask<InteractionRow>(INTERACTIONS, window, { bucket })
        : ask<InteractionRow>(USER_INTERACTIONS, window, { bucket, user: userId }));
      return rows.map(({ at, events, types: [names, counts] }) => ({
        at: Number(at),
        events: Number(events),
        types: Object.fromEntries(names.map((name, index) => [name, Number(counts[index])])),
      }));
    },
  };
}

async function sumSearches(ask: Ask, window: AnalyticsWindow, bucket: number) {
  const rows = await ask<SumsRow>(SEARCHES, window, { bucket });
  const byTime = rows.filter(({ of_any_time: ofAny }) => Number(ofAny) === 0);
  const bySegment = rows.filter(({ of_any_segment: ofAny }) => Number(ofAny) === 0);
  const assigned = (to: string) => rows.find((row) => row.assigned === to);
  return {
    total: addUp(bySegment.map(toSums)),
    byTime: byTime.map((row) => ({ at: Number(row.at), ...toSums(row) })),
    bySegment: bySegment.map((row) => ({ segment: row.segment, ...toSums(row) })),
    learned: toSums(assigned('learned')),
    baseline: toSums(assigned('baseline')),
  };
}

function addUp(all: readonly SearchSums[]): SearchSums {
  const sum = (name: keyof SearchSums) => all.reduce((total, one) => total + one[name], 0);
  return {
    ...{ searches: sum('searches'), zeroResults: sum('zeroResults'), clicked: sum('clicked') },
    ...{ interacted: sum('interacted'), penalised: sum('penalised'), clicks: sum('clicks') },
    reciprocalRanks: sum('reciprocalRanks'),
  };
}

type FeatureRow = { feature_uri: string } & Row<
  'searches' | 'empty' | 'candidates' | 'hits_found' | 'hits_shown' | 'mean_share'
>;
type SegmentWeightRow = { segment: string; feature_uri: string } & Row<'searches' | 'mean_weight'>;
type SumsColumn = 'searches' | 'zero_results' | 'clicked' | 'interacted' | 'penalised' | 'clicks' | 'reciprocal_ranks';
/** Positions and their counts. */
type PositionCounts = [positions: number[], counts: Count[]];
type SumsRow = { segment: string; assigned: string } & Row<SumsColumn | 'at' | 'of_any_time' | 'of_any_segment'>;
type WeightRow = { level: ContextLevel; feature_uri: string } & Row<
  'at' | 'searches' | 'applied' | 'mean_weight' | 'spread' | 'draw_variance'
>;
interface StageRow {
  at: Count;
  stage: string;
  histogram: [buckets: number[], counts: Count[]];
}
interface SlowRow {
  total_ms: number;
  execution_id: string;
  query: string;
  at: Count;
  parts: [stage: string, ms: number][];
}
interface InteractionRow {
  at: Count;
  events: Count;
  types: [names: string[], counts: Count[]];
}

function paramsOf({ retrieverId, since, segment }: AnalyticsWindow): Record<string, unknown> {
  return {
    retriever: retrieverId,
    since: Math.trunc(since),
    anySegment: segment === null,
    segment: segment ?? '',
  };
}

function toSums(row: SumsRow | undefined): SearchSums {
  return {
    searches: Number(row?.searches ?? 0),
    zeroResults: Number(row?.zero_results ?? 0),
    clicked: Number(row?.clicked ?? 0),
    interacted: Number(row?.interacted ?? 0),
    penalised: Number(row?.penalised ?? 0),
    clicks: Number(row?.clicks ?? 0),
    reciprocalRanks: Number(row?.reciprocal_ranks ?? 0),
  };
}

function toWeightSums(row: WeightRow): WeightSums {
  return {
    at: Number(row.at),
    level: row.level,
    featureUri: row.feature_uri,
    searches: Number(row.searches),
    applied: Number(row.applied),
    mean: Number(row.mean_weight),
    spread: Number(row.spread),
    drawVariance: Number(row.draw_variance),
  };
}

function toLatencyRow({ at, stage, histogram: [buckets, counts] }: StageRow): LatencyRow {
  const histogram = new Map(buckets.map((bucket, index) => [bucket, Number(counts[index])]));
  const quantile = (share: number) => latencyQuantile(histogram, share) ?? 0;
  return {
    at: Number(at),
    stage,
    searches: [...histogram.values()].reduce((sum, count) => sum + count, 0),
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
  };
}

function toFeatureSums(row: FeatureRow): FeatureSums {
  return {
    featureUri: row.feature_uri,
    searches: Number(row.searches),
    empty: Number(row.empty),
    candidates: Number(row.candidates),
    hitsFound: Number(row.hits_found),
    hitsShown: Number(row.hits_shown),
    share: Number(row.mean_share),
  };
}

/** From position 0 to the last that was counted. */
function byPosition([positions, counts]: PositionCounts = [[], []]): number[] {
  const counted = new Map(positions.map((position, index) => [position, Number(counts[index])]));
  const length = Math.min(COUNTED_POSITIONS, Math.max(-1, ...positions) + 1);
  return Array.from({ length }, (_, position) => counted.get(position) ?? 0);
}
