import type { Clock } from '../shared/clock.ts';
import { NotFoundError } from '../shared/errors.ts';
import { isUuid } from '../shared/uuid.ts';
import type { AccessCache } from './access-cache.ts';
import type { ApiKey } from './access-input.ts';
import type { KeyStore } from './key-store.ts';

export interface RevokeApiKeyDeps {
  keys: KeyStore;
  cache: AccessCache;
  clock: Clock;
  /** Called when it is stored, for whoever is still let in by the key. */
  tell: (key: ApiKey) => void;
}

/**
 * The key lets nobody in any more, and what is watched with it ends: here at once, on other instances within seconds.
 * Revoking twice changes nothing.
 * @throws NotFoundError API_KEY_NOT_FOUND
 */
export async function revokeApiKey(
  { keys, cache, clock, tell }: RevokeApiKeyDeps,
  namespaceId: string,
  id: string,
): Promise<ApiKey> {
  const key = isUuid(id) ? await keys.revoke(namespaceId, id, clock.now()) : null;
  if (key === null) {
    throw new NotFoundError('There is no API key with this id in the namespace.', 'API_KEY_NOT_FOUND', [
      'input',
      'apiKeyId',
    ]);
  }
  cache.forgetKey(key.prefix);
  tell(key);
  return key;
}
