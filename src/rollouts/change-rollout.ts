import type { Clock } from '../shared/clock.ts';
import { ConflictError } from '../shared/errors.ts';
import { checkReason, checkRolloutSettings } from './check-rollout-input.ts';
import type { RolloutSettingsInput, SwitchInput, UpdateRolloutInput } from './rollout-input.ts';
import type { RolloutChange, RolloutStore } from './rollout-store.ts';
import type { Rollout, RolloutSettings } from './rollout.ts';

export interface ChangeRolloutDeps {
  rollouts: Pick<RolloutStore, 'change'>;
  clock: Clock;
  /** Called after each commit: this instance decides by the new state, and the others are told. */
  changed: (namespaceId: string, retrieverId: string) => Promise<void>;
}

/**
 * Sets what is given and keeps the rest. Guardrails start anew: they judge no search that was made before.
 * @param actor the id of the API key that asks
 * @throws ValidationError, NotFoundError RETRIEVER_NOT_FOUND, ConflictError ROLLOUT_HELD
 */
export async function updateRollout(
  deps: ChangeRolloutDeps,
  namespaceId: string,
  input: UpdateRolloutInput,
  actor: string,
): Promise<Rollout> {
  const settings = checkRolloutSettings(input, ['input']);
  const reason = checkReason(input.reason, ['input', 'reason']);
  return commit(deps, namespaceId, input.retrieverId, (current) =>
    changeSettings(current, settings, { actor, reason, releaseHold: input.releaseHold, path: ['input'] }),
  );
}

/**
 * The same settings where they come with a retriever's `learningConfig`.
 * @param path of the config within the input
 */
export async function applyLearningConfig(
  deps: ChangeRolloutDeps,
  namespaceId: string,
  retrieverId: string,
  { input, path }: { input: RolloutSettingsInput; path: readonly (string | number)[] },
  actor: string,
): Promise<Rollout> {
  const settings = checkRolloutSettings(input, path);
  return commit(deps, namespaceId, retrieverId, (current) =>
    changeSettings(current, settings, { actor, reason: null, releaseHold: false, path }),
  );
}

/** Serves the static fusion to everyone, on every instance within a second. Repeating it changes nothing. */
export async function killLearnedFusion(
  deps: ChangeRolloutDeps,
  namespaceId: string,
  input: SwitchInput,
  actor: string,
): Promise<Rollout> {
  const reason = checkReason(input.reason, ['input', 'reason']);
  return commit(deps, namespaceId, input.retrieverId, (current, now) => {
    if (current.killed !== null) return null;
    const next = { ...current, killed: { at: now, actor, reason } };
    return { next, restarts: false, events: [{ kind: 'KILLED', actor, reason, details: {} }] };
  });
}

/** Goes on as it was set before the kill. Repeating it changes nothing. */
export async function resumeLearnedFusion(
  deps: ChangeRolloutDeps,
  namespaceId: string,
  input: SwitchInput,
  actor: string,
): Promise<Rollout> {
  const reason = checkReason(input.reason, ['input', 'reason']);
  return commit(deps, namespaceId, input.retrieverId, (current) => {
    if (current.killed === null) return null;
    const next = { ...current, killed: null, breached: [] };
    return { next, restarts: true, events: [{ kind: 'RESUMED', actor, reason, details: { killed: current.killed } }] };
  });
}

async function commit(
  deps: ChangeRolloutDeps,
  namespaceId: string,
  retrieverId: string,
  change: (current: Rollout, now: number) => RolloutChange | null,
): Promise<Rollout> {
  const now = deps.clock.now();
  const rollout = await deps.rollouts.change(namespaceId, retrieverId, now, (current) => change(current, now));
  await deps.changed(namespaceId, rollout.retrieverId);
  return rollout;
}

interface Circumstances {
  actor: string;
  reason: string | null;
  releaseHold: boolean;
  path: readonly (string | number)[];
}

function changeSettings(
  current: Rollout,
  settings: Partial<RolloutSettings>,
  { actor, reason, releaseHold, path }: Circumstances,
): RolloutChange | null {
  const held = current.held && !releaseHold;
  const details = differences(current, settings);
  const events: RolloutChange['events'][number][] = [];
  if (current.held && releaseHold) events.push({ kind: 'HOLD_RELEASED', actor, reason, details: {} });
  if (Object.keys(details).length > 0) events.push({ kind: 'SETTINGS_CHANGED', actor, reason, details });
  if (events.length === 0) return null;
  const next = { ...current, ...settings, held, breached: [] };
  if (held && next.rolloutPct > current.rolloutPct) {
    throw new ConflictError(
      `A guardrail holds the rollout at ${current.rolloutPct} %: see rolloutEvents for what it measured, then call updateRollout with releaseHold to raise rolloutPct.`,
      'ROLLOUT_HELD',
      [...path, 'rolloutPct'],
    );
  }
  return { next, restarts: true, events };
}

/** Setting → its new value, of those that differ. */
function differences(current: Rollout, settings: Partial<RolloutSettings>): Record<string, unknown> {
  const before = new Map<string, unknown>(Object.entries(current));
  const changed = Object.entries(settings).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before.get(name)),
  );
  return Object.fromEntries(changed);
}
