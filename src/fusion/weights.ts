import { ValidationError } from '../shared/errors.ts';
import { ascendingSum } from './ascending-sum.ts';

type Path = readonly (string | number)[];

/**
 * Checks the weights of a stage's searches; null stands for the default of 1.
 * @param path of the list of searches, so that an error names `[...path, index, 'weight']`
 * @throws ValidationError INVALID_WEIGHTS where one is negative, NaN or infinite, or all are 0
 */
export function assertWeights(weights: readonly (number | null)[], path: Path): void {
  for (const [index, weight] of weights.entries()) {
    if (weight === null || (Number.isFinite(weight) && weight >= 0)) continue;
    throw new ValidationError(
      `weight must be a finite number of at least 0, not ${weight}; leave it out for the default of 1`,
      'INVALID_WEIGHTS',
      [...path, index, 'weight'],
    );
  }
  if (weights.length > 0 && weights.every((weight) => weight === 0)) {
    throw new ValidationError(
      'every weight is 0, so nothing could be ranked; give at least one search a weight above 0',
      'INVALID_WEIGHTS',
      path,
    );
  }
}

/** The weights scaled to sum 1. They must have passed `assertWeights`. */
export function normalisedWeights(weights: readonly number[]): number[] {
  // By the largest first: the sum of huge weights would be infinite.
  const largest = Math.max(...weights);
  const sum = ascendingSum(weights.map((weight) => weight / largest));
  return weights.map((weight) => weight / largest / sum);
}
