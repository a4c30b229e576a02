import { createHash, randomBytes } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of pseudo-random numbers. Injected everywhere, so that the same seed gives the same ranking. */
export interface Rng {
  /** The next number, uniform on the open interval (0, 1). */
  next(): number;
}

/** xoroshiro128+ whose 128-bit state is the start of SHA-256(seed): any string is a good seed, and equal seeds give equal streams. */
export function seededRng(seed: string): Rng {
  const digest = createHash('sha256').update(seed).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
  return {
    next() {
      for (;;) {
        const value = uniformFloat64(generator);
        if (value > 0) return value;
      }
    },
  };
}

/** Where fresh, unpredictable seeds come from (64 bits, hexadecimal). */
export type SeedSource = () => string;

export const randomSeed: SeedSource = () => randomBytes(8).toString('hex');
