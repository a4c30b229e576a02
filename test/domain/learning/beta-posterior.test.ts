import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  armPosteriors,
  betaMean,
  betaSpread,
  credibleInterval,
  sampleBeta,
} from '../../../src/learning/beta-posterior.ts';
import { seededRng } from '../../../src/shared/rng.ts';

const anyParameter = fc.double({ min: -3, max: 7, noNaN: true }).map((exponent) => 10 ** exponent);

describe('sampleBeta', () => {
  it.each([
    [1, 1],
    [0.5, 0.5],
    [0.01, 0.01],
    [0.001, 0.002],
    [0.05, 20],
    [2, 5],
    [30, 3],
    [1000, 4000],
    [1e7, 1e7],
    [1e7, 0.5],
    [1, 1e7],
  ])('draws with the mean and variance of Beta(%d, %d)', (alpha, beta) => {
    const rng = seededRng(`moments of ${alpha}, ${beta}`);
    const count = 40_000;
    const draws = Array.from({ length: count }, () => sampleBeta({ alpha, beta }, rng));
    const mean = alpha / (alpha + beta);
    const variance = (mean * (1 - mean)) / (alpha + beta + 1);
    const drawnMean = draws.reduce((sum, draw) => sum + draw, 0) / count;
    const squares = draws.map((draw) => (draw - mean) ** 2);
    const drawnVariance = squares.reduce((sum, square) => sum + square, 0) / count;
    const spreadOfSquares = Math.sqrt(squares.reduce((sum, square) => sum + (square - variance) ** 2, 0) / count);
    // Five standard errors; the seed is fixed, so this cannot fail by chance on another day.
    expect(Math.abs(drawnMean - mean)).toBeLessThan(5 * Math.sqrt(variance / count));
    expect(Math.abs(drawnVariance - variance)).toBeLessThan(5 * (spreadOfSquares / Math.sqrt(count)));
  });

  it('draws Beta(3, 1) with its distribution function θ³', () => {
    const rng = seededRng('distribution');
    const count = 20_000;
    const draws = Array.from({ length: count }, () => sampleBeta({ alpha: 3, beta: 1 }, rng)).sort((a, b) => a - b);
    const distance = Math.max(...draws.map((draw, index) => Math.abs(draw ** 3 - (index + 0.5) / count)));
    // Kolmogorov–Smirnov, p = 0.001.
    expect(distance).toBeLessThan(1.95 / Math.sqrt(count));
  });

  it('stays from 0 to 1 for any parameters', () => {
    fc.assert(
      fc.property(anyParameter, anyParameter, fc.string(), (alpha, beta, seed) => {
        const draw = sampleBeta({ alpha, beta }, seededRng(seed));
        expect(draw).toBeGreaterThanOrEqual(0);
        expect(draw).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('draws the same from the same seed', () => {
    const draws = (seed: string) => {
      const rng = seededRng(seed);
      return Array.from({ length: 10 }, () => sampleBeta({ alpha: 2, beta: 0.3 }, rng));
    };
    expect(draws('one')).toEqual(draws('one'));
    expect(draws('one')).not.toEqual(draws('two'));
  });

  it.each([0, -1, NaN, Infinity])('rejects the parameter %d', (parameter) => {
    expect(() => sampleBeta({ alpha: parameter, beta: 1 }, seededRng('any'))).toThrow('must be above 0');
  });
});

describe('betaSpread', () => {
  it('is the standard deviation where it is known', () => {
    expect(betaSpread({ alpha: 1, beta: 1 })).toBeCloseTo(Math.sqrt(1 / 12), 12);
    expect(betaSpread({ alpha: 2, beta: 1 })).toBeCloseTo(Math.sqrt(1 / 18), 12);
  });
});

describe('credibleInterval', () => {
  it('holds the central 95 % where the quantiles are known', () => {
    const uniform = credibleInterval({ alpha: 1, beta: 1 });
    expect(uniform.low).toBeCloseTo(0.025, 10);
    expect(uniform.high).toBeCloseTo(0.975, 10);
    const square = credibleInterval({ alpha: 2, beta: 1 });
    expect(square.low).toBeCloseTo(Math.sqrt(0.025), 10);
    expect(square.high).toBeCloseTo(Math.sqrt(0.975), 10);
  });

  it('is ordered and from 0 to 1 for any parameters', () => {
    fc.assert(
      fc.property(anyParameter, anyParameter, (alpha, beta) => {
        const { low, high } = credibleInterval({ alpha, beta });
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeGreaterThanOrEqual(low);
        expect(high).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('armPosteriors', () => {
  const prior = { priorAlpha: 2, priorBeta: 3 };
  const totals = new Map([
    ['b', { rewards: 1.5, failures: 4 }],
    ['gone', { rewards: 9, failures: 9 }],
  ]);

  it('adds what was earned to the prior, in the order of the feature URIs', () => {
    expect(armPosteriors(['c', 'b', 'a', 'b'], totals, prior)).toEqual([
      { featureUri: 'a', alpha: 2, beta: 3 },
      { featureUri: 'b', alpha: 3.5, beta: 7 },
      { featureUri: 'c', alpha: 2, beta: 3 },
    ]);
  });

  it('is the prior where nothing was earned', () => {
    expect(armPosteriors(['a'], null, prior)).toEqual([{ featureUri: 'a', alpha: 2, beta: 3 }]);
  });

  it('never falls below the prior by rounding', () => {
    const hair = new Map([['a', { rewards: -1e-17, failures: -1e-17 }]]);
    const [arm] = armPosteriors(['a'], hair, { priorAlpha: 0.01, priorBeta: 0.01 });
    expect(arm).toEqual({ featureUri: 'a', alpha: 0.01, beta: 0.01 });
    expect(betaMean(arm!)).toBe(0.5);
  });
});
