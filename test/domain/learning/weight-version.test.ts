import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseWeightVersion, weightVersion } from '../../../src/learning/weight-version.ts';

const count = fc.integer({ min: 0, max: 2 ** 40 });

describe('the weight version', () => {
  test('grows with every batch and with every update of the definition', () => {
    fc.assert(
      fc.property(count, count, (batches, updates) => {
        const version = weightVersion(batches, updates + 1);
        expect(weightVersion(batches + 1, updates + 1) > version).toBe(true);
        expect(weightVersion(batches, updates + 2) > version).toBe(true);
      }),
    );
  });

  test('orders as a number and as a string alike', () => {
    fc.assert(
      fc.property(count, count, (one, other) => {
        const [left, right] = [weightVersion(one, 1), weightVersion(other, 1)];
        expect(left < right).toBe(Number(left) < Number(right));
        expect(parseWeightVersion(left)).toBe(one);
      }),
    );
  });

  test.each(['', 'abc', '-1', '1.5', '99999999999999999', ' 1'])('%j is not a version', (text) => {
    expect(parseWeightVersion(text)).toBeNull();
  });
});
