import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unitVector } from '../../../src/shared/unit-vector.ts';

test('has length 1 and the direction of the vector, however large or small its numbers', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 8 }), (values) => {
      fc.pre(values.some((value) => value !== 0));
      const unit = unitVector(values)!;
      expect(Math.hypot(...unit)).toBeCloseTo(1, 5);
      const largest = Math.max(...values.map(Math.abs));
      const most = Math.max(...unit.map(Math.abs));
      values.forEach((value, index) => expect(unit[index]! / most).toBeCloseTo(value / largest, 5));
    }),
  );
});

test.each([[[]], [[0, -0]], [[1, NaN]], [[1, Infinity]], [[-Infinity]]])('is not defined for %j', (values) => {
  expect(unitVector(values)).toBeNull();
});
