import type { Collection, Document } from '../src/collections/collection.ts';
import type { Retriever } from '../src/retrievers/retriever.ts';
import { isUuid } from '../src/shared/uuid.ts';
import { namespaceOf, type Context } from './context.ts';

/*
 * The batch functions behind the dataloaders: each is called once a tick with every key that an operation wants then.
 */

/** Those that exist in the caller's namespace. */
export function loadCollections(ids: readonly string[], context: Context): Promise<Collection[]> {
  return ofUuids(ids, (known) => context.app.collections.get(namespaceOf(context), known));
}

/** Those that exist in the caller's namespace. */
export function loadRetrievers(ids: readonly string[], context: Context): Promise<Retriever[]> {
  return ofUuids(ids, (known) => context.app.retrievers.get(namespaceOf(context), known));
}

/** In the order of the ids. */
export async function countDocuments(collectionIds: readonly string[], context: Context): Promise<number[]> {
  const counts = await context.app.collections.count(collectionIds);
  return collectionIds.map((id) => counts.get(id) ?? 0);
}

/** A document that a retriever found: it is in one of the collections that the retriever searches. */
export interface FoundDocument {
  retrieverId: string;
  documentId: string;
}

/** In the order of the keys; null for what is not there any more. One call a retriever: their collections may differ. */
export async function loadDocuments(keys: readonly FoundDocument[], context: Context): Promise<(Document | null)[]> {
  const ns = namespaceOf(context);
  const retrieverIds = [...new Set(keys.map((key) => key.retrieverId))];
  const documents = new Map(
    await Promise.all(
      retrieverIds.map(async (retrieverId) => {
        const wanted = keys.filter((key) => key.retrieverId === retrieverId).map((key) => key.documentId);
        const found = await context.app.search.documents(ns, retrieverId, wanted);
        return [retrieverId, new Map(found.map((document) => [document.documentId, document]))] as const;
      }),
    ),
  );
  return keys.map((key) => documents.get(key.retrieverId)?.get(key.documentId) ?? null);
}

/** An id that is no UUID names nothing, and is not looked up. */
async function ofUuids<Entity>(
  ids: readonly string[],
  get: (ids: readonly string[]) => Promise<Entity[]>,
): Promise<Entity[]> {
  const known = ids.filter(isUuid);
  return known.length > 0 ? get(known) : [];
}
