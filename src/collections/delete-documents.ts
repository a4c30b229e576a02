import { checkBatchSize } from './batch-size.ts';
import type { DeleteDocumentsInput } from './collection-input.ts';
import type { CollectionStore } from './collection-store.ts';
import { findCollection } from './find-collection.ts';

/**
 * Returns how many existed; ids that name no document are passed over.
 * @throws ValidationError NO_DOCUMENTS, TOO_MANY_DOCUMENTS, NotFoundError COLLECTION_NOT_FOUND
 */
export async function deleteDocuments(
  deps: { collections: CollectionStore },
  namespaceId: string,
  input: DeleteDocumentsInput,
): Promise<number> {
  checkBatchSize('documentIds', input.documentIds.length);
  const collection = await findCollection(deps.collections, namespaceId, input.collectionId);
  return deps.collections.remove(collection, [...new Set(input.documentIds)]);
}
