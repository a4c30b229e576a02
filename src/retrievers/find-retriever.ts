import type { RetrieverStore } from './retriever-store.ts';
import type { Retriever } from './retriever.ts';
import { NotFoundError } from '../shared/errors.ts';

/** @throws NotFoundError RETRIEVER_NOT_FOUND */
export async function findRetriever(
  retrievers: Pick<RetrieverStore, 'get'>,
  namespaceId: string,
  id: string,
  path: readonly string[],
): Promise<Retriever> {
  const [retriever] = await retrievers.get(namespaceId, [id]);
  if (retriever !== undefined) return retriever;
  throw new NotFoundError(
    `There is no retriever ${JSON.stringify(id.slice(0, 100))} in this namespace: ${path.at(-1)} is an id that createRetriever returned.`,
    'RETRIEVER_NOT_FOUND',
    path,
  );
}
