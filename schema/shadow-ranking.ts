import type { ShadowRanking } from '../src/search/execution.ts';
import { builder } from './builder.ts';
import { ContextLevelEnum, FeatureWeightType, weightsOfSearch } from './learned-weights.ts';

export const ShadowRankingType = builder.objectRef<ShadowRanking>('ShadowRanking').implement({
  description: 'The learned ranking of a search that the static fusion served.',
  fields: (t) => ({
    contextLevel: t.expose('contextLevel', {
      type: ContextLevelEnum,
      nullable: true,
      description: 'Whose behaviour decided its weights.',
    }),
    weights: t.field({
      type: [FeatureWeightType],
      complexity: { field: 1, multiplier: 5 },
      description: 'One a searched feature.',
      resolve: ({ weights }) => weightsOfSearch({ weights, posterior: null }),
    }),
    weightVersion: t.exposeString('weightVersion', { nullable: true, description: 'The version of the weights.' }),
    seed: t.exposeString('seed', { nullable: true, description: 'The seed of the draw.' }),
    documentIds: t.idList({ description: 'The best first.', resolve: ({ documentIds }) => [...documentIds] }),
    overlapAt10: t.float({
      description: 'Share of the first 10 that it has in common with what was served.',
      resolve: ({ agreement }) => agreement.overlapAt10,
    }),
    rankCorrelation: t.float({
      nullable: true,
      description: 'Kendall τ of the documents in both, -1 to 1; null where fewer than two are.',
      resolve: ({ agreement }) => agreement.rankCorrelation,
    }),
  }),
});
