import { expect, it } from 'vitest';
import { murmur3 } from '../../../src/extractors/murmur3.ts';

it.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['hello', 0, 0x248bfa47],
  ['hello, world', 0, 0x149bbb7f],
  ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
])('hashes %j with seed %i as the reference implementation does', (text, seed, hash) => {
  expect(murmur3(new TextEncoder().encode(text), seed)).toBe(hash);
});
