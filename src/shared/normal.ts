import type { Rng } from './rng.ts';

/** A standard normal draw. Source: Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958. */
export function sampleNormal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(rng.next())) * Math.cos(2 * Math.PI * rng.next());
}
