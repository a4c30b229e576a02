import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaMean, sampleBeta, type Beta } from '../../../src/learning/beta-posterior.ts';
import { gaussLegendre } from '../../../src/learning/gauss-legendre.ts';
import { probabilityBest } from '../../../src/learning/probability-best.ts';
import { seededRng } from '../../../src/shared/rng.ts';

const anyParameter = fc.double({ min: -3, max: 7, noNaN: true }).map((exponent) => 10 ** exponent);
const anyArms = fc.array(fc.record({ alpha: anyParameter, beta: anyParameter }), { minLength: 1, maxLength: 16 });

/** P(θ₁ > θ₂) for whole parameters, as the finite sum of Cook, "Exact Calculation of Beta Inequalities" (2005). */
function probabilityGreater(one: Beta, two: Beta): number {
  const logFactorial = (n: number) => Array.from({ length: n }, (_, k) => Math.log(k + 1)).reduce((a, b) => a + b, 0);
  const logBeta = (a: number, b: number) => logFactorial(a - 1) + logFactorial(b - 1) - logFactorial(a + b - 1);
  return Array.from({ length: one.alpha }, (_, i) =>
    Math.exp(
      logBeta(two.alpha + i, one.beta + two.beta) -
        Math.log(one.beta + i) -
        logBeta(1 + i, one.beta) -
        logBeta(two.alpha, two.beta),
    ),
  ).reduce((sum, term) => sum + term, 0);
}

describe('probabilityBest', () => {
  it('equals the closed form for two arms', () => {
    const whole = fc.integer({ min: 1, max: 200 });
    const arm = fc.record({ alpha: whole, beta: whole });
    fc.assert(
      fc.property(arm, arm, (one, two) => {
        const exact = probabilityGreater(one, two);
        const [first, second] = probabilityBest([one, two]);
        expect(first).toBeCloseTo(exact, 9);
        expect(second).toBeCloseTo(1 - exact, 9);
      }),
    );
  });

  it('equals the closed form for arms θ^a, of which each is best in proportion to its a', () => {
    const powers = [0.001, 0.5, 1, 3, 40, 10_000];
    const total = powers.reduce((sum, power) => sum + power, 0);
    const probabilities = probabilityBest(powers.map((alpha) => ({ alpha, beta: 1 })));
    for (const [index, power] of powers.entries()) expect(probabilities[index]).toBeCloseTo(power / total, 9);
  });

  it('resolves an arm a thousand times as narrow as another', () => {
    const [wide, narrow] = probabilityBest([
      { alpha: 1, beta: 1 },
      { alpha: 3e6, beta: 7e6 },
    ]);
    expect(wide).toBeCloseTo(0.7, 9);
    expect(narrow).toBeCloseTo(0.3, 9);
  });

  it('agrees with draws', () => {
    const arms = [
      { alpha: 4, beta: 9 },
      { alpha: 0.3, beta: 0.7 },
      { alpha: 40, beta: 70 },
      { alpha: 1, beta: 1 },
    ];
    const rng = seededRng('agree');
    const count = 100_000;
    const wins = arms.map(() => 0);
    for (let draw = 0; draw < count; draw++) {
      const thetas = arms.map((arm) => sampleBeta(arm, rng));
      wins[thetas.indexOf(Math.max(...thetas))]!++;
    }
    for (const [index, probability] of probabilityBest(arms).entries()) {
      expect(wins[index]! / count).toBeCloseTo(probability, 2);
    }
  });

  it('is a distribution for any arms, the same on every call', () => {
    fc.assert(
      fc.property(anyArms, (arms) => {
        const probabilities = probabilityBest(arms);
        for (const probability of probabilities) expect(probability).toBeGreaterThanOrEqual(0);
        expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 6);
        expect(probabilityBest(arms)).toEqual(probabilities);
      }),
      { numRuns: 30 },
    );
  });

  it('is equal for equal arms, and 1 for an arm alone', () => {
    fc.assert(
      fc.property(anyParameter, anyParameter, fc.integer({ min: 1, max: 16 }), (alpha, beta, count) => {
        for (const probability of probabilityBest(Array.from({ length: count }, () => ({ alpha, beta })))) {
          expect(probability).toBeCloseTo(1 / count, 9);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('favours the higher mean of two arms that are known as well', () => {
    const mean = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    const evidence = fc.integer({ min: 3, max: 1e6 });
    fc.assert(
      fc.property(mean, mean, evidence, (one, two, n) => {
        const arms = [one, two].map((m) => ({ alpha: 1 + m * n, beta: 1 + (1 - m) * n }));
        const [first, second] = probabilityBest(arms);
        if (betaMean(arms[0]!) > betaMean(arms[1]!)) expect(first).toBeGreaterThanOrEqual(second! - 1e-9);
      }),
    );
  });
});

describe('gaussLegendre', () => {
  it('integrates polynomials exactly, over the interval and up to each node', () => {
    const { nodes, weights, cumulative } = gaussLegendre(8);
    const integral = (row: readonly number[], degree: number) =>
      row.reduce((sum, weight, index) => sum + weight * nodes[index]! ** degree, 0);
    for (let degree = 0; degree < 16; degree++) expect(integral(weights, degree)).toBeCloseTo(1 / (degree + 1), 13);
    for (let degree = 0; degree < 8; degree++) {
      for (const [index, row] of cumulative.entries()) {
        expect(integral(row, degree)).toBeCloseTo(nodes[index]! ** (degree + 1) / (degree + 1), 13);
      }
    }
  });
});
