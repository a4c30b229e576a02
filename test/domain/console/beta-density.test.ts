import betaCdf from '@stdlib/stats-base-dists-beta-cdf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { betaDensity, logGamma } from '../../../src/console/charts/beta-density.ts';

test('ln Γ is what factorials and √π say', () => {
  let factorial = 1;
  for (let n = 1; n <= 20; n += 1) {
    expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 10);
    factorial *= n;
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
  expect(logGamma(100_000)).toBeCloseTo(1_051_287.708_973_657, 6);
});

test('the density of Beta(2, 5) is 30 x (1 − x)⁴', () => {
  for (const x of [0.01, 0.2, 0.5, 0.99])
    expect(betaDensity({ alpha: 2, beta: 5 }, x)).toBeCloseTo(30 * x * (1 - x) ** 4, 10);
});

test('densities add up to the distribution', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 500, noNaN: true }),
      fc.double({ min: 1, max: 500, noNaN: true }),
      (alpha, beta) => {
        const steps = 60_000;
        let below = 0;
        for (let step = 0; step < steps * 0.4; step += 1)
          below += betaDensity({ alpha, beta }, (step + 0.5) / steps) / steps;
        // the sum of 60,000 steps is hardly closer where the density is steepest
        expect(below).toBeCloseTo(betaCdf(0.4, alpha, beta), 3);
      },
    ),
    { numRuns: 30 },
  );
});
