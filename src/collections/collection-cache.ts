import { LRUCache } from 'lru-cache';
import type { CollectionStore } from './collection-store.ts';
import type { Collection } from './collection.ts';

/**
 * Collections in memory, so that a search need not ask for those of its retriever. Nothing of a collection changes after
 * it was made, and none is deleted, so that a copy is good for ever.
 */
export function cacheCollections(store: CollectionStore): CollectionStore {
  const known = new LRUCache<string, Collection>({ max: 10_000 });
  return {
    ...store,
    async get(namespaceId, ids) {
      const cached = ids.map((id) => known.get(id));
      const isHere = (collection: Collection | undefined) => collection?.namespaceId === namespaceId;
      if (cached.every(isHere)) return cached as Collection[];
      const collections = await store.get(namespaceId, ids);
      for (const collection of collections) known.set(collection.id, collection);
      return collections;
    },
  };
}
