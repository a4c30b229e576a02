import { latencyQuantile } from '../analytics/latency-histogram.ts';
import { selectRows } from '../clickhouse/select-rows.ts';
import { SINCE_HOUR } from '../clickhouse/since-hour.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import type { ArmFigures } from './guardrail.ts';
import type { RolloutFiguresStore, ShadowReport } from './rollout-figures.ts';
import { randomArms, type RandomArm } from './sample-ratio.ts';

const RANDOM = `reason IN ('ROLLED_OUT', 'NOT_ROLLED_OUT', 'CONTROL_GROUP')`;
const WINDOW = `retriever_id = {retriever:UUID} AND minute >= toStartOfMinute(fromUnixTimestamp64Milli({since:Int64}))
  AND revision >= {revision:UInt64} AND ${RANDOM}`;

const FIGURES = `
  SELECT learned, sum(searches) AS searches, sum(zero_results) AS zero_results, sum(clicked) AS clicked,
    sum(interacted) AS interacted, sum(penalised) AS penalised, sum(reciprocal_ranks) AS reciprocal_ranks,
    sumMap(total_ms) AS durations
  FROM (
    SELECT arm = 'LEARNED' AS learned, sum(searches) AS searches, sum(zero_results) AS zero_results, 0 AS clicked,
      0 AS interacted, 0 AS penalised, 0. AS reciprocal_ranks, sumMap(total_ms) AS total_ms
    FROM search_minutes WHERE ${WINDOW} GROUP BY learned
    UNION ALL
    SELECT arm = 'LEARNED' AS learned, 0, 0, sum(clicked), sum(interacted), sum(penalised), sum(reciprocal_ranks),
      CAST(([], []), 'Tuple(Array(Int16), Array(UInt64))')
    FROM outcome_minutes WHERE ${WINDOW} GROUP BY learned
  )
  GROUP BY learned`;

const UNITS = `
  SELECT arm, uniqExact(unit) AS units FROM rollout_units
  WHERE retriever_id = {retriever:UUID} AND revision >= {revision:UInt64} GROUP BY arm`;

const SHADOW = `
  SELECT sum(shadows) AS searches, sum(overlap_at_1) AS overlap1, sum(overlap_at_3) AS overlap3,
    sum(overlap_at_5) AS overlap5, sum(overlap_at_10) AS overlap10, sum(correlations) AS correlations,
    sum(correlation) AS correlation
  FROM search_hours
  WHERE retriever_id = {retriever:UUID} AND hour >= ${SINCE_HOUR}`;

const SHADOW_CLICKS = `
  SELECT sum(shadow_clicks) AS clicks, sum(shadow_found) AS found, sum(served_positions) AS served,
    sum(shadow_positions) AS shadow, sum(shadow_higher) AS higher, sum(shadow_lower) AS lower
  FROM outcome_hours
  WHERE retriever_id = {retriever:UUID} AND hour >= ${SINCE_HOUR}`;

/** 64-bit integers arrive as strings. */
type Numbers<Name extends string> = Record<Name, string | number>;

export function createClickHouseRolloutFigures(warehouse: Warehouse): RolloutFiguresStore {
  return {
    async figures(retrieverId, { since, fromRevision }) {
      const rows = await selectRows<FigureRow>(warehouse, FIGURES, {
        retriever: retrieverId,
        since: Math.trunc(since),
        revision: fromRevision,
      });
      const of = (learned: number) => toFigures(rows.find((row) => row.learned === learned));
      return { learned: of(1), baseline: of(0) };
    },

    async units(retrieverId, fromRevision) {
      const rows = await selectRows<{ arm: RandomArm; units: string }>(warehouse, UNITS, {
        retriever: retrieverId,
        revision: fromRevision,
      });
      const counted = new Map(rows.map(({ arm, units }) => [arm, Number(units)]));
      return Object.fromEntries(randomArms.map((arm) => [arm, counted.get(arm) ?? 0]));
    },

    async shadow(retrieverId, since) {
      const params = { retriever: retrieverId, since: Math.trunc(since) };
      const [[searches], [clicks]] = await Promise.all([
        selectRows<Numbers<ShadowColumn>>(warehouse, SHADOW, params),
        selectRows<Numbers<ShadowClickColumn>>(warehouse, SHADOW_CLICKS, params),
      ]);
      return toReport(searches, clicks);
    },
  };
}

type FigureRow = Numbers<
  'learned' | 'searches' | 'zero_results' | 'clicked' | 'interacted' | 'penalised' | 'reciprocal_ranks'
> & { durations: [buckets: number[], counts: string[]] };
type ShadowColumn = 'searches' | 'overlap1' | 'overlap3' | 'overlap5' | 'overlap10' | 'correlations' | 'correlation';
type ShadowClickColumn = 'clicks' | 'found' | 'served' | 'shadow' | 'higher' | 'lower';

function toFigures(row: FigureRow | undefined): ArmFigures {
  const [buckets, counts] = row?.durations ?? [[], []];
  const durations = new Map(buckets.map((bucket, index) => [bucket, Number(counts[index])]));
  return {
    searches: Number(row?.searches ?? 0),
    zeroResults: Number(row?.zero_results ?? 0),
    clicked: Number(row?.clicked ?? 0),
    interacted: Number(row?.interacted ?? 0),
    penalised: Number(row?.penalised ?? 0),
    reciprocalRanks: Number(row?.reciprocal_ranks ?? 0),
    latencyP95Ms: latencyQuantile(durations, 0.95),
  };
}

function toReport(
  row: Numbers<ShadowColumn> | undefined,
  clicked: Numbers<ShadowClickColumn> | undefined,
): ShadowReport {
  const searches = Number(row?.searches ?? 0);
  const found = Number(clicked?.found ?? 0);
  const higher = Number(clicked?.higher ?? 0);
  const lower = Number(clicked?.lower ?? 0);
  return {
    searches,
    overlapAt1: mean(row?.overlap1, searches),
    overlapAt3: mean(row?.overlap3, searches),
    overlapAt5: mean(row?.overlap5, searches),
    overlapAt10: mean(row?.overlap10, searches),
    rankCorrelation: mean(row?.correlation, Number(row?.correlations ?? 0)),
    clicks: {
      clicks: Number(clicked?.clicks ?? 0),
      alsoInShadow: found,
      servedPosition: mean(clicked?.served, found),
      shadowPosition: mean(clicked?.shadow, found),
      higher,
      lower,
      same: found - higher - lower,
    },
  };
}

function mean(sum: string | number | undefined, count: number): number | null {
  return count === 0 ? null : Number(sum ?? 0) / count;
}
