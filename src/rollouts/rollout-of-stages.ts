import type { StageInput } from '../retrievers/retriever-input.ts';
import { checkRolloutSettings } from './check-rollout-input.ts';
import type { RolloutSettingsInput } from './rollout-input.ts';

/** Settings of the rollout that came with a retriever's `learningConfig`, and where they stood. */
export interface SettingsInConfig {
  input: RolloutSettingsInput;
  path: readonly (string | number)[];
}

/**
 * The settings of the rollout among a retriever's stages; null where there are none. They are the rollout's from then
 * on: no definition keeps them, so that there is one place to look.
 * @throws ValidationError as checkRolloutSettings does
 */
export function rolloutOfStages(stages: readonly StageInput[] | null): SettingsInConfig | null {
  for (const [index, stage] of (stages ?? []).entries()) {
    const input = stage.featureSearch?.rollout ?? null;
    if (input === null) continue;
    const path = ['input', 'stages', index, 'featureSearch', 'learningConfig'];
    if (Object.keys(checkRolloutSettings(input, path)).length > 0) return { input, path };
  }
  return null;
}
