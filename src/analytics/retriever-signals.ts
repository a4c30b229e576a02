import type { ContextLevel } from '../learning/context.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Clock } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import type { AnalyticsStore, SearchSums, WeightSums } from './analytics-store.ts';
import { judgeWeights } from './judge-weights.ts';
import { ratesOf } from './rates.ts';
import { bucketHours, sinceHours, type AnalyticsWindow } from './window.ts';

export type SignalType = 'LEARNED_WEIGHTS' | 'INTERACTIONS' | 'LATENCY' | 'ZERO_RESULTS';

/** What was measured at a time. */
export interface Signal {
  /** The begin of the hour, or of the day where more than a week is asked for. */
  at: number;
  signalType: SignalType;
  contextLevel: ContextLevel | null;
  data: Record<string, unknown>;
}

export interface AnalyticsDeps {
  analytics: AnalyticsStore;
  retrievers: Pick<RetrieverStore, 'get'>;
  clock: Clock;
}

export interface SignalsQuery {
  retrieverId: string;
  signalType: SignalType;
  hours: number;
  segment: string | null;
  userId: string | null;
}

const EMPTY_QUERIES = 50;

/**
 * A retriever's signals of the last hours, oldest first.
 * @throws NotFoundError RETRIEVER_NOT_FOUND, ValidationError INVALID_HOURS, INVALID_FILTER
 */
export async function retrieverSignals(
  deps: AnalyticsDeps,
  namespaceId: string,
  query: SignalsQuery,
): Promise<Signal[]> {
  const { signalType, hours, segment, userId } = query;
  const since = sinceHours(hours, deps.clock.now());
  checkFilters(query);
  const retriever = await findRetriever(deps.retrievers, namespaceId, query.retrieverId, ['retrieverId']);
  const window = { retrieverId: retriever.id, since, segment };
  const bucket = bucketHours(hours);
  switch (signalType) {
    case 'LEARNED_WEIGHTS':
      return weightSignals(deps.analytics, window, bucket, userId);
    case 'INTERACTIONS':
      return interactionSignals(deps.analytics, window, bucket, userId);
    case 'LATENCY': {
      const rows = await deps.analytics.latency(window, bucket);
      return rows.map(({ at, ...data }) => ({ at, signalType, contextLevel: null, data }));
    }
    case 'ZERO_RESULTS':
      return zeroResultSignals(deps.analytics, window, bucket);
  }
}

/** Users are kept apart only where their own weights and feedback are. @throws ValidationError INVALID_FILTER */
function checkFilters({ signalType, segment, userId }: SignalsQuery): void {
  if (userId === null) return;
  if (signalType === 'LATENCY' || signalType === 'ZERO_RESULTS') {
    throw new ValidationError(
      `userId cannot narrow ${signalType}: leave it out, or ask for LEARNED_WEIGHTS or INTERACTIONS.`,
      'INVALID_FILTER',
      ['userId'],
    );
  }
  if (segment !== null) {
    throw new ValidationError('Give userId or segment, not both: a user’s signals are not split.', 'INVALID_FILTER', [
      'segment',
    ]);
  }
}

/** One a time, level and feature, each with the verdict on its level. */
async function weightSignals(
  analytics: AnalyticsStore,
  window: AnalyticsWindow,
  bucket: number,
  userId: string | null,
): Promise<Signal[]> {
  const [history, bySegment] = await Promise.all([
    analytics.weights(window, bucket, userId),
    userId === null ? analytics.segmentWeights(window) : [],
  ]);
  const verdicts = verdictsOf(history, bySegment);
  return history.map(({ at, level, featureUri, searches, mean, spread, drawVariance, applied }) => ({
    ...{ at, signalType: 'LEARNED_WEIGHTS' as const, contextLevel: level },
    data: { featureUri, searches, mean, spread, drawVariance, applied, verdict: verdicts.get(level) },
  }));
}

function verdictsOf(
  history: readonly WeightSums[],
  bySegment: Awaited<ReturnType<AnalyticsStore['segmentWeights']>>,
): Map<ContextLevel, ReturnType<typeof judgeWeights>> {
  const levels = [...new Set(history.map(({ level }) => level))];
  return new Map(
    levels.map((level) => [
      level,
      judgeWeights(
        history.filter((row) => row.level === level),
        level === 'DEMOGRAPHIC' ? bySegment : [],
      ),
    ]),
  );
}

/** One a time: events as they came, and, but for a single user, what came of the searches of that time. */
async function interactionSignals(
  analytics: AnalyticsStore,
  window: AnalyticsWindow,
  bucket: number,
  userId: string | null,
): Promise<Signal[]> {
  const [events, searches] = await Promise.all([
    analytics.interactions(window, bucket, userId),
    userId === null ? analytics.searches(window, bucket) : null,
  ]);
  const times = new Set([...events, ...(searches?.byTime ?? [])].map(({ at }) => at));
  const eventsAt = new Map(events.map((row) => [row.at, row]));
  const searchesAt = new Map<number, SearchSums>(searches?.byTime.map((row) => [row.at, row]));
  return [...times]
    .sort((one, other) => one - other)
    .map((at) => {
      const sums = searchesAt.get(at);
      const data = { events: eventsAt.get(at)?.events ?? 0, types: eventsAt.get(at)?.types ?? {} };
      return {
        ...{ at, signalType: 'INTERACTIONS' as const, contextLevel: null },
        data: sums === undefined ? data : { ...data, searches: sums.searches, ...ratesOf(sums) },
      };
    });
}

/** One a time with its share; then, at the time it was last asked, one a query that found nothing. */
async function zeroResultSignals(
  analytics: AnalyticsStore,
  window: AnalyticsWindow,
  bucket: number,
): Promise<Signal[]> {
  const [{ byTime }, queries] = await Promise.all([
    analytics.searches(window, bucket),
    analytics.emptyQueries(window, EMPTY_QUERIES),
  ]);
  const common = { signalType: 'ZERO_RESULTS' as const, contextLevel: null };
  return [
    ...byTime.map(({ at, searches, zeroResults }) => ({
      ...{ at, ...common },
      data: { searches, zeroResults, zeroResultRate: searches === 0 ? 0 : zeroResults / searches },
    })),
    ...queries
      .map(({ query, searches, lastAt }) => ({ at: lastAt, ...common, data: { query, searches } }))
      .sort((one, other) => one.at - other.at),
  ];
}
