import type { Page, PageRequest } from '../shared/page.ts';
import type { ApiKey } from './access-input.ts';
import type { KeyDigest } from './api-key.ts';

export interface StoredKey extends ApiKey, KeyDigest {
  /** Null: every namespace. */
  namespaceId: string | null;
}

export interface KeyStore {
  insert(key: StoredKey): Promise<void>;
  findByPrefix(prefix: string): Promise<StoredKey | null>;
  /**
   * The keys of the namespace, newest first, also those that are revoked or have expired.
   * @throws ValidationError INVALID_CURSOR
   */
  list(namespaceId: string, page: PageRequest): Promise<Page<ApiKey>>;
  /** Those of the keys that are revoked or gone. */
  revoked(ids: readonly string[]): Promise<string[]>;
  /** Revokes the namespace's key (again changes nothing) and returns it; null where the namespace has no such key. */
  revoke(namespaceId: string, id: string, at: number): Promise<ApiKey | null>;
  /** Whether a key for every namespace exists that is not revoked. */
  hasAdminKey(): Promise<boolean>;
  /** Makes this the one key for every namespace: stores it, or revives it by its prefix, and revokes the others. */
  replaceAdminKey(key: StoredKey): Promise<void>;
}
