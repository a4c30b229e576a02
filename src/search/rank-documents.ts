import type { CollectionStore } from '../collections/collection-store.ts';
import { fuse } from '../fusion/fuse.ts';
import type { FusedHit } from '../fusion/ranked-list.ts';
import { contextValues, type ContextValues } from '../learning/context.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { stopwatch } from '../shared/clock.ts';
import { noTracing, type Tracer } from '../shared/tracer.ts';
import { applyStages, readyStages, type LoadDocuments, type ReadyStage } from './apply-stages.ts';
import { checkContextValues, type Searcher } from './check-search-input.ts';
import type { DecidedWeights } from './decide-weights.ts';
import type { Facets, SearchTiming } from './execution.ts';
import { planSearches, type PlannedSearch } from './plan-search.ts';
import { retrieverInputs } from './retriever-inputs.ts';
import { rankShadow, type ShadowList } from './rank-shadow.ts';
import { runSearches, type FailedSearch, type RunSearchesDeps } from './run-searches.ts';

export interface RankDocumentsDeps extends RunSearchesDeps {
  collections: Pick<CollectionStore, 'get' | 'documents'>;
  /** Left out: nothing is traced. */
  tracer?: Tracer;
}

/** A retriever with the templates of all its stages filled in. */
export interface PreparedSearch {
  retriever: Retriever;
  planned: readonly PlannedSearch[];
  laterStages: readonly ReadyStage[];
  /** The values that learned weights are looked up by. */
  values: ContextValues;
}

/** What a retriever finds, best first, and what decided it. Nobody was shown it yet, and nothing is recorded. */
export interface Ranking {
  hits: FusedHit[];
  facets: Facets | null;
  weights: DecidedWeights;
  timing: Omit<SearchTiming, 'totalMs'>;
  /** For whoever searches. */
  warnings: string[];
  /** The feature searches that failed; `warnings` tells of each. */
  failures: readonly FailedSearch[];
  /** The ranking that was asked for beside it; null where none was, or where it failed. */
  shadow: ShadowList | null;
}

/** @throws ValidationError MISSING_INPUT, INVALID_INPUT, EMPTY_QUERY, INVALID_QUERY, INVALID_FILTER, … */
export async function prepareSearch(
  deps: Pick<RankDocumentsDeps, 'collections'>,
  retriever: Retriever,
  given: Record<string, unknown>,
  searcher: Searcher,
): Promise<PreparedSearch> {
  const { collectionIds } = retriever;
  const collections = await deps.collections.get(retriever.namespaceId, collectionIds);
  const inOrder = collections.toSorted((a, b) => collectionIds.indexOf(a.id) - collectionIds.indexOf(b.id));
  const inputs = retrieverInputs(retriever, given, searcher);
  const planned = planSearches(retriever, inOrder, inputs);
  const laterStages = readyStages(retriever, inputs.lookup);
  const { learningConfig } = retriever.stages[0];
  const values = checkContextValues(contextValues({ ...searcher, inputs: given }, learningConfig));
  return { retriever, planned, laterStages, values };
}

/**
 * Runs the feature searches, all at once, and meanwhile decides the weights; then the fusion and the later stages.
 * @param shadow the same retriever with another fusion, to be ranked from the same lists
 * @throws ConflictError FEATURE_MODEL_CHANGED
 */
export async function rankDocuments(
  deps: RankDocumentsDeps,
  { retriever, planned, laterStages, values }: PreparedSearch,
  decide: (retriever: Retriever, values: ContextValues) => Promise<DecidedWeights>,
  shadow: Retriever | null = null,
): Promise<Ranking> {
  const [found, weights] = await Promise.all([runSearches(deps, planned), decide(retriever, values)]);
  const fusing = stopwatch();
  const { fusion, rankConstant, rawScores } = retriever.stages[0];
  const { tracer = noTracing } = deps;
  const fused = tracer.span('fusion', { 'attune.fusion': fusion, 'attune.lists': found.lists.length }, () =>
    fuse(fusion, found.lists, { weights: weights.forFusion, rankConstant, rawScores }),
  );
  const fusionMs = fusing();
  const load: LoadDocuments = (ids) => deps.collections.documents(retriever.collectionIds, ids);
  const [{ hits, facets }, shadowList] = await Promise.all([
    applyStages(fused, retriever, laterStages, load),
    shadow && rankShadow(deps, { retriever: shadow, lists: found.lists, laterStages, values, load }, decide),
  ]);
  const { embeddingMs, searches } = found;
  return {
    hits,
    facets,
    weights,
    timing: { embeddingMs, fusionMs, samplingMs: weights.samplingMs, searches },
    warnings: [...found.warnings, ...(weights.warning === null ? [] : [weights.warning])],
    failures: found.failures,
    shadow: shadowList,
  };
}
