import type { Clock } from '../shared/clock.ts';
import { ForbiddenError, NotFoundError } from '../shared/errors.ts';
import type { AccessCache } from './access-cache.ts';
import { matches, prefixOf } from './api-key.ts';
import { isNamespaceName, type Caller, type Credentials, type Namespace } from './caller.ts';
import type { KeyStore, StoredKey } from './key-store.ts';
import type { NamespaceStore } from './namespace-store.ts';

/** The namespace of a request that names none, where its key is bound to none either. */
export const defaultNamespace = 'default';

export interface AuthenticateDeps {
  keys: KeyStore;
  namespaces: NamespaceStore;
  cache: AccessCache;
  clock: Clock;
}

/**
 * Who asks.
 * @throws ForbiddenError UNAUTHENTICATED where there is no valid key, ORIGIN_NOT_ALLOWED where it is bound to other web
 * origins, FORBIDDEN where it is bound to another namespace
 * @throws NotFoundError NAMESPACE_NOT_FOUND
 */
export async function authenticate(
  deps: AuthenticateDeps,
  { authorization, namespace: namespaceName, origin }: Credentials,
): Promise<Caller> {
  const secret = bearerSecret(authorization);
  if (secret === null) throw unauthenticated('No API key was sent; send "Authorization: Bearer <key>".');
  const key = await validKey(deps, secret);
  checkOrigin(key, origin);
  const namespace = await namespaceFor(deps, key, namespaceName);
  const { id: keyId, scopes, expiresAt, rateLimitPerMinute } = key;
  return { namespace, keyId, scopes, everyNamespace: key.namespaceId === null, expiresAt, rateLimitPerMinute };
}

/** No pattern takes it apart: what anybody can send must not cost more than it is long. */
function bearerSecret(authorization: string | null): string | null {
  const scheme = 'bearer ';
  const text = authorization?.trim() ?? '';
  return text.slice(0, scheme.length).toLowerCase() === scheme ? text.slice(scheme.length).trim() : null;
}

/** Keeps a key that every visitor of a page can read from being used on other pages; it is no secret from programs. */
function checkOrigin({ allowedOrigins, prefix }: StoredKey, origin: string | null): void {
  if (allowedOrigins.length === 0 || (origin !== null && allowedOrigins.includes(origin))) return;
  const from = origin === null ? 'a request without an Origin' : `the origin ${origin}`;
  throw new ForbiddenError(
    `The API key ${prefix} may not be used by ${from}; use it on ${allowedOrigins.join(', ')}, or create a key for this place.`,
    'ORIGIN_NOT_ALLOWED',
  );
}

async function validKey({ keys, cache, clock }: AuthenticateDeps, secret: string): Promise<StoredKey> {
  const prefix = prefixOf(secret);
  const key = await cache.key(prefix, () => keys.findByPrefix(prefix));
  if (key === null || !matches(secret, key)) {
    throw unauthenticated('The API key is not known here; check it for a missing or changed character.');
  }
  if (key.revokedAt !== null) throw unauthenticated(`The API key ${prefix} has been revoked; ask for a new one.`);
  if (hasExpired(key, clock.now())) throw unauthenticated(`The API key ${prefix} has expired; ask for a new one.`);
  return key;
}

/** At its very moment it has. */
export function hasExpired({ expiresAt }: Pick<StoredKey, 'expiresAt'>, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

async function namespaceFor(
  { namespaces, cache }: AuthenticateDeps,
  key: StoredKey,
  asked: string | null,
): Promise<Namespace> {
  const bound = key.namespaceId;
  if (bound === null) {
    const name = asked ?? defaultNamespace;
    const namespace = isNamespaceName(name)
      ? await cache.namespace(`name ${name}`, () => namespaces.findByName(name))
      : null;
    if (namespace !== null) return namespace;
    throw new NotFoundError(`There is no namespace "${name}"; create it with createNamespace.`, 'NAMESPACE_NOT_FOUND');
  }
  const namespace = await cache.namespace(`id ${bound}`, () => namespaces.findById(bound));
  if (namespace === null) throw unauthenticated('The namespace of the API key is gone.');
  if (asked !== null && asked !== namespace.name) {
    throw new ForbiddenError(
      `The API key is bound to the namespace "${namespace.name}" and may not name "${asked}"; leave X-Namespace out.`,
      'FORBIDDEN',
    );
  }
  return namespace;
}

function unauthenticated(message: string): ForbiddenError {
  return new ForbiddenError(message, 'UNAUTHENTICATED');
}
