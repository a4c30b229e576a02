import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';

/**
 * Execution ids are UUIDv7s (RFC 9562) whose last 40 bits are a signature instead of randomness:
 *
 *   48 bits  milliseconds since the epoch
 *    4 + 2   version 7 and variant
 *   34 bits  random
 *   40 bits  HMAC-SHA256 over the bits before it and the namespace id, truncated
 *
 * To clients it is one plain UUID; to us a made-up or foreign id is refused without a look-up, and its age is known.
 * Forty bits leave a guess one chance in 10¹², and a lucky one finds no execution: feedback needs the stored row too.
 * Thirty-four random bits keep two ids of the same millisecond apart in all but one of 10¹⁰ pairs.
 */
export type IdVerdict = 'valid' | 'malformed' | 'forged' | 'expired';

export interface ExecutionIds {
  issue(namespaceId: string): string;
  verify(namespaceId: string, id: string): IdVerdict;
}

export interface ExecutionIdOptions {
  /** Of at least 32 bytes, the same on every instance. */
  secret: string | Uint8Array;
  clock: Clock;
  randomBytes: (size: number) => Uint8Array;
  /** How long feedback is taken. */
  ttlMs: number;
}

const SIGNED_BYTES = 11;
const MAC_BYTES = 5;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

export function createExecutionIds({ secret, clock, randomBytes, ttlMs }: ExecutionIdOptions): ExecutionIds {
  const sign = (bytes: Uint8Array, namespaceId: string): Buffer =>
    createHmac('sha256', secret)
      .update(bytes.subarray(0, SIGNED_BYTES))
      .update(namespaceId)
      .digest()
      .subarray(0, MAC_BYTES);

  return {
    issue(namespaceId) {
      const bytes = Buffer.alloc(SIGNED_BYTES + MAC_BYTES);
      bytes.writeUIntBE(clock.now(), 0, 6);
      bytes.set(randomBytes(5), 6);
      bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
      bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
      bytes.set(sign(bytes, namespaceId), SIGNED_BYTES);
      return formatUuid(bytes);
    },
    verify(namespaceId, id) {
      if (!UUID_V7.test(id)) return 'malformed';
      const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
      if (!timingSafeEqual(bytes.subarray(SIGNED_BYTES), sign(bytes, namespaceId))) return 'forged';
      return clock.now() - issuedAt(id) > ttlMs ? 'expired' : 'valid';
    },
  };
}

/** When a UUIDv7 was made, milliseconds since the epoch. */
export function issuedAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
