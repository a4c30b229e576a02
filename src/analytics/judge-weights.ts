import type { WeightSums } from './analytics-store.ts';

export type WeightState = 'NOTHING_LEARNED' | 'STILL_EXPLORING' | 'CONVERGING' | 'CONVERGED';

/** What the weights of a context level have come to. */
export interface WeightVerdict {
  state: WeightState;
  /** The feature that has nearly all the weight; null where none has. */
  dominatedBy: string | null;
  /** Whether segments have come to different weights; only judged at the demographic level. */
  segmentsDiffer: boolean;
  /** The same in words. */
  text: string;
}

/** Fewer learned searches than this show nothing. */
const MIN_SEARCHES = 30;
/** Standard deviation of a draw about its mean: above it is a trial, below the lower one the weights are as good as fixed. */
const EXPLORING_SD = 0.1;
const SETTLED_SD = 0.04;
/** How far a mean may move from the first half of the window to the second and still stand. */
const STANDING_DRIFT = 0.03;
const DOMINANT_WEIGHT = 0.8;
const SEGMENT_GAP = 0.15;

/**
 * A plain verdict on a level's weights: how far draws still stray, how far their means still move, whether one feature
 * has taken over, whether segments have parted. The bounds are conventions, wide enough that chance rarely crosses them.
 * @param history of one level, ordered by time
 */
export function judgeWeights(
  history: readonly WeightSums[],
  bySegment: readonly { segment: string; featureUri: string; searches: number; mean: number }[],
): WeightVerdict {
  const features = [...new Set(history.map(({ featureUri }) => featureUri))];
  const searches = Math.max(0, ...features.map((uri) => total(history.filter((row) => row.featureUri === uri))));
  if (features.length === 0) return verdict('NOTHING_LEARNED', null, false);
  const [before, after] = halves(history);
  const lately = features.map((uri) => ({ uri, ...meansOf(after.filter((row) => row.featureUri === uri)) }));
  const strays = Math.sqrt(average(lately.map(({ drawVariance }) => drawVariance)));
  const drift = Math.max(
    ...lately.map(({ uri, mean }) => {
      const earlier = before.filter((row) => row.featureUri === uri);
      return earlier.length === 0 ? Infinity : Math.abs(mean - meansOf(earlier).mean);
    }),
  );
  const state = stateOf(searches, strays, drift);
  const top = lately.find(({ mean }) => mean >= DOMINANT_WEIGHT);
  const dominatedBy = state !== 'STILL_EXPLORING' && features.length > 1 ? (top?.uri ?? null) : null;
  return verdict(state, dominatedBy, segmentsPart(bySegment));
}

function stateOf(searches: number, strays: number, drift: number): WeightState {
  if (searches < MIN_SEARCHES || strays > EXPLORING_SD) return 'STILL_EXPLORING';
  return strays <= SETTLED_SD && drift <= STANDING_DRIFT ? 'CONVERGED' : 'CONVERGING';
}

/** The earlier and the later half of the times that there are; of a single time both are the same. */
function halves(history: readonly WeightSums[]): [WeightSums[], WeightSums[]] {
  const times = [...new Set(history.map(({ at }) => at))].sort((one, other) => one - other);
  const middle = times[Math.floor(times.length / 2)] ?? 0;
  const later = history.filter(({ at }) => at >= middle);
  const earlier = history.filter(({ at }) => at < middle);
  return [earlier.length === 0 ? later : earlier, later];
}

function segmentsPart(
  rows: readonly { segment: string; featureUri: string; searches: number; mean: number }[],
): boolean {
  const known = rows.filter(({ searches }) => searches >= MIN_SEARCHES);
  return [...new Set(known.map(({ featureUri }) => featureUri))].some((uri) => {
    const means = known.filter(({ featureUri }) => featureUri === uri).map(({ mean }) => mean);
    return Math.max(...means) - Math.min(...means) >= SEGMENT_GAP;
  });
}

/** Means over searches, not over times. */
function meansOf(rows: readonly WeightSums[]): { mean: number; drawVariance: number } {
  const searches = total(rows);
  const over = (value: (row: WeightSums) => number) =>
    searches === 0 ? 0 : rows.reduce((sum, row) => sum + row.searches * value(row), 0) / searches;
  return { mean: over(({ mean }) => mean), drawVariance: over(({ drawVariance }) => drawVariance) };
}

function total(rows: readonly WeightSums[]): number {
  return rows.reduce((sum, { searches }) => sum + searches, 0);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const sentences: Record<WeightState, string> = {
  NOTHING_LEARNED: 'No search of this time was learned: nothing to judge.',
  STILL_EXPLORING: 'Still exploring: draws stray far from their mean, or there are too few searches to tell.',
  CONVERGING: 'Converging: draws stray little, but the weights still move.',
  CONVERGED: 'Converged: draws stray little, and the weights stand.',
};

function verdict(state: WeightState, dominatedBy: string | null, segmentsDiffer: boolean): WeightVerdict {
  const parts = [sentences[state]];
  if (dominatedBy !== null) parts.push(`Dominated by one feature: ${dominatedBy} has nearly all the weight.`);
  if (segmentsDiffer) parts.push('Segments differ: they have come to different weights.');
  return { state, dominatedBy, segmentsDiffer, text: parts.join(' ') };
}
