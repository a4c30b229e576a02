import { sampleCi } from './t-interval.ts';

/** A mean over seeds with the half-width of its 95 % interval. */
export interface Estimate {
  mean: number;
  ci: number;
}

export function estimate(values: readonly number[]): Estimate {
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, ci: sampleCi(values) };
}

export function rounded(value: number): number {
  return Number(value.toFixed(4));
}
