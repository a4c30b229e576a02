import type { Clock } from '../shared/clock.ts';
import { checkUserId } from './check-rollout-input.ts';
import type { UserPreferenceInput } from './rollout-input.ts';
import type { RolloutStore } from './rollout-store.ts';

export interface OptOutDeps {
  rollouts: Pick<RolloutStore, 'setOptOut'>;
  clock: Clock;
  /** Called after each commit: this instance decides by the new state, and the others are told. */
  changed: (namespaceId: string, retrieverId: string) => Promise<void>;
}

/**
 * Whether a user is served learned rankings and learned from. Out: the static fusion serves them from now on, and what
 * they do is recorded but trains nothing, also where they are in again later. What was learned before stays until
 * their preferences are reset. Repeating it changes nothing.
 * @throws ValidationError INVALID_USER_ID, NotFoundError RETRIEVER_NOT_FOUND
 */
export async function setOptOut(
  deps: OptOutDeps,
  namespaceId: string,
  input: UserPreferenceInput,
  optedOut: boolean,
): Promise<void> {
  const userId = checkUserId(input.userId, ['input', 'userId']);
  await deps.rollouts.setOptOut(namespaceId, input.retrieverId, userId, optedOut, deps.clock.now());
  await deps.changed(namespaceId, input.retrieverId);
}
