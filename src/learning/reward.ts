import { interactionTypes, type InteractionType, type Signal } from '../interactions/interaction.ts';
import { ValidationError } from '../shared/errors.ts';

/** Interaction type → reward; negative values penalise. */
export type RewardMap = Readonly<Record<InteractionType, number>>;

/** What an interaction says of the document, on the scale of a click. 0: it says nothing. */
export const defaultRewardMap: RewardMap = {
  VIEW: 0,
  CLICK: 1,
  LONG_VIEW: 1.5,
  DWELL_TIME: 1,
  SCROLL_DEPTH: 0,
  PURCHASE: 3,
  ADD_TO_CART: 2,
  WISHLIST: 1.5,
  BOOKMARK: 1,
  SHARE: 1.5,
  COPY: 1,
  POSITIVE_FEEDBACK: 2,
  NEGATIVE_FEEDBACK: -2,
  SKIP: -1,
  RETURN_TO_RESULTS: -0.5,
  QUERY_REFINEMENT: -0.3,
  ZERO_RESULTS: 0,
  FILTER_TOGGLE: 0,
};

const largestReward = 1000;

/**
 * How long a person stays where the click satisfied them: the threshold of Fox et al., "Evaluating Implicit Measures to
 * Improve Web Search", ACM TOIS 23(2), 2005, and most work since (Kim et al., "Modeling Dwell Time to Predict Click-
 * level Satisfaction", WSDM 2014).
 */
const satisfiedDwellMs = 30_000;

/**
 * Merges rewards over the defaults. Keys are interaction types in either case.
 * @param json `{ "click": 1, "purchase": 5 }`; null or undefined: the defaults
 * @throws ValidationError INVALID_REWARD_MAP, UNKNOWN_INTERACTION_TYPE
 */
export function parseRewardMap(json: unknown, path: readonly (string | number)[]): RewardMap {
  if (json === null || json === undefined) return defaultRewardMap;
  if (typeof json !== 'object' || Array.isArray(json)) {
    throw new ValidationError(
      'rewardMap must be an object of interaction types and numbers, such as { "click": 1, "purchase": 3 }',
      'INVALID_REWARD_MAP',
      path,
    );
  }
  const rewards: Partial<Record<InteractionType, number>> = {};
  for (const [key, reward] of Object.entries(json)) {
    const type = parseInteractionType(key, [...path, key]);
    if (type in rewards) {
      throw new ValidationError(`rewardMap names ${type} twice; keep one of them`, 'INVALID_REWARD_MAP', [
        ...path,
        key,
      ]);
    }
    rewards[type] = parseReward(reward, [...path, key]);
  }
  return { ...defaultRewardMap, ...rewards };
}

function parseInteractionType(key: string, path: readonly (string | number)[]): InteractionType {
  const name = key.toUpperCase();
  const type = interactionTypes.find((known) => known === name);
  if (type) return type;
  throw new ValidationError(
    `rewardMap names the unknown interaction type "${key.slice(0, 100)}"; the types are ${interactionTypes.join(', ').toLowerCase()}`,
    'UNKNOWN_INTERACTION_TYPE',
    path,
  );
}

function parseReward(reward: unknown, path: readonly (string | number)[]): number {
  if (typeof reward === 'number' && Math.abs(reward) <= largestReward) return reward;
  throw new ValidationError(
    `a reward must be a number from -${largestReward} to ${largestReward}`,
    'INVALID_REWARD_MAP',
    path,
  );
}

/**
 * What a signal is worth on the map's scale. DWELL_TIME grows in proportion to its duration, up to the map's full value
 * at a satisfied stay of 30 s; without a duration it says nothing.
 */
export function rewardOf(signal: Signal, rewards: RewardMap): number {
  const reward = rewards[signal.type];
  if (signal.type !== 'DWELL_TIME') return reward;
  const durationMs = signal.durationMs ?? 0;
  return durationMs > 0 ? reward * Math.min(1, durationMs / satisfiedDwellMs) : 0;
}

/**
 * A function from a signal to its reward divided by the map's largest magnitude, so from −1 to 1: what reaches a
 * posterior.
 */
export function rewardScale(rewards: RewardMap): (signal: Signal) => number {
  const largest = Math.max(...Object.values(rewards).map(Math.abs));
  return largest === 0 ? () => 0 : (signal) => rewardOf(signal, rewards) / largest;
}
