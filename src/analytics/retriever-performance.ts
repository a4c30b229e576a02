import type { ContextLevel } from '../learning/context.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import { once } from '../shared/once.ts';
import type { EmptyQuery, LatencyRow, SearchSums, SlowSearch, WeightSums } from './analytics-store.ts';
import { deadFeatures, type DeadFeature } from './dead-features.ts';
import { judgeWeights, type WeightVerdict } from './judge-weights.ts';
import { positionCurve, ratesOf, type PositionCtr, type Rates } from './rates.ts';
import type { AnalyticsDeps } from './retriever-signals.ts';
import { upliftOf, type Uplift } from './uplift.ts';
import { bucketHours, sinceHours } from './window.ts';

/** What searches came to. */
export type Summary = Rates & { searches: number };

/** Every part is asked of the store when it is first looked at, and once. */
export interface RetrieverPerformance {
  retrieverId: string;
  hours: number;
  summary: () => Promise<Summary>;
  byPosition: () => Promise<readonly PositionCtr[]>;
  /** Mean squared distance of a learned weight from what it was drawn about, over all features; null: none was learned. */
  weightVariance: () => Promise<number | null>;
  /** The verdict on each context level that decided searches. */
  convergence: () => Promise<readonly (WeightVerdict & { contextLevel: ContextLevel })[]>;
  /** Of the share of searches with a click, and with a rewarded interaction. */
  uplift: () => Promise<{ ctr: Uplift; interactionRate: Uplift }>;
  latency: () => Promise<readonly Omit<LatencyRow, 'at'>[]>;
  slowSearches: () => Promise<readonly SlowSearch[]>;
  emptyQueries: () => Promise<readonly EmptyQuery[]>;
  deadFeatures: () => Promise<readonly DeadFeature[]>;
  bySegment: () => Promise<readonly { segment: string; summary: Summary }[]>;
  byTime: () => Promise<readonly { at: number; summary: Summary }[]>;
}

const EMPTY_QUERIES = 20;

/**
 * What the searches of the last hours came to.
 * @throws NotFoundError RETRIEVER_NOT_FOUND, ValidationError INVALID_HOURS
 */
export async function retrieverPerformance(
  deps: AnalyticsDeps,
  namespaceId: string,
  query: { retrieverId: string; hours: number; segment: string | null },
): Promise<RetrieverPerformance> {
  const { analytics } = deps;
  const { hours, segment } = query;
  const since = sinceHours(hours, deps.clock.now());
  const retriever = await findRetriever(deps.retrievers, namespaceId, query.retrieverId, ['retrieverId']);
  const window = { retrieverId: retriever.id, since, segment };
  const bucket = bucketHours(hours);
  const searches = once(() => analytics.searches(window, bucket));
  const weights = once(() => analytics.weights(window, bucket, null));
  return {
    retrieverId: retriever.id,
    hours,
    summary: async () => summaryOf((await searches()).total),
    byPosition: once(async () => positionCurve(await analytics.positions(window))),
    weightVariance: async () => varianceOf(await weights()),
    async convergence() {
      const [known, segmentWeights] = await Promise.all([weights(), analytics.segmentWeights(window)]);
      return convergenceOf(known, segmentWeights);
    },
    async uplift() {
      const { learned, baseline } = await searches();
      return {
        ctr: upliftOf(rate(learned, 'clicked'), rate(baseline, 'clicked')),
        interactionRate: upliftOf(rate(learned, 'interacted'), rate(baseline, 'interacted')),
      };
    },
    latency: () => analytics.latency(window, null),
    slowSearches: () => analytics.slowSearches(window),
    emptyQueries: () => analytics.emptyQueries(window, EMPTY_QUERIES),
    deadFeatures: async () => deadFeatures(await analytics.features(window)),
    bySegment: async () =>
      (await searches()).bySegment.map((sums) => ({ segment: sums.segment, summary: summaryOf(sums) })),
    byTime: async () => (await searches()).byTime.map((sums) => ({ at: sums.at, summary: summaryOf(sums) })),
  };
}

function summaryOf(sums: SearchSums): Summary {
  return { searches: sums.searches, ...ratesOf(sums) };
}

function rate(sums: SearchSums, hits: 'clicked' | 'interacted') {
  return { hits: sums[hits], trials: sums.searches };
}

function convergenceOf(
  weights: readonly WeightSums[],
  segmentWeights: Parameters<typeof judgeWeights>[1],
): (WeightVerdict & { contextLevel: ContextLevel })[] {
  const levels = [...new Set(weights.map(({ level }) => level))];
  return levels.map((level) => ({
    contextLevel: level,
    ...judgeWeights(
      weights.filter((row) => row.level === level),
      level === 'DEMOGRAPHIC' ? segmentWeights : [],
    ),
  }));
}

function varianceOf(weights: readonly WeightSums[]): number | null {
  const drawn = weights.reduce((sum, { searches }) => sum + searches, 0);
  if (drawn === 0) return null;
  return weights.reduce((sum, { searches, drawVariance }) => sum + searches * drawVariance, 0) / drawn;
}
