import { describe, expect, it } from 'vitest';
import { weightLattice } from '../../../src/learning/weight-lattice.ts';

/** Points by number of features: C(steps + features − 1, features − 1). */
const sizes = new Map(
  Object.entries({ 1: 1, 2: 21, 3: 91, 4: 84, 5: 126, 6: 126, 7: 84, 8: 120, 9: 45, 12: 78, 16: 136 }).map(
    ([features, size]) => [Number(features), size],
  ),
);
const numbers = Array.from({ length: 16 }, (_, index) => index + 1);

describe.each(numbers)('the lattice of weights on %d features', (features) => {
  const lattice = weightLattice(features);

  it('holds weights from 0 to 1 that sum to 1, one a feature', () => {
    for (const weights of lattice) {
      expect(weights).toHaveLength(features);
      for (const weight of weights) {
        expect(weight).toBeGreaterThanOrEqual(0);
        expect(weight).toBeLessThanOrEqual(1);
      }
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    }
  });

  it('holds every corner', () => {
    for (let own = 0; own < features; own++) {
      const corner = Array.from({ length: features }, (_, feature) => (feature === own ? 1 : 0));
      expect(lattice).toContainEqual(corner);
    }
  });

  it('holds no point twice, and no more than there is time for', () => {
    expect(new Set(lattice.map(String)).size).toBe(lattice.length);
    expect(lattice.length).toBeLessThanOrEqual(136);
    if (sizes.has(features)) expect(lattice.length).toBe(sizes.get(features));
  });

  it('favours no feature', () => {
    for (let feature = 0; feature < features; feature++) {
      const sum = lattice.reduce((total, weights) => total + weights[feature]!, 0);
      expect(sum / lattice.length).toBeCloseTo(1 / features, 12);
    }
    const reversed = new Set(lattice.map((weights) => String(weights.toReversed())));
    expect(reversed).toEqual(new Set(lattice.map(String)));
  });
});

it('comes in an order that recorded sums can rely on', () => {
  const thirds = weightLattice(3);
  expect(thirds.slice(0, 3)).toEqual([
    [0, 0, 1],
    [0, 1 / 12, 11 / 12],
    [0, 2 / 12, 10 / 12],
  ]);
  expect(thirds.at(-1)).toEqual([1, 0, 0]);
  expect(weightLattice(3)).toEqual(thirds);
});
