import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { PosteriorSource } from '../learning/posterior-source.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { SeedSource } from '../shared/rng.ts';
import { withFusion } from './apply-rollout.ts';
import { checkSearchInput } from './check-search-input.ts';
import { decideWeights } from './decide-weights.ts';
import type { ExecutedHit } from './execution.ts';
import { prepareSearch, rankDocuments, type RankDocumentsDeps } from './rank-documents.ts';
import type { SearchInput } from './search-input.ts';

export interface PreviewSearchDeps extends RankDocumentsDeps {
  retrievers: Pick<RetrieverStore, 'get'>;
  posteriors: PosteriorSource;
  randomSeed: SeedSource;
}

/** What a search would show. */
export interface SearchPreview {
  retrieverId: string;
  fusion: FusionMethod;
  /** Best first. */
  hits: readonly ExecutedHit[];
}

/**
 * Ranks as a search would, whatever the rollout says, and with a fusion of the caller's choice. It is no execution: nobody
 * is shown it, nothing learns from it, and no figure of the traffic counts it.
 * @throws ValidationError, NotFoundError RETRIEVER_NOT_FOUND, ConflictError FEATURE_MODEL_CHANGED
 */
export async function previewSearch(
  deps: PreviewSearchDeps,
  namespaceId: string,
  input: SearchInput,
  fusion: FusionMethod,
): Promise<SearchPreview> {
  const searcher = checkSearchInput(input);
  const found = await findRetriever(deps.retrievers, namespaceId, input.retrieverId, ['input', 'retrieverId']);
  const seed = input.seed ?? deps.randomSeed();
  const prepared = await prepareSearch(deps, withFusion(found, fusion), input.inputs, searcher);
  const { hits } = await rankDocuments(deps, prepared, (version, values) =>
    decideWeights(deps.posteriors, version, values, seed),
  );
  return { retrieverId: found.id, fusion, hits: input.limit === null ? hits : hits.slice(0, input.limit) };
}
