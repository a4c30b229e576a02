import type { ContextValues } from '../learning/context.ts';
import type { ExaminationCurves } from '../learning/examination-curves.ts';
import type { PosteriorSource } from '../learning/posterior-source.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import type { RolloutCache } from '../rollouts/rollout-cache.ts';
import { stopwatch, type Clock } from '../shared/clock.ts';
import type { SeedSource } from '../shared/rng.ts';
import { applyRollout } from './apply-rollout.ts';
import { checkSearchInput } from './check-search-input.ts';
import { decideWeights } from './decide-weights.ts';
import type { ExecutionIds } from './execution-id.ts';
import type { ExecutionRecorder } from './execution-recorder.ts';
import type { Execution } from './execution.ts';
import { prepareSearch, rankDocuments, type RankDocumentsDeps } from './rank-documents.ts';
import { recordedShadow } from './rank-shadow.ts';
import type { SearchInput } from './search-input.ts';

export interface ExecuteSearchDeps extends RankDocumentsDeps {
  retrievers: Pick<RetrieverStore, 'get'>;
  posteriors: PosteriorSource;
  rollouts: Pick<RolloutCache, 'of'>;
  executions: Pick<ExecutionRecorder, 'record'>;
  executionIds: Pick<ExecutionIds, 'issue'>;
  examination: Pick<ExaminationCurves, 'of'>;
  clock: Clock;
  randomSeed: SeedSource;
}

/**
 * Runs a retriever, with the fusion that its rollout gives this user: its feature searches all at once, and the weights
 * worked out meanwhile; then the fusion and the later stages. What is returned is recorded behind the answer, and
 * interactions may refer to it from now on.
 * @throws ValidationError, NotFoundError RETRIEVER_NOT_FOUND, ConflictError FEATURE_MODEL_CHANGED
 */
export async function executeSearch(
  deps: ExecuteSearchDeps,
  namespaceId: string,
  input: SearchInput,
): Promise<Execution> {
  const elapsed = stopwatch();
  const searcher = checkSearchInput(input);
  const retriever = await findRetriever(deps.retrievers, namespaceId, input.retrieverId, ['input', 'retrieverId']);
  const seed = input.seed ?? deps.randomSeed();
  const rollout = await deps.rollouts.of(retriever.id);
  const { decision, served, shadow } = applyRollout(rollout, retriever, { ...searcher, seed });
  const prepared = await prepareSearch(deps, served, input.inputs, searcher);
  const decide = (version: Retriever, values: ContextValues) => decideWeights(deps.posteriors, version, values, seed);
  const ranking = await rankDocuments(deps, prepared, decide, shadow);
  const { weights } = ranking;
  const hits = input.limit === null ? ranking.hits : ranking.hits.slice(0, input.limit);

  const execution: Execution = {
    id: deps.executionIds.issue(namespaceId),
    namespaceId,
    retrieverId: retriever.id,
    retrieverVersion: retriever.version,
    ...searcher,
    contextValues: prepared.values,
    inputs: input.inputs,
    fusion: served.stages[0].fusion,
    rollout: decision,
    shadow: recordedShadow(ranking.shadow, hits, input.limit),
    contextLevel: weights.contextLevel,
    weights: weights.applied,
    weightVersion: weights.weightVersion,
    seed: weights.seed,
    posterior: weights.posterior,
    examination: examinationOf(deps, retriever),
    hits,
    facets: ranking.facets,
    timing: { totalMs: elapsed(), ...ranking.timing },
    warnings: ranking.warnings,
    executedAt: deps.clock.now(),
  };
  deps.executions.record(execution);
  return execution;
}

/** Recorded, so that what feedback on this search is worth never depends on what is learned of positions later. */
function examinationOf({ examination }: ExecuteSearchDeps, retriever: Retriever): readonly number[] | null {
  const { positionBias } = retriever.stages[0].learningConfig;
  return positionBias === 'EXAMINATION_CURVE' ? examination.of(retriever.namespaceId, retriever.id) : null;
}
