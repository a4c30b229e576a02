import type { Audience } from '../features/audience.ts';
import type { WeightLog } from '../features/weight-log.ts';
import type { WeightSignalsQuery } from '../gql/graphql.ts';

/** The weights of one moment, by feature. */
export interface WeightPoint {
  /** Milliseconds since 1970. */
  at: number;
  weights: Readonly<Record<string, number>>;
}

export function fromLive(history: WeightLog['history']): WeightPoint[] {
  return history.map(({ at, state }) => ({
    at,
    weights: Object.fromEntries(state.weights.map(({ featureUri, weight }) => [featureUri, weight])),
  }));
}

const levelOf: Record<Audience['kind'], string> = { everyone: 'GLOBAL', segment: 'DEMOGRAPHIC', user: 'PERSONAL' };

/**
 * One point a time, from the log's one signal a time, level and feature. A retriever may have no search of the level that
 * is asked for: then every level counts.
 */
export function fromSignals(signals: WeightSignalsQuery['retrieverSignals'], audience: Audience): WeightPoint[] {
  const wanted = signals.filter(({ contextLevel }) => contextLevel === levelOf[audience.kind]);
  const sums = new Map<number, Map<string, { searches: number; sum: number }>>();
  for (const { at, data } of wanted.length > 0 ? wanted : signals) {
    if (!isWeightSignal(data)) continue;
    const time = Date.parse(at);
    const features = sums.get(time) ?? new Map<string, { searches: number; sum: number }>();
    const known = features.get(data.featureUri) ?? { searches: 0, sum: 0 };
    features.set(data.featureUri, {
      searches: known.searches + data.searches,
      sum: known.sum + data.mean * data.searches,
    });
    sums.set(time, features);
  }
  return [...sums]
    .toSorted(([one], [other]) => one - other)
    .map(([at, features]) => ({
      at,
      weights: Object.fromEntries([...features].map(([uri, { searches, sum }]) => [uri, sum / searches])),
    }));
}

export function featuresOf(points: readonly WeightPoint[]): string[] {
  return [...new Set(points.flatMap(({ weights }) => Object.keys(weights)))].sort();
}

interface WeightSignal {
  featureUri: string;
  searches: number;
  mean: number;
}

function isWeightSignal(data: unknown): data is WeightSignal {
  if (typeof data !== 'object' || data === null) return false;
  const { featureUri, searches, mean } = data as Record<string, unknown>;
  return typeof featureUri === 'string' && typeof searches === 'number' && searches > 0 && typeof mean === 'number';
}
