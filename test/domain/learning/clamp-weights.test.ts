import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampWeights } from '../../../src/learning/clamp-weights.ts';

/** Weights with ties, zeros and every size between, not all 0. */
const anyWeights = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 1e-12), fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 16,
  })
  .filter((weights) => weights.some((weight) => weight > 1e-13));

/** Weights, and bounds that can be kept. */
const anyClamping = anyWeights.chain((weights) =>
  fc.record({
    weights: fc.constant(weights),
    min: fc.double({ min: 0, max: 1 / weights.length, noNaN: true }),
    max: fc.double({ min: 1 / weights.length, max: 1, noNaN: true }),
  }),
);

const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0);

describe('clampWeights', () => {
  it('keeps the bounds and sums to 1', () => {
    fc.assert(
      fc.property(anyClamping, ({ weights, min, max }) => {
        const clamped = clampWeights(weights, min, max);
        expect(sum(clamped)).toBeCloseTo(1, 9);
        for (const weight of clamped) {
          expect(weight).toBeGreaterThanOrEqual(min - 1e-12);
          expect(weight).toBeLessThanOrEqual(max + 1e-12);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps the order', () => {
    fc.assert(
      fc.property(anyClamping, ({ weights, min, max }) => {
        const clamped = clampWeights(weights, min, max);
        for (const [i, one] of weights.entries()) {
          for (const [j, other] of weights.entries()) {
            if (one >= other) expect(clamped[i]!).toBeGreaterThanOrEqual(clamped[j]! - 1e-12);
          }
        }
      }),
    );
  });

  it('changes nothing of what it has clamped', () => {
    fc.assert(
      fc.property(anyClamping, ({ weights, min, max }) => {
        const clamped = clampWeights(weights, min, max);
        for (const [index, weight] of clampWeights(clamped, min, max).entries()) {
          expect(weight).toBeCloseTo(clamped[index]!, 9);
        }
      }),
    );
  });

  it('only scales weights that are within the bounds', () => {
    expect(clampWeights([3, 1], 0, 1)).toEqual([0.75, 0.25]);
    expect(clampWeights([3, 1], 0.25, 0.75)).toEqual([0.75, 0.25]);
  });

  it('shares what it takes among the others in proportion', () => {
    expect(clampWeights([0.8, 0.15, 0.05], 0, 0.6)).toEqual([0.6, expect.closeTo(0.3, 12), expect.closeTo(0.1, 12)]);
    expect(clampWeights([0.75, 0.25, 0], 0.2, 1)).toEqual([expect.closeTo(0.6, 12), expect.closeTo(0.2, 12), 0.2]);
  });

  it('shares evenly among others that have nothing', () => {
    expect(clampWeights([1, 0, 0], 0, 0.5)).toEqual([0.5, 0.25, 0.25]);
  });

  it('gives way where the bounds cannot be kept', () => {
    expect(clampWeights([3, 1], 0.6, 1)).toEqual([0.75, 0.25]);
    expect(clampWeights([3, 1], 0, 0.4)).toEqual([0.75, 0.25]);
    expect(clampWeights([5], 0, 0.5)).toEqual([1]);
  });
});
