import { describe, expect, test } from 'vitest';
import { checkReason, checkRolloutSettings, checkUserId } from '../../../src/rollouts/check-rollout-input.ts';
import type { GuardrailInput, RolloutSettingsInput } from '../../../src/rollouts/rollout-input.ts';
import { ValidationError } from '../../../src/shared/errors.ts';

const nothing: RolloutSettingsInput = {
  ...{
    shadowMode: null,
    rolloutPct: null,
    controlPct: null,
    staticFusion: null,
    excludedUsers: null,
    guardrails: null,
  },
};
const guardrail = (change: Partial<GuardrailInput>): GuardrailInput => ({
  ...{ metric: 'CTR', threshold: 0.1, windowMinutes: null, minimumSample: null, action: null },
  ...change,
});

function refusal(input: Partial<RolloutSettingsInput>): ValidationError {
  try {
    checkRolloutSettings({ ...nothing, ...input }, ['input']);
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('settings of a rollout', () => {
  test('what is not given stays out; defaults are filled in within a guardrail', () => {
    expect(checkRolloutSettings(nothing, [])).toEqual({});
    expect(checkRolloutSettings({ ...nothing, rolloutPct: 0, controlPct: 100, shadowMode: false }, [])).toEqual({
      ...{ rolloutPct: 0, controlPct: 100, shadowMode: false },
    });
    expect(checkRolloutSettings({ ...nothing, guardrails: [guardrail({ metric: 'ctr_uplift' })] }, [])).toEqual({
      guardrails: [
        {
          ...{ id: 'CTR_UPLIFT:WARN', metric: 'CTR_UPLIFT', threshold: 0.1, windowMinutes: 60 },
          ...{ minimumSample: 100, action: 'WARN' },
        },
      ],
    });
  });

  test.each([
    ['rolloutPct', -1],
    ['rolloutPct', 101],
    ['rolloutPct', NaN],
    ['controlPct', -0.01],
    ['controlPct', 100.01],
  ] as const)('%s of %s is refused with its range', (field, value) => {
    const error = refusal({ [field]: value });
    expect(error.message).toBe(`${field} must be a percentage from 0 to 100, not ${value}.`);
    expect(error.path).toEqual(['input', field]);
    expect(error.code).toBe(field === 'rolloutPct' ? 'INVALID_ROLLOUT_PCT' : 'INVALID_CONTROL_PCT');
  });

  test('an unknown metric is refused with those that are known', () => {
    const error = refusal({ guardrails: [guardrail({}), guardrail({ metric: 'REVENUE' })] });
    expect(error).toMatchObject({ code: 'UNKNOWN_METRIC', path: ['input', 'guardrails', '1', 'metric'] });
    expect(error.message).toContain('CTR, MRR, INTERACTION_RATE');
    expect(refusal({ guardrails: [guardrail({ metric: 'toString' })] }).code).toBe('UNKNOWN_METRIC');
  });

  test.each([
    ['a threshold that is no number', { threshold: NaN }, 'threshold'],
    ['no window', { windowMinutes: 0 }, 'windowMinutes'],
    ['a window longer than its figures are kept', { windowMinutes: 2_881 }, 'windowMinutes'],
    ['half a search', { minimumSample: 0.5 }, 'minimumSample'],
  ] as const)('a guardrail with %s is refused', (_name, change, field) => {
    expect(refusal({ guardrails: [guardrail(change)] })).toMatchObject({
      ...{ code: 'INVALID_GUARDRAIL', path: ['input', 'guardrails', '0', field] },
    });
  });

  test('two guardrails that do the same on the same metric are refused', () => {
    const both = [guardrail({}), guardrail({ threshold: 0.2 })];
    expect(refusal({ guardrails: both })).toMatchObject({
      code: 'INVALID_GUARDRAIL',
      path: ['input', 'guardrails', '1'],
    });
    expect(
      checkRolloutSettings({ ...nothing, guardrails: [both[0]!, guardrail({ action: 'HOLD' })] }, []),
    ).toBeDefined();
  });

  test('excluded users are checked one by one, and kept once', () => {
    expect(checkRolloutSettings({ ...nothing, excludedUsers: ['a', 'b', 'a'] }, [])).toEqual({
      excludedUsers: ['a', 'b'],
    });
    expect(refusal({ excludedUsers: ['a', ''] })).toMatchObject({ path: ['input', 'excludedUsers', '1'] });
    const many = Array.from({ length: 1_001 }, (_, n) => `u${n}`);
    expect(refusal({ excludedUsers: many }).message).toContain('optOutUser');
  });

  test('users and reasons are storable text', () => {
    expect(checkUserId('ann', [])).toBe('ann');
    for (const id of ['', 'x'.repeat(257), 'a\0b', '\ud800']) {
      expect(() => checkUserId(id, ['input', 'userId'])).toThrow(ValidationError);
    }
    expect(checkReason('  because ', [])).toBe('because');
    expect(checkReason('   ', [])).toBeNull();
    expect(() => checkReason('x'.repeat(1_001), [])).toThrow(ValidationError);
  });
});
