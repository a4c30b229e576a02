import { describe, expect, it } from 'vitest';
import { assertWeights } from '../../../src/fusion/weights.ts';
import { ValidationError } from '../../../src/shared/errors.ts';

const path = ['input', 'stages', 0, 'featureSearch', 'searches'];

function errorOf(weights: (number | null)[]): unknown {
  try {
    assertWeights(weights, path);
    return null;
  } catch (error) {
    return error;
  }
}

describe('assertWeights', () => {
  it('accepts weights of at least 0 with one above 0, absent ones, and none at all', () => {
    for (const weights of [[1], [0, 0.5], [null, null], [null, 0], []]) expect(errorOf(weights)).toBeNull();
  });

  it.each([-0.1, NaN, Infinity, -Infinity])('names the search whose weight is %d', (weight) => {
    const error = errorOf([1, weight]);
    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      code: 'INVALID_WEIGHTS',
      path: ['input', 'stages', '0', 'featureSearch', 'searches', '1', 'weight'],
      message: expect.stringContaining(String(weight)),
    });
  });

  it('names the searches whose weights are all 0', () => {
    expect(errorOf([0, 0])).toMatchObject({ code: 'INVALID_WEIGHTS', path: path.map(String) });
  });
});
