import { NotFoundError } from '../shared/errors.ts';
import type { CollectionStore } from './collection-store.ts';
import type { Collection } from './collection.ts';

/** @throws NotFoundError COLLECTION_NOT_FOUND */
export async function findCollection(
  collections: CollectionStore,
  namespaceId: string,
  id: string,
): Promise<Collection> {
  const [collection] = await collections.get(namespaceId, [id]);
  if (collection !== undefined) return collection;
  throw new NotFoundError(
    `There is no collection ${JSON.stringify(id.slice(0, 100))} in this namespace; collectionId is the id that createCollection returned.`,
    'COLLECTION_NOT_FOUND',
    ['input', 'collectionId'],
  );
}
