import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { NotFoundError, ValidationError } from '../shared/errors.ts';
import type { LearnedWeights, LearnedWeightsQuery } from './learned-weights.ts';
import type { PosteriorSource } from './posterior-source.ts';
import { readLearnedWeights, valuesOf } from './read-learned-weights.ts';
import type { WeightFeed } from './weight-feed.ts';
import { parseWeightVersion } from './weight-version.ts';

interface WeightsDeps {
  retrievers: Pick<RetrieverStore, 'get'>;
  posteriors: PosteriorSource;
}

/** What the retriever has learned, by now. @throws NotFoundError RETRIEVER_NOT_FOUND */
export async function getLearnedWeights(
  deps: WeightsDeps,
  namespaceId: string,
  query: LearnedWeightsQuery,
): Promise<LearnedWeights> {
  const retriever = await findRetriever(deps, namespaceId, query.retrieverId);
  const { weights } = await readLearnedWeights(deps.posteriors, retriever, valuesOf(query));
  return weights;
}

/** What it has learned, now and at every change. @throws NotFoundError RETRIEVER_NOT_FOUND, ValidationError INVALID_VERSION */
export async function watchLearnedWeights(
  deps: WeightsDeps & { feed: WeightFeed },
  namespaceId: string,
  query: LearnedWeightsQuery,
  after: string | null,
): Promise<AsyncIterableIterator<LearnedWeights>> {
  const known = after === null ? -1 : parseWeightVersion(after);
  if (known === null) {
    throw new ValidationError(
      'after must be a version that this subscription sent; leave it out to begin with a snapshot.',
      'INVALID_VERSION',
      ['after'],
    );
  }
  const retriever = await findRetriever(deps, namespaceId, query.retrieverId);
  return deps.feed.watch(retriever, valuesOf(query), known);
}

async function findRetriever(deps: WeightsDeps, namespaceId: string, id: string): Promise<Retriever> {
  const [retriever] = await deps.retrievers.get(namespaceId, [id]);
  if (retriever !== undefined) return retriever;
  throw new NotFoundError(
    `There is no retriever ${JSON.stringify(id.slice(0, 100))} in this namespace.`,
    'RETRIEVER_NOT_FOUND',
    ['retrieverId'],
  );
}
