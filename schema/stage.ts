import type { FusionMethod } from '../src/fusion/ranked-list.ts';
import type { FeatureSearch, FeatureSearchStage, GroupBy, Stage } from '../src/retrievers/retriever.ts';
import { builder } from './builder.ts';
import { LearningConfigType } from './learning-config.ts';

export const FusionEnum = builder.enumType('Fusion', {
  description: 'How the ranked lists of a stage become one. Ties break by document id.',
  values: {
    RRF: { description: 'Reciprocal rank fusion: Σ weight / (rankConstant + rank), rank from 1.' },
    DBSF: { description: 'Σ weight × (score − (μ − 3σ)) / 6σ a list, clipped to 0 to 1.' },
    WEIGHTED: { description: 'Σ weight × score, min-max normalised unless `rawScores`.' },
    MAX: { description: 'The highest weight × score, min-max normalised unless `rawScores`.' },
    LEARNED: {
      description:
        'Σ weight × normalised score, with weights drawn from what has been learned; RRF until there is something.',
    },
  } as const satisfies Record<FusionMethod, object>,
});

export const SortDirectionEnum = builder.enumType('SortDirection', {
  description: 'The order of a sort.',
  values: { ASC: { description: 'Smallest first.' }, DESC: { description: 'Largest first.' } } as const,
});

const FeatureSearchType = builder.objectRef<FeatureSearch>('FeatureSearch').implement({
  description: 'One search of a stage: one feature’s index is asked.',
  fields: (t) => ({
    featureUri: t.exposeString('featureUri', { description: 'The feature.' }),
    query: t.field({ type: 'JSON', description: 'The query template.', resolve: (search) => search.query }),
    topK: t.exposeInt('topK', { description: 'How many candidates it brings at most.' }),
    weight: t.exposeFloat('weight', { nullable: true, description: 'Its static weight; null: 1.' }),
    filters: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its own filter.',
      resolve: (search) => search.filters,
    }),
  }),
});

const GroupByType = builder.objectRef<GroupBy>('GroupBy').implement({
  description: 'Keeps the best hits of each group.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The metadata field that makes the groups.' }),
    limit: t.exposeInt('limit', { description: 'How many hits are kept a group.' }),
  }),
});

const FeatureSearchStageType = builder.objectRef<FeatureSearchStage>('FeatureSearchStage').implement({
  description: 'Runs its searches in parallel and fuses what they find.',
  fields: (t) => ({
    searches: t.field({
      type: [FeatureSearchType],
      complexity: { field: 1, multiplier: 4 },
      description: 'The searches.',
      resolve: (stage) => [...stage.searches],
    }),
    fusion: t.expose('fusion', { type: FusionEnum, description: 'How their lists become one.' }),
    finalTopK: t.exposeInt('finalTopK', { description: 'How many hits the stage leaves.' }),
    rankConstant: t.exposeInt('rankConstant', { description: 'The k of RRF.' }),
    rawScores: t.exposeBoolean('rawScores', { description: 'Whether WEIGHTED and MAX take scores as they come.' }),
    learningConfig: t.expose('learningConfig', {
      type: LearningConfigType,
      description: 'How it learns: static fusions are trained too, so that switching to LEARNED starts warm.',
    }),
    filters: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The filter of all its searches.',
      resolve: (stage) => stage.filters,
    }),
    groupBy: t.expose('groupBy', { type: GroupByType, nullable: true, description: 'Which hits of a group are kept.' }),
    facets: t.stringList({
      description: 'The metadata fields that are counted.',
      resolve: (stage) => [...stage.facets],
    }),
  }),
});

const AttributeFilterStageType = builder
  .objectRef<Extract<Stage, { kind: 'attributeFilter' }>>('AttributeFilterStage')
  .implement({
    description: 'Drops hits that do not pass a filter.',
    fields: (t) => ({
      filter: t.field({ type: 'JSON', description: 'The filter template.', resolve: (stage) => stage.filter }),
    }),
  });

const SortAttributeStageType = builder
  .objectRef<Extract<Stage, { kind: 'sortAttribute' }>>('SortAttributeStage')
  .implement({
    description: 'Orders hits by a metadata field, in place of their scores.',
    fields: (t) => ({
      field: t.exposeString('field', { description: 'The metadata field.' }),
      direction: t.expose('direction', { type: SortDirectionEnum, description: 'The order.' }),
    }),
  });

const LimitStageType = builder.objectRef<Extract<Stage, { kind: 'limit' }>>('LimitStage').implement({
  description: 'Keeps the first hits.',
  fields: (t) => ({ limit: t.exposeInt('limit', { description: 'How many.' }) }),
});

const memberOf = {
  featureSearch: FeatureSearchStageType,
  attributeFilter: AttributeFilterStageType,
  sortAttribute: SortAttributeStageType,
  limit: LimitStageType,
} as const satisfies Record<Stage['kind'], unknown>;

export const StageType = builder.unionType('Stage', {
  description: 'A step of a retriever.',
  types: Object.values(memberOf),
  resolveType: (stage) => memberOf[stage.kind],
});
