import type { FusedHit } from '../fusion/ranked-list.ts';
import { contextValues, type ContextValues } from '../learning/context.ts';
import type { PosteriorSource } from '../learning/posterior-source.ts';
import { lessonOf } from '../learning/judged-evidence.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { checkSearchInput, type Searcher } from '../search/check-search-input.ts';
import { decideWeights } from '../search/decide-weights.ts';
import { prepareSearch, rankDocuments, type RankDocumentsDeps } from '../search/rank-documents.ts';
import { stopwatch } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';
import type { EvaluationQuery } from './evaluation-dataset.ts';
import type { EvaluationSpec, MeasuredQuery } from './evaluation.ts';
import { frozenDecision, type FrozenWeights } from './frozen-weights.ts';
import { rankingMetrics } from './ranking-metrics.ts';

export interface EvaluateQueryDeps extends RankDocumentsDeps {
  posteriors: PosteriorSource;
}

/** The version that is measured, with another fusion where one was asked for. */
export function asMeasured(retriever: Retriever, { fusion }: Pick<EvaluationSpec, 'fusion'>): Retriever {
  const [first, ...rest] = retriever.stages;
  return fusion === null ? retriever : { ...retriever, stages: [{ ...first, fusion }, ...rest] };
}

/** Whom a query stands for: its inputs may name a user or a segment. @throws ValidationError */
export function searcherOf(inputs: Record<string, unknown>): Searcher {
  const nobody = { userId: null, sessionId: null, segment: null, seed: null, limit: null };
  return checkSearchInput({ retrieverId: '', inputs, ...nobody });
}

/** The context whose learned weights a query gets; none for one that the retriever will refuse. */
export function contextOf(retriever: Retriever, { inputs }: Pick<EvaluationQuery, 'inputs'>): ContextValues {
  try {
    return contextValues({ ...searcherOf(inputs), inputs }, retriever.stages[0].learningConfig);
  } catch (error) {
    if (error instanceof ValidationError) return {};
    throw error;
  }
}

/**
 * Searches as a live search would, but with the frozen weights, and without an execution: nobody is shown the result,
 * nothing learns from it, and no figure of the traffic counts it. A query that the retriever refuses found nothing; one
 * that a feature cannot read, such as a broken picture, found what the other features did. Either has an error.
 * @param frozen null: the fusion is static
 */
export async function evaluateQuery(
  deps: EvaluateQueryDeps,
  retriever: Retriever,
  query: EvaluationQuery,
  run: { frozen: FrozenWeights | null; spec: Pick<EvaluationSpec, 'kValues' | 'limit'> },
): Promise<MeasuredQuery> {
  const elapsed = stopwatch();
  const { hits, error } = await rankOrRefuse(deps, retriever, query, run.frozen);
  const shown = hits.slice(0, run.spec.limit);
  const ranking = shown.map(({ documentId }) => documentId);
  const judgments = new Map(Object.entries(query.judgments));
  const metrics = rankingMetrics(ranking, judgments, run.spec.kValues);
  const tookMs = elapsed();
  const lesson = lessonOf(shown, judgments, retriever.stages[0].learningConfig);
  return { position: query.position, ranking, metrics, error, tookMs, lesson };
}

async function rankOrRefuse(
  deps: EvaluateQueryDeps,
  retriever: Retriever,
  { inputs }: EvaluationQuery,
  frozen: FrozenWeights | null,
): Promise<{ hits: FusedHit[]; error: string | null }> {
  try {
    const prepared = await prepareSearch(deps, retriever, inputs, searcherOf(inputs));
    const { hits, failures } = await rankDocuments(deps, prepared, async (version, values) => {
      if (frozen !== null) return frozenDecision(frozen, version, values);
      invariant(version.stages[0].fusion !== 'LEARNED', 'learned weights are frozen before the first query');
      return decideWeights(deps.posteriors, version, values, '');
    });
    // What is wrong with the query itself would be so at every try. Any other failure is no property of the retriever: the
    // query is tried again.
    const passing = failures.find(({ failure }) => !(failure instanceof ValidationError));
    if (passing !== undefined) throw new Error(passing.warning, { cause: passing.failure });
    return { hits, error: failures.map(({ warning }) => warning).join(' ') || null };
  } catch (error) {
    if (error instanceof ValidationError) return { hits: [], error: error.message };
    throw error;
  }
}
