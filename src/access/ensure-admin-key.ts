import type { Clock } from '../shared/clock.ts';
import { OperatorError } from '../shared/errors.ts';
import { generateSecret, matches, prefixOf } from './api-key.ts';
import { newKey } from './create-api-key.ts';
import type { KeyStore, StoredKey } from './key-store.ts';

/**
 * Sees to it that somebody can get in. A configured key becomes the store's one admin key, whatever was before: so a
 * lost or leaked one is replaced. Without one, a store that has none gets a fresh one, returned to be shown once.
 * @throws OperatorError where the configured key is too short, or cannot travel in a header
 */
export async function ensureAdminKey(
  { keys, clock }: { keys: KeyStore; clock: Clock },
  configuredKey: string | null,
): Promise<{ secret: string | null }> {
  if (configuredKey !== null) {
    await installConfigured(keys, clock, configuredKey);
    return { secret: null };
  }
  if (await keys.hasAdminKey()) return { secret: null };
  const secret = generateSecret();
  await keys.insert(adminKey(secret, clock));
  return { secret };
}

async function installConfigured(keys: KeyStore, clock: Clock, secret: string): Promise<void> {
  if (!/^[!-~](?:[ -~]{22,}[!-~])$/.test(secret)) {
    throw new OperatorError(
      'ATTUNE_ADMIN_KEY must have 24 or more printable ASCII characters and neither begin nor end with a space.',
    );
  }
  const stored = await keys.findByPrefix(prefixOf(secret));
  if (stored !== null && stored.namespaceId !== null) {
    throw new OperatorError(
      `ATTUNE_ADMIN_KEY is the key ${stored.prefix} of one namespace; choose a string of its own.`,
    );
  }
  const current = stored !== null && stored.revokedAt === null && matches(secret, stored);
  if (!current) await keys.replaceAdminKey(adminKey(secret, clock));
}

function adminKey(secret: string, clock: Clock): StoredKey {
  return newKey(secret, {
    namespaceId: null,
    name: 'admin',
    scopes: ['admin'],
    createdAt: clock.now(),
    expiresAt: null,
    allowedOrigins: [],
    rateLimitPerMinute: null,
  });
}
