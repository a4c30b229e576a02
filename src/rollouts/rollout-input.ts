import type { GuardrailAction } from './guardrail.ts';
import type { StaticFusion } from './rollout.ts';

export interface GuardrailInput {
  metric: string;
  threshold: number;
  windowMinutes: number | null;
  minimumSample: number | null;
  action: GuardrailAction | null;
}

/** As it comes from the API: nothing checked; null leaves a setting as it is. */
export interface RolloutSettingsInput {
  shadowMode: boolean | null;
  rolloutPct: number | null;
  controlPct: number | null;
  staticFusion: StaticFusion | null;
  excludedUsers: readonly string[] | null;
  guardrails: readonly GuardrailInput[] | null;
}

export interface UpdateRolloutInput extends RolloutSettingsInput {
  retrieverId: string;
  /** Lets `rolloutPct` be raised again after a guardrail held it. */
  releaseHold: boolean;
  reason: string | null;
}

export interface SwitchInput {
  retrieverId: string;
  reason: string | null;
}

export interface UserPreferenceInput {
  retrieverId: string;
  userId: string;
}

/** Null: of every retriever of the namespace. */
export interface DeleteUserDataInput {
  userId: string;
}
