import type { RetrieverStore } from './retriever-store.ts';

/** Searches with it are refused from now on; its versions and executions stay readable. @throws NotFoundError RETRIEVER_NOT_FOUND */
export async function deleteRetriever(
  deps: { retrievers: Pick<RetrieverStore, 'delete'> },
  namespaceId: string,
  id: string,
): Promise<void> {
  await deps.retrievers.delete(namespaceId, id);
}
