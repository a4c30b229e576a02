import type { RolloutStateFragment } from '../gql/graphql.ts';

/** What can be set of a rollout here. */
export type Settings = Pick<
  RolloutStateFragment,
  'shadowMode' | 'rolloutPct' | 'controlPct' | 'staticFusion' | 'excludedUsers'
>;

export function settingsOf(rollout: RolloutStateFragment): Settings {
  const { shadowMode, rolloutPct, controlPct, staticFusion, excludedUsers } = rollout;
  return { shadowMode, rolloutPct, controlPct, staticFusion, excludedUsers };
}

/** What is different, in sentences. */
export function changesOf(before: Settings, after: Settings): string[] {
  const changes: string[] = [];
  if (before.rolloutPct !== after.rolloutPct) {
    changes.push(`Learned fusion serves ${after.rolloutPct} %, not ${before.rolloutPct} %.`);
  }
  if (before.controlPct !== after.controlPct) {
    changes.push(`The control group is ${after.controlPct} %, not ${before.controlPct} %.`);
  }
  if (before.staticFusion !== after.staticFusion) {
    changes.push(`Everybody else is served ${after.staticFusion}, not ${before.staticFusion}.`);
  }
  if (before.shadowMode !== after.shadowMode) {
    changes.push(
      after.shadowMode
        ? 'Shadow mode goes on: learned fusion only runs along, and serves nobody.'
        : 'Shadow mode goes off: learned fusion serves whom the percentage says.',
    );
  }
  const added = after.excludedUsers.filter((user) => !before.excludedUsers.includes(user));
  const removed = before.excludedUsers.filter((user) => !after.excludedUsers.includes(user));
  if (added.length > 0) changes.push(`Left out from now on: ${added.join(', ')}.`);
  if (removed.length > 0) changes.push(`Left out no more: ${removed.join(', ')}.`);
  return changes;
}
