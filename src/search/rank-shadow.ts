import { fuse } from '../fusion/fuse.ts';
import type { RankedList } from '../fusion/ranked-list.ts';
import type { ContextValues } from '../learning/context.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { compareRankings } from '../rollouts/shadow-agreement.ts';
import type { Logger } from '../shared/logger.ts';
import { applyStages, type LoadDocuments, type ReadyStage } from './apply-stages.ts';
import type { DecidedWeights } from './decide-weights.ts';
import type { ExecutedHit, ShadowRanking } from './execution.ts';

/** The learned ranking of a search that something else served. */
export interface ShadowList {
  weights: DecidedWeights;
  /** Best first. */
  documentIds: readonly string[];
}

/** A search ready to be ranked once more, from the lists that were found for what is served. */
export interface ShadowTask {
  retriever: Retriever;
  lists: readonly RankedList[];
  laterStages: readonly ReadyStage[];
  values: ContextValues;
  load: LoadDocuments;
}

/** Fuses the same lists by what was learned. Nobody sees it, so its failure harms nobody: null then, and logged. */
export async function rankShadow(
  { logger }: { logger: Logger },
  task: ShadowTask,
  decide: (retriever: Retriever, values: ContextValues) => Promise<DecidedWeights>,
): Promise<ShadowList | null> {
  const { retriever, lists, laterStages, values, load } = task;
  try {
    const weights = await decide(retriever, values);
    const { fusion, rankConstant, rawScores } = retriever.stages[0];
    const fused = fuse(fusion, lists, { weights: weights.forFusion, rankConstant, rawScores });
    const { hits } = await applyStages(fused, retriever, laterStages, load);
    return { weights, documentIds: hits.map(({ documentId }) => documentId) };
  } catch (error) {
    logger.warn({ err: error, retrieverId: retriever.id }, 'The shadow of a search could not be ranked.');
    return null;
  }
}

/** What is recorded of a shadow. @param limit of the search; null: none */
export function recordedShadow(
  shadow: ShadowList | null,
  served: readonly ExecutedHit[],
  limit: number | null,
): ShadowRanking | null {
  if (shadow === null) return null;
  const { weights } = shadow;
  const documentIds = limit === null ? shadow.documentIds : shadow.documentIds.slice(0, limit);
  return {
    contextLevel: weights.contextLevel,
    weights: weights.applied,
    weightVersion: weights.weightVersion,
    seed: weights.seed,
    documentIds,
    agreement: compareRankings(
      served.map(({ documentId }) => documentId),
      documentIds,
    ),
  };
}
