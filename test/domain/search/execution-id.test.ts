import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { validate, version } from 'uuid';
import { describe, expect, test } from 'vitest';
import { createExecutionIds, issuedAt } from '../../../src/search/execution-id.ts';

const ttlMs = 60_000;
const ids = (now: number, secret = 'a secret of thirty-two characters') =>
  createExecutionIds({ secret, clock: { now: () => now }, randomBytes, ttlMs });

describe('an execution id', () => {
  test('is a UUIDv7 that carries its time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.uuid(), (now, namespace) => {
        const id = ids(now).issue(namespace);
        expect(validate(id) && version(id)).toBe(7);
        expect(issuedAt(id)).toBe(now);
        expect(ids(now).verify(namespace, id)).toBe('valid');
      }),
    );
  });

  test('ids of later milliseconds sort later', () => {
    expect(ids(1_000).issue('ns') < ids(1_001).issue('ns')).toBe(true);
  });

  test('differs from the next one of the same millisecond', () => {
    const issuer = ids(1_000);
    expect(new Set(Array.from({ length: 1_000 }, () => issuer.issue('ns'))).size).toBe(1_000);
  });

  test('is accepted in either case of letters', () => {
    expect(ids(1_000).verify('ns', ids(1_000).issue('ns').toUpperCase())).toBe('valid');
  });

  test('is forged once any of its bits but those of version and variant is changed', () => {
    const id = ids(1_700_000_000_000).issue('ns');
    const hex = [...id.replaceAll('-', '')];
    const changed = hex.flatMap((digit, place) =>
      [1, 2, 4, 8].map((bit) => hex.with(place, (Number.parseInt(digit, 16) ^ bit).toString(16))),
    );
    const verdicts = changed.map((digits) => {
      const text = digits.join('');
      const parts = [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)];
      return ids(1_700_000_000_000).verify('ns', parts.join('-'));
    });
    expect(verdicts.filter((verdict) => verdict === 'malformed')).toHaveLength(6);
    expect(verdicts.filter((verdict) => verdict === 'forged')).toHaveLength(122);
  });

  test('of another namespace or another secret is forged', () => {
    const id = ids(1_000).issue('ns');
    expect(ids(1_000).verify('other', id)).toBe('forged');
    expect(ids(1_000, 'another secret of enough characters').verify('ns', id)).toBe('forged');
  });

  test('expires after its time to live', () => {
    const id = ids(1_000).issue('ns');
    expect(ids(1_000 + ttlMs).verify('ns', id)).toBe('valid');
    expect(ids(1_001 + ttlMs).verify('ns', id)).toBe('expired');
  });

  test.each(['', 'x', '018f4a3e-0000-4000-8000-000000000000', '018f4a3e-0000-7000-8000-00000000000', "' or 1=1 --"])(
    '%j is malformed',
    (id) => {
      expect(ids(0).verify('ns', id)).toBe('malformed');
    },
  );
});
