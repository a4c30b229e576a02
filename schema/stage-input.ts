import type * as domain from '../src/retrievers/retriever-input.ts';
import type { RolloutSettingsInput } from '../src/rollouts/rollout-input.ts';
import { builder } from './builder.ts';
import { LearningConfigInput, toLearningConfig, type LearningConfigShape } from './learning-config.ts';
import { FusionEnum, SortDirectionEnum } from './stage.ts';

const FeatureSearchInput = builder.inputType('FeatureSearchInput', {
  description: 'A search of one feature.',
  fields: (t) => ({
    featureUri: t.string({ required: true, description: 'A feature of the collections.' }),
    query: t.field({
      type: 'JSON',
      required: true,
      description:
        'A text such as `"{{INPUT.query}}"`, or `{ vector: "{{INPUT.embedding}}" }` where you bring vectors. Templates are filled from `SearchInput.inputs`.',
    }),
    topK: t.int({ defaultValue: 100, description: 'How many candidates it brings at most, 1 to 1000.' }),
    weight: t.float({
      description: 'A static weight, 0 or more, relative to the others. Default 1. LEARNED replaces it.',
    }),
    filters: t.field({
      type: 'JSON',
      description:
        'A filter of this search alone: `{ field, operator, value }` under AND, OR, NOT. May hold templates.',
    }),
  }),
});

const GroupByInput = builder.inputType('GroupByInput', {
  description: 'Keep the best hits of each group.',
  fields: (t) => ({
    field: t.string({ required: true, description: 'The metadata field that makes the groups.' }),
    limit: t.int({ defaultValue: 1, description: 'How many hits to keep a group, 1 to 100.' }),
  }),
});

const FeatureSearchStageInput = builder.inputType('FeatureSearchStageInput', {
  description: 'Searches run in parallel, and how they are fused.',
  fields: (t) => ({
    searches: t.field({
      type: [FeatureSearchInput],
      required: true,
      description: '1 to 16 searches, of different features.',
    }),
    fusion: t.field({
      type: FusionEnum,
      required: true,
      defaultValue: 'RRF',
      description: 'How their lists become one.',
    }),
    finalTopK: t.int({ defaultValue: 25, description: 'How many hits to leave, 1 to 100.' }),
    rankConstant: t.int({ defaultValue: 60, description: 'The k of RRF, 1 to 10000.' }),
    rawScores: t.boolean({
      defaultValue: false,
      description:
        'WEIGHTED and MAX take scores as they come, not normalised. Only sensible where all features score alike.',
    }),
    learningConfig: t.field({ type: LearningConfigInput, description: 'How to learn.' }),
    filters: t.field({
      type: 'JSON',
      description: 'A filter of all searches: `{ field, operator, value }` under AND, OR, NOT. May hold templates.',
    }),
    groupBy: t.field({ type: GroupByInput, description: 'Which hits of a group to keep.' }),
    facets: t.stringList({ description: 'Metadata fields whose values to count among the candidates, up to 16.' }),
  }),
});

const SortAttributeInput = builder.inputType('SortAttributeInput', {
  description: 'An order by a metadata field.',
  fields: (t) => ({
    field: t.string({ required: true, description: 'The metadata field.' }),
    direction: t.field({ type: SortDirectionEnum, defaultValue: 'ASC', description: 'The order.' }),
  }),
});

export const StageInput = builder.inputType('StageInput', {
  description: 'A step of a retriever: exactly one of these.',
  isOneOf: true,
  fields: (t) => ({
    featureSearch: t.field({ type: FeatureSearchStageInput, description: 'Search and fuse. The first stage is one.' }),
    attributeFilter: t.field({
      type: 'JSON',
      description: 'Drop hits that do not pass: `{ field, operator, value }` under AND, OR, NOT.',
    }),
    sortAttribute: t.field({ type: SortAttributeInput, description: 'Order hits by a metadata field.' }),
    limit: t.int({ description: 'Keep the first hits, 1 to 100.' }),
  }),
});

type StageShape = typeof StageInput.$inferInput;
type FeatureSearchStageShape = typeof FeatureSearchStageInput.$inferInput;

/** From what GraphQL leaves undefined to what the use case knows: null is absent. */
export function toStage(stage: StageShape): domain.StageInput {
  const { featureSearch, attributeFilter, sortAttribute, limit } = stage;
  return {
    attributeFilter,
    limit: limit ?? null,
    sortAttribute: sortAttribute ? { field: sortAttribute.field, direction: sortAttribute.direction ?? null } : null,
    featureSearch: featureSearch ? toFeatureSearch(featureSearch) : null,
  };
}

function toFeatureSearch(stage: FeatureSearchStageShape): domain.FeatureSearchStageInput {
  return {
    searches: stage.searches.map((search) => ({
      featureUri: search.featureUri,
      query: search.query,
      topK: search.topK ?? null,
      weight: search.weight ?? null,
      filters: search.filters ?? null,
    })),
    fusion: stage.fusion,
    finalTopK: stage.finalTopK ?? null,
    rankConstant: stage.rankConstant ?? null,
    rawScores: stage.rawScores ?? null,
    learningConfig: stage.learningConfig ? toLearningConfig(stage.learningConfig) : null,
    rollout: stage.learningConfig ? toRolloutSettings(stage.learningConfig) : null,
    filters: stage.filters ?? null,
    groupBy: stage.groupBy ? { field: stage.groupBy.field, limit: stage.groupBy.limit ?? null } : null,
    facets: stage.facets ?? null,
  };
}

function toRolloutSettings(config: LearningConfigShape): RolloutSettingsInput {
  return {
    shadowMode: config.shadowMode ?? null,
    rolloutPct: config.rolloutPct ?? null,
    excludedUsers: config.excludedUsers ?? null,
    controlPct: null,
    staticFusion: null,
    guardrails: null,
  };
}
