import type { RetrieverStore } from './retriever-store.ts';

/**
 * Searches with it are refused from now on; its versions and executions stay readable.
 * @returns its id as everything else spells it
 * @throws NotFoundError RETRIEVER_NOT_FOUND
 */
export async function deleteRetriever(
  deps: { retrievers: Pick<RetrieverStore, 'delete'> },
  namespaceId: string,
  id: string,
): Promise<string> {
  await deps.retrievers.delete(namespaceId, id);
  return id.toLowerCase();
}
