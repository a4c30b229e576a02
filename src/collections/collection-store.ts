import type { Page, PageRequest } from '../shared/page.ts';
import type { BroughtVector, Collection, Document, FeatureSpec, IndexedDocument } from './collection.ts';

/** Collections, their documents and their feature indexes. One transaction a call. */
export interface CollectionStore {
  /** @throws ConflictError COLLECTION_NAME_TAKEN */
  create(namespaceId: string, name: string, features: readonly FeatureSpec[]): Promise<Collection>;
  /** Those of `ids` that exist in the namespace, in any order. */
  get(namespaceId: string, ids: readonly string[]): Promise<Collection[]>;
  /** Newest first. */
  list(namespaceId: string, page: PageRequest): Promise<Page<Collection>>;
  /** Number of documents in each collection. */
  count(collectionIds: readonly string[]): Promise<Map<string, number>>;
  /** The features of all namespaces that an extractor fills. */
  extractedFeatureUris(): Promise<string[]>;
  /** Inserts or replaces whole documents with all their index entries; all or none. Document ids are distinct. */
  write(collection: Collection, documents: readonly IndexedDocument[]): Promise<void>;
  /** Returns how many existed. */
  remove(collection: Collection, documentIds: readonly string[]): Promise<number>;
  /** The documents found, in any order; where two collections hold the id, the one named first wins. */
  documents(collectionIds: readonly string[], documentIds: readonly string[]): Promise<Document[]>;
  /** By document id, which is also what `after` names; it may be gone. */
  documentPage(collectionId: string, page: PageRequest): Promise<Page<Document>>;
  /** The vectors that came with these documents, by document id. */
  broughtVectors(
    collection: Collection,
    documentIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly BroughtVector[]>>;
}
