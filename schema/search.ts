import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { Document } from '../src/collections/collection.ts';
import type { FeatureContribution } from '../src/fusion/ranked-list.ts';
import type { ExecutedHit, Execution } from '../src/search/execution.ts';
import type { SearchInput as SearchRequest } from '../src/search/search-input.ts';
import { ValidationError } from '../src/shared/errors.ts';
import { builder } from './builder.ts';
import { namespaceOf, type Context } from './context.ts';
import { ContextLevelEnum, FeatureWeightType, weightsOfSearch } from './learned-weights.ts';
import { loadDocuments, type FoundDocument } from './loaders.ts';
import { ReplayType } from './replay.ts';
import { RolloutDecisionType } from './rollout.ts';
import { ShadowRankingType } from './shadow-ranking.ts';
import { FusionEnum } from './stage.ts';

/** The documents of all hits of an operation, looked up together. */
const documentLoader = createContextCache(
  (context: Context) =>
    new DataLoader<FoundDocument, Document | null, string>((keys) => loadDocuments(keys, context), {
      cacheKeyFn: ({ retrieverId, documentId }) => JSON.stringify([retrieverId, documentId]),
    }),
);

interface Hit extends ExecutedHit {
  retrieverId: string;
  position: number;
}

const HitFeatureType = builder.objectRef<FeatureContribution>('HitFeature').implement({
  description: 'What one feature said of a hit, and what came of it.',
  fields: (t) => ({
    featureUri: t.exposeString('featureUri', { description: 'The feature.' }),
    rank: t.exposeInt('rank', {
      nullable: true,
      description: 'Its rank in the feature’s list, from 1; null where the feature did not find it.',
    }),
    score: t.exposeFloat('score', {
      nullable: true,
      description: 'Its raw score there: cosine similarity or BM25; null where the feature did not find it.',
    }),
    normalizedScore: t.exposeFloat('normalizedScore', {
      description: 'Its score within the feature’s list, 0 to 1; 0 where the feature did not find it.',
    }),
    weight: t.exposeFloat('weight', { description: 'What the feature’s scores were multiplied by.' }),
    contribution: t.exposeFloat('contribution', {
      description: 'What the feature added to the hit’s score: they sum to it. Under MAX, the largest is it.',
    }),
  }),
});

export const HitType = builder.objectRef<Hit>('Hit').implement({
  description: 'A document that was found, and why it stands where it stands.',
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'From 0. Send it back with `recordInteraction`.' }),
    documentId: t.exposeID('documentId', { description: 'Your id of the document.' }),
    score: t.exposeFloat('score', { description: 'The fused score; only comparable within this search.' }),
    content: t.string({
      nullable: true,
      description: 'The document’s text as it is now; null where it has none or is gone.',
      resolve: async (hit, _args, context) => (await documentLoader(context).load(hit))?.content ?? null,
    }),
    metadata: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The document’s fields as they are now; null where it is gone.',
      resolve: async (hit, _args, context) => (await documentLoader(context).load(hit))?.metadata ?? null,
    }),
    features: t.field({
      type: [HitFeatureType],
      complexity: { field: 1, multiplier: 5 },
      description: 'One a searched feature.',
      resolve: (hit) => [...hit.features],
    }),
  }),
});

const SearchResultType = builder.objectRef<Execution>('SearchResult').implement({
  description: 'One run of a retriever: what it showed, and everything that decided it.',
  fields: (t) => ({
    executionId: t.exposeID('id', { description: 'Names this run. Send it back with what the user does.' }),
    retrieverId: t.exposeID('retrieverId', { description: 'The retriever.' }),
    retrieverVersion: t.exposeInt('retrieverVersion', { description: 'The version of the retriever that ran.' }),
    executedAt: t.field({
      type: 'DateTime',
      description: 'When it ran.',
      resolve: (execution) => new Date(execution.executedAt),
    }),
    hits: t.field({
      type: [HitType],
      complexity: { field: 1, multiplier: 25 },
      description: 'The best first.',
      resolve: hitsOf,
    }),
    facets: t.expose('facets', {
      type: 'JSON',
      nullable: true,
      description: 'Candidates by value, for each field that the retriever counts: `{ "brand": { "Acme": 12 } }`.',
    }),
    timing: t.field({
      type: 'JSON',
      description:
        'Where the time went, in milliseconds: `{ totalMs, embeddingMs, fusionMs, samplingMs, searches: [{ featureUri, ms, candidates }] }`.',
      resolve: (execution) => execution.timing,
    }),
    warnings: t.stringList({
      description: 'What was not as it should be, in sentences.',
      resolve: (execution) => [...execution.warnings],
    }),
  }),
});

/** What decided the ranking. */
builder.objectFields(SearchResultType, (t) => ({
  fusion: t.expose('fusion', {
    type: FusionEnum,
    description: 'The fusion that was applied: the rollout’s static one where it serves in place of LEARNED.',
  }),
  contextLevel: t.expose('contextLevel', {
    type: ContextLevelEnum,
    nullable: true,
    description: 'Whose behaviour decided the weights; null where the fusion is static.',
  }),
  weights: t.field({
    type: [FeatureWeightType],
    complexity: { field: 1, multiplier: 5 },
    description: 'One a searched feature: what was applied, and the posterior it was drawn from.',
    resolve: weightsOfSearch,
  }),
  weightVersion: t.exposeString('weightVersion', {
    nullable: true,
    description: 'The version of the learned weights; null where the fusion is static.',
  }),
  seed: t.exposeString('seed', {
    nullable: true,
    description: 'The seed of the draw: the same inputs, weight version and seed give the same ranking.',
  }),
  rollout: t.expose('rollout', {
    type: RolloutDecisionType,
    nullable: true,
    description: 'What served it and why; null only in searches from before there were rollouts.',
  }),
  shadow: t.expose('shadow', {
    type: ShadowRankingType,
    nullable: true,
    description: 'The learned ranking that was worked out beside it; null where none was.',
  }),
  replay: t.field({
    type: ReplayType,
    complexity: 5,
    description: 'The same search worked out once more from its record, to see that it comes out the same.',
    resolve: (execution, _args, context) => context.app.search.replay(execution),
  }),
}));

export const SearchInput = builder.inputType('SearchInput', {
  description: 'A search.',
  fields: (t) => ({
    retrieverId: t.id({ required: true, description: 'The retriever to run.' }),
    inputs: t.field({
      type: 'JSON',
      required: true,
      description: 'An object of values for the retriever’s templates: `{ "query": "warm jacket" }`.',
    }),
    userId: t.string({ description: 'Who searches, for weights of their own. Default: `inputs.user_id`.' }),
    sessionId: t.string({ description: 'The visit that this search belongs to.' }),
    segment: t.string({ description: 'The group that the user belongs to. Default: `inputs.segment`.' }),
    seed: t.string({ description: 'Fixes the draw of a learned search. Left out: a fresh one.' }),
    limit: t.int({ description: 'How many hits at most, 1 to 100. Default: what the retriever’s stages leave.' }),
  }),
});

builder.queryFields((t) => ({
  search: t.field({
    type: SearchResultType,
    authScopes: { scope: 'search' },
    complexity: 20,
    description:
      'Runs a retriever. What is wrong with the input comes as an error with `extensions.code` and `extensions.inputPath`. Scope: SEARCH.',
    args: { input: t.arg({ type: SearchInput, required: true, description: 'The search.' }) },
    resolve: (_root, { input }, context) => context.app.search.execute(namespaceOf(context), toSearchInput(input)),
  }),
  execution: t.field({
    type: SearchResultType,
    nullable: true,
    authScopes: { scope: 'search' },
    complexity: 5,
    description: 'A search of the last days, as it ran; null where it is unknown. Scope: SEARCH.',
    args: { executionId: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: async (_root, { executionId }, context) => {
      const [execution] = await context.app.search.executions(namespaceOf(context), [executionId]);
      return execution ?? null;
    },
  }),
}));

/** Ranked hits, with what their documents are looked up by. */
export function hitsOf({ hits, retrieverId }: { hits: readonly ExecutedHit[]; retrieverId: string }): Hit[] {
  return hits.map((hit, position) => ({ ...hit, retrieverId, position }));
}

/**
 * From what GraphQL leaves undefined to what the use cases know.
 * @throws ValidationError INVALID_INPUTS
 */
export function toSearchInput(input: typeof SearchInput.$inferInput): SearchRequest {
  return {
    retrieverId: input.retrieverId,
    inputs: toInputs(input.inputs),
    userId: input.userId ?? null,
    sessionId: input.sessionId ?? null,
    segment: input.segment ?? null,
    seed: input.seed ?? null,
    limit: input.limit ?? null,
  };
}

function toInputs(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ValidationError('inputs must be an object, such as { "query": "warm jacket" }.', 'INVALID_INPUTS', [
    'input',
    'inputs',
  ]);
}
