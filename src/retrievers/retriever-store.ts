import type { Page, PageRequest } from '../shared/page.ts';
import type { Retriever, RetrieverDefinition } from './retriever.ts';

export interface RetrieverStore {
  /** @throws ConflictError RETRIEVER_NAME_TAKEN */
  checkNameIsFree(namespaceId: string, name: string): Promise<void>;
  /** @throws ConflictError RETRIEVER_NAME_TAKEN */
  create(namespaceId: string, definition: RetrieverDefinition): Promise<Retriever>;
  /**
   * Writes `change(current)` as the next version; two updates at once are one after the other.
   * @throws NotFoundError RETRIEVER_NOT_FOUND, ConflictError RETRIEVER_NAME_TAKEN
   */
  update(
    namespaceId: string,
    id: string,
    change: (current: Retriever) => Promise<RetrieverDefinition>,
  ): Promise<Retriever>;
  /** Those that exist in the namespace and are not deleted, in any order. */
  get(namespaceId: string, ids: readonly string[]): Promise<Retriever[]>;
  /** A past version, also of a deleted retriever. */
  version(id: string, version: number): Promise<Retriever | null>;
  /** Newest first. */
  list(namespaceId: string, page: PageRequest): Promise<Page<Retriever>>;
  /** @throws NotFoundError RETRIEVER_NOT_FOUND */
  delete(namespaceId: string, id: string): Promise<void>;
}
