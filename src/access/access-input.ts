import type { Scope } from './caller.ts';

export interface CreateApiKeyInput {
  name: string;
  scopes: readonly Scope[];
  /** Milliseconds since the epoch; null: never. */
  expiresAt: number | null;
  /** Web origins that may use it, such as `https://shop.example`; empty: it is bound to none. */
  allowedOrigins: readonly string[];
  /** Operations a minute, from 1; null: as many as any key. */
  rateLimitPerMinute: number | null;
}

export interface ApiKey {
  id: string;
  name: string;
  /** The public part of the secret, by which a key is told from another. */
  prefix: string;
  scopes: readonly Scope[];
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  /** See CreateApiKeyInput. */
  allowedOrigins: readonly string[];
  rateLimitPerMinute: number | null;
}
