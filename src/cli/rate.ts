import { InvalidArgumentError } from 'commander';

/** Searches a second of simulated shoppers, as an option takes them. */
export function toRate(value: string): number {
  const rate = Number(value);
  if (rate > 0 && rate <= 100) return rate;
  throw new InvalidArgumentError('It takes searches a second, above 0 and up to 100.');
}
