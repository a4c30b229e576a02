import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decayStamp, fadeOf } from '../../../src/learning/decay.ts';

const HOUR_MS = 3_600_000;
const now = Date.UTC(2026, 10, 23, 9);

const anyHalfLife = fc.double({ min: 0.1, max: 87_600, noNaN: true });
/** Ages in half-lives: up to three epochs back. */
const anyAge = fc.double({ min: 0, max: 30, noNaN: true });

const worth = (halfLife: number, at: number, readAt: number) => {
  const stamp = decayStamp(halfLife, at);
  return stamp.growth * fadeOf(stamp, readAt);
};

describe('decay', () => {
  it('halves what is a half-life old, in whatever epoch it arose', () => {
    fc.assert(
      fc.property(anyHalfLife, anyAge, (halfLife, age) => {
        const at = now - age * halfLife * HOUR_MS;
        // Times are near 10¹² ms, so short half-lives are known to some 10⁻⁵ of themselves.
        expect(Math.log2(worth(halfLife, at, now))).toBeCloseTo(-age, 3);
      }),
    );
  });

  it('is exact where times are', () => {
    for (const ages of [0, 1, 2, 9, 10, 11, 25]) expect(worth(24, now - ages * 24 * HOUR_MS, now)).toBe(2 ** -ages);
  });

  it('lets nothing grow further than exact sums can hold', () => {
    fc.assert(
      fc.property(anyHalfLife, fc.integer({ min: 0, max: 2 * now }), (halfLife, at) => {
        const { growth, epoch } = decayStamp(halfLife, at);
        expect(growth).toBeGreaterThanOrEqual(1);
        expect(growth).toBeLessThanOrEqual(2 ** 10);
        // The store holds 32 bits.
        expect(Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 32).toBe(true);
      }),
    );
  });

  it('gives the same sums of an epoch in any order of arrival', () => {
    const epochStart = now - (now % (240 * HOUR_MS));
    const events = fc.array(fc.record({ value: fc.integer({ min: -1e6, max: 1e6 }), hours: fc.nat(239) }), {
      maxLength: 30,
    });
    const shuffled = events.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    const total = (all: readonly { value: number; hours: number }[]) =>
      all.reduce((sum, { value, hours }) => {
        return sum + Math.round(value * decayStamp(24, epochStart + hours * HOUR_MS).growth);
      }, 0);
    fc.assert(fc.property(shuffled, ([all, other]) => total(all) === total(other)));
  });

  it('keeps events of one epoch in one sum, and the next epoch apart', () => {
    const epochMs = 240 * HOUR_MS;
    const start = Math.ceil(now / epochMs) * epochMs;
    const epochs = [start - 1, start, start + epochMs - 1, start + epochMs].map((at) => decayStamp(24, at).epoch);
    expect(epochs.map((epoch) => epoch - epochs[0]!)).toEqual([0, 1, 1, 2]);
    expect(decayStamp(24, start).growth).toBe(1);
  });

  it('fades from no more than 1 to 0, never to less or to NaN', () => {
    expect(fadeOf({ halfLifeHours: 0.1, epoch: 0 }, now)).toBe(0);
    expect(worth(0.1, now - 100 * 365 * 24 * HOUR_MS, now)).toBe(0);
    expect(worth(24, now, now)).toBeCloseTo(1, 9);
  });

  it('does nothing where nothing fades', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (at, readAt) => {
        const stamp = decayStamp(null, at);
        expect(stamp).toEqual({ halfLifeHours: 0, epoch: 0, growth: 1 });
        expect(fadeOf(stamp, readAt)).toBe(1);
      }),
    );
  });
});
