import { ValidationError } from '../shared/errors.ts';
import { holdsUnstorable } from '../shared/storable-json.ts';
import { guardrailMetrics, type Guardrail, type GuardrailMetric } from './guardrail.ts';
import type { GuardrailInput, RolloutSettingsInput } from './rollout-input.ts';
import type { RolloutSettings } from './rollout.ts';

type Path = readonly (string | number)[];

const MAX_EXCLUDED_USERS = 1_000;
const MAX_ID_LENGTH = 256;
const MAX_REASON_LENGTH = 1_000;
const MAX_GUARDRAILS = 20;
/** The figures that guardrails look at are kept a minute at a time for three days. */
export const MAX_WINDOW_MINUTES = 48 * 60;
const MAX_SAMPLE = 1_000_000;

/**
 * Checks what is given of the settings; what is null stays out.
 * @param path of the input that holds them
 * @throws ValidationError INVALID_ROLLOUT_PCT, INVALID_CONTROL_PCT, INVALID_EXCLUDED_USERS, INVALID_GUARDRAIL, …
 */
export function checkRolloutSettings(input: RolloutSettingsInput, path: Path): Partial<RolloutSettings> {
  const { shadowMode, rolloutPct, controlPct, staticFusion, excludedUsers, guardrails } = input;
  return {
    ...(shadowMode !== null && { shadowMode }),
    ...(rolloutPct !== null && { rolloutPct: checkPercent(rolloutPct, 'rolloutPct', path) }),
    ...(controlPct !== null && { controlPct: checkPercent(controlPct, 'controlPct', path) }),
    ...(staticFusion !== null && { staticFusion }),
    ...(excludedUsers !== null && { excludedUsers: checkExcludedUsers(excludedUsers, [...path, 'excludedUsers']) }),
    ...(guardrails !== null && { guardrails: checkGuardrails(guardrails, [...path, 'guardrails']) }),
  };
}

/** @throws ValidationError INVALID_USER_ID */
export function checkUserId(userId: string, path: Path): string {
  if (isStorable(userId, MAX_ID_LENGTH)) return userId;
  throw new ValidationError(
    `userId must have 1 to ${MAX_ID_LENGTH} characters, and no NUL or half surrogate pair: give it as searches do.`,
    'INVALID_USER_ID',
    path,
  );
}

/** An empty reason is none. @throws ValidationError INVALID_REASON */
export function checkReason(reason: string | null, path: Path): string | null {
  const trimmed = reason?.trim() ?? '';
  if (trimmed === '') return null;
  if (isStorable(trimmed, MAX_REASON_LENGTH)) return trimmed;
  throw new ValidationError(
    `reason must have at most ${MAX_REASON_LENGTH} characters, and no NUL or half surrogate pair: shorten it.`,
    'INVALID_REASON',
    path,
  );
}

function checkPercent(value: number, field: 'rolloutPct' | 'controlPct', path: Path): number {
  if (value >= 0 && value <= 100) return Math.round(value * 100) / 100;
  throw new ValidationError(
    `${field} must be a percentage from 0 to 100, not ${value}.`,
    field === 'rolloutPct' ? 'INVALID_ROLLOUT_PCT' : 'INVALID_CONTROL_PCT',
    [...path, field],
  );
}

function checkExcludedUsers(userIds: readonly string[], path: Path): string[] {
  if (userIds.length > MAX_EXCLUDED_USERS) {
    throw new ValidationError(
      `excludedUsers names ${userIds.length} users, of ${MAX_EXCLUDED_USERS} at most: let the others opt out with optOutUser, which has no limit.`,
      'INVALID_EXCLUDED_USERS',
      path,
    );
  }
  const faulty = userIds.findIndex((userId) => !isStorable(userId, MAX_ID_LENGTH));
  if (faulty === -1) return [...new Set(userIds)];
  throw new ValidationError(
    `excludedUsers holds an id that no user can have: each has 1 to ${MAX_ID_LENGTH} characters.`,
    'INVALID_EXCLUDED_USERS',
    [...path, faulty],
  );
}

function checkGuardrails(inputs: readonly GuardrailInput[], path: Path): Guardrail[] {
  if (inputs.length > MAX_GUARDRAILS) {
    throw invalidGuardrail(`guardrails holds ${inputs.length} of them: keep to ${MAX_GUARDRAILS}`, path);
  }
  const guardrails = inputs.map((input, index) => checkGuardrail(input, [...path, index]));
  const twin = guardrails.findIndex(({ id }, index) => guardrails.findIndex((other) => other.id === id) < index);
  if (twin === -1) return guardrails;
  const { metric, action } = guardrails[twin] as Guardrail;
  throw invalidGuardrail(`guardrails holds two that ${action} on ${metric}: keep one of them`, [...path, twin]);
}

function checkGuardrail(input: GuardrailInput, path: Path): Guardrail {
  const metric = input.metric.toUpperCase();
  if (!isMetric(metric)) {
    throw new ValidationError(
      `metric ${JSON.stringify(input.metric.slice(0, 60))} is not known: take one of ${Object.keys(guardrailMetrics).join(', ')}.`,
      'UNKNOWN_METRIC',
      [...path, 'metric'],
    );
  }
  if (!Number.isFinite(input.threshold)) throw invalidGuardrail('threshold must be a number', [...path, 'threshold']);
  const action = input.action ?? 'WARN';
  return {
    id: `${metric}:${action}`,
    metric,
    threshold: input.threshold,
    windowMinutes: checkCount(input.windowMinutes ?? 60, 'windowMinutes', MAX_WINDOW_MINUTES, path),
    minimumSample: checkCount(input.minimumSample ?? 100, 'minimumSample', MAX_SAMPLE, path),
    action,
  };
}

function isMetric(name: string): name is GuardrailMetric {
  return Object.hasOwn(guardrailMetrics, name);
}

function checkCount(value: number, field: string, max: number, path: Path): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw invalidGuardrail(`${field} must be a whole number from 1 to ${max}, not ${value}`, [...path, field]);
}

function isStorable(text: string, maxLength: number): boolean {
  return text.length >= 1 && text.length <= maxLength && !holdsUnstorable(text);
}

function invalidGuardrail(fault: string, path: Path): ValidationError {
  return new ValidationError(`${fault}.`, 'INVALID_GUARDRAIL', path);
}
