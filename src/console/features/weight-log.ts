import type { LiveWeightsSubscription } from '../gql/graphql.ts';

export type WeightState = LiveWeightsSubscription['learnedWeights'];

/** The weights of an audience, as far as they were seen. */
export interface WeightLog {
  /** Null until the first state is there. */
  now: WeightState | null;
  /** The first state that was seen. */
  first: WeightState | null;
  /** By when it was received, in milliseconds since 1970, oldest first. */
  history: readonly { at: number; state: WeightState }[];
}

export const emptyWeightLog: WeightLog = { now: null, first: null, history: [] };

const keptMs = 10 * 60_000;
/** The same stretch of time is drawn with no more points than this allows. */
const apartMs = 1_000;

/** With one more state: the last ten minutes, about a point a second. The newest is always there. */
export function addToWeightLog({ first, history }: WeightLog, state: WeightState, at: number): WeightLog {
  const kept = history.filter((point) => point.at > at - keptMs);
  const [before, newest] = [kept.at(-2), kept.at(-1)];
  const isCrowded = before !== undefined && newest !== undefined && newest.at - before.at < apartMs;
  return { now: state, first: first ?? state, history: [...(isCrowded ? kept.slice(0, -1) : kept), { at, state }] };
}
