import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import { holdsUnstorable } from '../shared/storable-json.ts';
import type { ApiKey, CreateApiKeyInput } from './access-input.ts';
import { digest, generateSecret } from './api-key.ts';
import type { KeyStore, StoredKey } from './key-store.ts';

const maxNameLength = 200;
const maxOrigins = 100;
const maxRate = 1_000_000;

/**
 * A key bound to the namespace. The secret is returned here and nowhere else: only its salted hash is stored.
 * @throws ValidationError INVALID_KEY_NAME, NO_SCOPES, EXPIRY_IN_THE_PAST, INVALID_ORIGIN, ORIGINS_ON_ADMIN_KEY,
 * INVALID_RATE_LIMIT
 */
export async function createApiKey(
  { keys, clock }: { keys: KeyStore; clock: Clock },
  namespaceId: string,
  input: CreateApiKeyInput,
): Promise<{ apiKey: ApiKey; secret: string }> {
  check(input, clock.now());
  const secret = generateSecret();
  const key = newKey(secret, { ...input, namespaceId, createdAt: clock.now() });
  await keys.insert(key);
  const { namespaceId: _, salt: __, hash: ___, ...apiKey } = key;
  return { apiKey, secret };
}

/** What is stored of a secret. */
export function newKey(
  secret: string,
  key: CreateApiKeyInput & Pick<StoredKey, 'namespaceId' | 'createdAt'>,
): StoredKey {
  return {
    ...key,
    ...digest(secret),
    id: uuidv7({ msecs: key.createdAt }),
    scopes: [...new Set(key.scopes)],
    allowedOrigins: [...new Set(key.allowedOrigins)],
    revokedAt: null,
  };
}

function check(input: CreateApiKeyInput, now: number): void {
  if (input.name.trim() === '' || input.name.length > maxNameLength || holdsUnstorable(input.name)) {
    throw fault(
      `name must have 1 to ${maxNameLength} characters of valid Unicode without NUL.`,
      'INVALID_KEY_NAME',
      'name',
    );
  }
  if (input.scopes.length === 0) {
    throw fault('scopes must name at least one of ADMIN, SEARCH and INTERACT.', 'NO_SCOPES', 'scopes');
  }
  if (input.expiresAt !== null && input.expiresAt <= now) {
    const message = 'expiresAt must lie in the future; leave it out for a key that never expires.';
    throw fault(message, 'EXPIRY_IN_THE_PAST', 'expiresAt');
  }
  checkOrigins(input);
  const { rateLimitPerMinute: rate } = input;
  if (rate !== null && !(Number.isInteger(rate) && rate >= 1 && rate <= maxRate)) {
    const message = `rateLimitPerMinute must be a whole number from 1 to ${maxRate}; leave it out for no limit of its own.`;
    throw fault(message, 'INVALID_RATE_LIMIT', 'rateLimitPerMinute');
  }
}

function checkOrigins({ allowedOrigins, scopes }: CreateApiKeyInput): void {
  if (allowedOrigins.length === 0) return;
  if (scopes.includes('admin')) {
    const message =
      'allowedOrigins is for keys that browsers hold, and none of them may be ADMIN; choose SEARCH or INTERACT.';
    throw fault(message, 'ORIGINS_ON_ADMIN_KEY', 'allowedOrigins');
  }
  if (allowedOrigins.length > maxOrigins) {
    throw fault(`allowedOrigins takes at most ${maxOrigins} origins.`, 'INVALID_ORIGIN', 'allowedOrigins');
  }
  const index = allowedOrigins.findIndex((origin) => !isOrigin(origin));
  if (index < 0) return;
  throw new ValidationError(
    'An allowed origin is scheme, host and port as browsers send them, such as "https://shop.example"; no path, no closing slash.',
    'INVALID_ORIGIN',
    ['input', 'allowedOrigins', index],
  );
}

/** As browsers send it: what is written in another way would never match. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}

function fault(message: string, code: string, field: keyof CreateApiKeyInput): ValidationError {
  return new ValidationError(message, code, ['input', field]);
}
