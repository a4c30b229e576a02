import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { probabilityBest } from '../../../src/learning/probability-best.ts';
import { sampleWeights } from '../../../src/learning/thompson-sampling.ts';
import { seededRng } from '../../../src/shared/rng.ts';

const anyParameter = fc.double({ min: -3, max: 7, noNaN: true }).map((exponent) => 10 ** exponent);
const anyArms = fc.uniqueArray(
  fc.record({ featureUri: fc.string({ maxLength: 3 }), alpha: anyParameter, beta: anyParameter }),
  { selector: (arm) => arm.featureUri, minLength: 1, maxLength: 16 },
);

describe('sampleWeights', () => {
  it('sums to 1, each from 0 to 1, for any arms', () => {
    fc.assert(
      fc.property(anyArms, fc.string(), (arms, seed) => {
        const weights = sampleWeights(arms, seededRng(seed)).map((arm) => arm.weight);
        for (const weight of weights) {
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(weight).toBeLessThanOrEqual(1);
        }
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('draws the same from the same seed, however the arms are ordered', () => {
    fc.assert(
      fc.property(anyArms, fc.string(), (arms, seed) => {
        expect(sampleWeights(arms.toReversed(), seededRng(seed))).toEqual(sampleWeights(arms, seededRng(seed)));
      }),
    );
  });

  it('returns the arms in the order of their feature URIs, with the posterior they were drawn from', () => {
    const arms = [
      { featureUri: 'b', alpha: 2, beta: 3 },
      { featureUri: 'a', alpha: 4, beta: 5 },
    ];
    expect(sampleWeights(arms, seededRng('order'))).toEqual([
      { featureUri: 'a', alpha: 4, beta: 5, weight: expect.any(Number) },
      { featureUri: 'b', alpha: 2, beta: 3, weight: expect.any(Number) },
    ]);
  });

  it('gives weights even where every draw would round to 0', () => {
    const hopeless = ['a', 'b'].map((featureUri) => ({ featureUri, alpha: 0.001, beta: 1e7 }));
    for (let seed = 0; seed < 100; seed++) {
      const [a, b] = sampleWeights(hopeless, seededRng(String(seed)));
      expect(a!.weight + b!.weight).toBeCloseTo(1, 12);
    }
  });

  it('puts an arm first as often as it is the best', () => {
    const arms = [
      { featureUri: 'a', alpha: 6, beta: 4 },
      { featureUri: 'b', alpha: 5, beta: 5 },
      { featureUri: 'c', alpha: 2, beta: 3 },
    ];
    const rng = seededRng('first');
    const count = 20_000;
    const wins = new Map<string, number>();
    for (let draw = 0; draw < count; draw++) {
      const best = sampleWeights(arms, rng).reduce((a, b) => (b.weight > a.weight ? b : a));
      wins.set(best.featureUri, (wins.get(best.featureUri) ?? 0) + 1);
    }
    for (const [index, probability] of probabilityBest(arms).entries()) {
      expect(Math.abs(wins.get(arms[index]!.featureUri)! / count - probability)).toBeLessThan(0.015);
    }
  });

  it('gives an only arm the whole weight, and no arms no weights', () => {
    expect(sampleWeights([{ featureUri: 'a', alpha: 0.01, beta: 1e7 }], seededRng('one'))[0]!.weight).toBe(1);
    expect(sampleWeights([], seededRng('none'))).toEqual([]);
  });
});
