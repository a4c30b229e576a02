import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { LearningConfigInput } from '../learning/learning-config.ts';
import type { RolloutSettingsInput } from '../rollouts/rollout-input.ts';

export type { LearningConfigInput };

export interface FeatureSearchInput {
  featureUri: string;
  query: unknown;
  topK: number | null;
  weight: number | null;
  filters: unknown;
}

export interface FeatureSearchStageInput {
  searches: readonly FeatureSearchInput[];
  fusion: FusionMethod | null;
  finalTopK: number | null;
  rankConstant: number | null;
  rawScores: boolean | null;
  learningConfig: LearningConfigInput | null;
  /** Settings of the rollout that came in `learningConfig`: not a part of the definition. */
  rollout?: RolloutSettingsInput | null;
  filters: unknown;
  groupBy: { field: string; limit: number | null } | null;
  facets: readonly string[] | null;
}

/** Exactly one of them is set. */
export interface StageInput {
  featureSearch?: FeatureSearchStageInput | null;
  attributeFilter?: unknown;
  sortAttribute?: { field: string; direction: 'ASC' | 'DESC' | null } | null;
  limit?: number | null;
}

export interface CreateRetrieverInput {
  retrieverName: string;
  collectionIds: readonly string[];
  inputSchema: unknown;
  stages: readonly StageInput[];
}

/** Only what is given (not null) changes. */
export interface UpdateRetrieverInput {
  retrieverId: string;
  retrieverName: string | null;
  collectionIds: readonly string[] | null;
  inputSchema: unknown;
  stages: readonly StageInput[] | null;
}
