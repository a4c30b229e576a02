import { describe, expect, test } from 'vitest';
import { digest, generateSecret, matches, prefixOf } from '../../../src/access/api-key.ts';

describe('a generated secret', () => {
  test('is looked up by its public part', () => {
    const secret = generateSecret();
    expect(secret).toMatch(/^attune_[0-9a-f]{12}_[0-9a-f]{56}$/);
    expect(prefixOf(secret)).toBe(secret.slice(0, 'attune_'.length + 12));
    expect(generateSecret()).not.toBe(secret);
  });

  test('is told from one with a typing error, wherever it is', () => {
    const secret = generateSecret();
    for (const place of [8, 20, 50, secret.length - 1]) {
      const other = secret[place] === '0' ? '1' : '0';
      const mistyped = secret.slice(0, place) + other + secret.slice(place + 1);
      expect(prefixOf(mistyped), mistyped).toMatch(/^sha256_/);
    }
  });
});

test('a secret that was made elsewhere is looked up by 64 bits of its hash', () => {
  expect(prefixOf('a secret of an operator')).toMatch(/^sha256_[0-9a-f]{16}$/);
  expect(prefixOf('a secret of an operator')).toBe(prefixOf('a secret of an operator'));
  expect(prefixOf('another secret')).not.toBe(prefixOf('a secret of an operator'));
});

describe('what is kept of a secret', () => {
  test('recognises it and no other', () => {
    const kept = digest('a secret');
    expect(matches('a secret', kept)).toBe(true);
    expect(matches('a secret ', kept)).toBe(false);
    expect(JSON.stringify(kept)).not.toContain('a secret');
  });

  test('differs each time', () => {
    expect(digest('a secret').hash).not.toEqual(digest('a secret').hash);
  });

  test('that was cut short recognises nothing', () => {
    const { salt, hash } = digest('a secret');
    expect(matches('a secret', { salt, hash: hash.subarray(0, 31) })).toBe(false);
  });
});
