import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signal } from '../../../src/interactions/interaction.ts';
import { examinedShares, positionBiases, type PositionBias } from '../../../src/learning/position-bias.ts';
import { anySignals, signal } from './executed-hits.ts';

const shown = ['a', 'b', 'c', 'd', 'e'];
const curve = [1, 0.8, 0.4, 0.2, 0.01];

const shares = (signals: readonly Signal[], bias: PositionBias = 'SCAN_DEPTH', of: readonly string[] = shown) =>
  examinedShares(of, signals, bias, curve);
const scroll = (depth: number): Signal => ({ ...signal('', 'SCROLL_DEPTH'), depth });

describe('what was looked at', () => {
  it('is everything down to one below the last interaction', () => {
    expect(shares([signal('a', 'CLICK')])).toEqual([1, 1, 0, 0, 0]);
    expect(shares([signal('c', 'PURCHASE'), signal('a', 'CLICK')])).toEqual([1, 1, 1, 1, 0]);
  });

  it('ends with the list', () => {
    expect(shares([signal('e', 'SKIP')])).toEqual([1, 1, 1, 1, 1]);
  });

  it.each(['SCAN_DEPTH', 'EXAMINATION_CURVE'] as const)(
    'is what was viewed or interacted with where the client reports views, by %s',
    (bias) => {
      const signals = [signal('b', 'VIEW'), signal('a', 'VIEW'), signal('d', 'CLICK'), scroll(1)];
      expect(shares(signals, bias)).toEqual([1, 1, 0, 1, 0]);
    },
  );

  it.each(['SCAN_DEPTH', 'EXAMINATION_CURVE'] as const)('is nothing without a sign of it, by %s', (bias) => {
    expect(shares([], bias)).toEqual([0, 0, 0, 0, 0]);
    expect(shares([signal('', 'QUERY_REFINEMENT'), signal('x', 'CLICK')], bias)).toEqual([0, 0, 0, 0, 0]);
    expect(shares([signal('a', 'CLICK')], bias, [])).toEqual([]);
  });

  it.each(['SCAN_DEPTH', 'EXAMINATION_CURVE'] as const)(
    'is everything that was scrolled to, and down to the last interaction, by %s',
    (bias) => {
      expect(shares([scroll(0.5)], bias)).toEqual([1, 1, 1, 0, 0]);
      expect(shares([scroll(0.2), signal('c', 'CLICK')], bias)).toEqual([1, 1, 1, 0, 0]);
      expect(shares([scroll(0.2), scroll(0.8)], bias)).toEqual([1, 1, 1, 1, 0]);
      expect(shares([scroll(0)], bias)).toEqual([0, 0, 0, 0, 0]);
    },
  );

  it('is, by the curve, below the last interaction as likely as its position, given that the last was looked at', () => {
    expect(shares([signal('a', 'CLICK')], 'EXAMINATION_CURVE')).toEqual([1, 0.8, 0.4, 0.2, 0]);
    expect(shares([signal('b', 'CLICK')], 'EXAMINATION_CURVE')).toEqual([1, 1, 0.5, 0.25, 0]);
    expect(shares([signal('e', 'CLICK')], 'EXAMINATION_CURVE')).toEqual([1, 1, 1, 1, 1]);
  });

  it('is the scan depth while there is no curve', () => {
    const signals = [signal('b', 'CLICK')];
    expect(examinedShares(shown, signals, 'EXAMINATION_CURVE', null)).toEqual(shares(signals));
  });

  it('is everything shown where nothing is held against positions, once there is any feedback', () => {
    expect(shares([signal('', 'QUERY_REFINEMENT')], 'NONE')).toEqual([1, 1, 1, 1, 1]);
    expect(shares([], 'NONE')).toEqual([0, 0, 0, 0, 0]);
  });

  it('is a probability, and does not depend on the order of signals', () => {
    fc.assert(
      fc.property(
        anySignals,
        fc.constantFrom(...positionBiases),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (signals, bias, any) => {
          const found = examinedShares(shown, signals, bias, any);
          expect(found).toHaveLength(shown.length);
          for (const share of found) expect(share >= 0 && share <= 1).toBe(true);
          expect(examinedShares(shown, signals.toReversed(), bias, any)).toEqual(found);
        },
      ),
    );
  });
});
