import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What is kept of a secret: enough to recognise it, not enough to make it. */
export interface KeyDigest {
  /** Finds the key; public. */
  prefix: string;
  salt: Buffer;
  /** SHA-256(salt ‖ secret), 32 bytes. */
  hash: Buffer;
}

const generatedKey = /^attune_([0-9a-f]{12})_([0-9a-f]{48})([0-9a-f]{8})$/;

/**
 * `attune_<prefix>_<secret><checksum>`: 48 public bits, 192 secret ones, and 32 of SHA-256 over both, by which a scanner
 * or a typing error is told from a key. The randomness is the system's and not injected: a key that a seed can
 * repeat is no secret.
 */
export function generateSecret(): string {
  const prefix = randomBytes(6).toString('hex');
  const secret = randomBytes(24).toString('hex');
  return `attune_${prefix}_${secret}${checksum(prefix, secret)}`;
}

/** The public part by which a secret is looked up. A secret that was not made here gets one from its SHA-256. */
export function prefixOf(secret: string): string {
  const [, prefix, random, sum] = generatedKey.exec(secret) ?? [];
  if (prefix !== undefined && random !== undefined && sum === checksum(prefix, random)) return `attune_${prefix}`;
  return `sha256_${createHash('sha256').update(`attune key prefix\0${secret}`).digest('hex').slice(0, 16)}`;
}

/**
 * A salted SHA-256 and no slow hash: a made secret has 192 random bits, which nobody searches, and an operator's own
 * is asked to be a random string of 24 or more characters. A slow hash would only slow down every new connection.
 */
export function digest(secret: string): KeyDigest {
  const salt = randomBytes(16);
  return { prefix: prefixOf(secret), salt, hash: saltedHash(salt, secret) };
}

/** Compares in constant time. */
export function matches(secret: string, stored: Pick<KeyDigest, 'salt' | 'hash'>): boolean {
  const hash = saltedHash(stored.salt, secret);
  return hash.length === stored.hash.length && timingSafeEqual(hash, stored.hash);
}

function saltedHash(salt: Buffer, secret: string): Buffer {
  return createHash('sha256').update(salt).update(secret, 'utf8').digest();
}

function checksum(prefix: string, secret: string): string {
  return createHash('sha256').update(`${prefix}_${secret}`).digest('hex').slice(0, 8);
}
