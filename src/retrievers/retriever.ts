import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { LearningConfig } from '../learning/learning-config.ts';

/** JSON whose strings may hold `{{INPUT.name}}`. */
export type Template = unknown;

export interface FeatureSearch {
  featureUri: string;
  /** A string, `{ text: … }` or `{ vector: … }`. */
  query: Template;
  /** 1 to 1000, default 100. */
  topK: number;
  /** At least 0; null: the fusion's default (1). */
  weight: number | null;
  /** A filter template (search/filter.ts). */
  filters: Template | null;
}

export interface GroupBy {
  /** A metadata field. */
  field: string;
  /** Hits kept a group, 1 to 100. */
  limit: number;
}

export interface FeatureSearchStage {
  kind: 'featureSearch';
  searches: readonly FeatureSearch[];
  fusion: FusionMethod;
  finalTopK: number;
  rankConstant: number;
  /** WEIGHTED and MAX on raw scores instead of min-max normalised ones. */
  rawScores: boolean;
  learningConfig: LearningConfig;
  filters: Template | null;
  groupBy: GroupBy | null;
  facets: readonly string[];
}

export type Stage =
  | FeatureSearchStage
  | { kind: 'attributeFilter'; filter: Template }
  | { kind: 'sortAttribute'; field: string; direction: 'ASC' | 'DESC' }
  | { kind: 'limit'; limit: number };

/** What a version of a retriever fixes. */
export interface RetrieverDefinition {
  name: string;
  collectionIds: readonly string[];
  /** Input name → its description and type; null: any input goes. */
  inputSchema: Record<string, unknown> | null;
  /** The first is the one feature search stage. */
  stages: readonly [FeatureSearchStage, ...Stage[]];
}

export interface Retriever extends RetrieverDefinition {
  id: string;
  namespaceId: string;
  /** From 1; every update makes a new one, and the old ones stay. */
  version: number;
  createdAt: number;
  updatedAt: number;
}
