import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURVE_POSITIONS, examinationCurve, type ExaminationCell } from '../../../src/learning/examination-curve.ts';
import { seededRng } from '../../../src/shared/rng.ts';

/** Clicks by the position-based model, on documents that are shown at the positions `placed` gives them. */
function simulate(
  truth: readonly number[],
  seed: string,
  placed: (item: number, next: () => number) => number = (_item, next) => Math.floor(next() * truth.length),
): ExaminationCell[] {
  const rng = seededRng(seed);
  const cells = new Map<string, ExaminationCell>();
  for (let item = 0; item < 400; item++) {
    const attraction = 0.05 + 0.9 * rng.next();
    for (let search = 0; search < 300; search++) {
      const position = placed(item, () => rng.next());
      const key = `${item} ${position}`;
      const cell = cells.get(key) ?? { item: String(item), position, shown: 0, clicks: 0 };
      cell.shown++;
      if (rng.next() < (truth[position] ?? 0) && rng.next() < attraction) cell.clicks++;
      cells.set(key, cell);
    }
  }
  return [...cells.values()];
}

const furthest = (found: readonly number[], truth: readonly number[]) =>
  Math.max(...truth.map((probability, position) => Math.abs(probability - (found[position] ?? 0))));

describe('the examination curve', () => {
  it.each([
    ['1 / rank', Array.from({ length: 10 }, (_, position) => 1 / (position + 1))],
    ['1 / √rank', Array.from({ length: 10 }, (_, position) => (position + 1) ** -0.5)],
    ['one that is flat', new Array<number>(10).fill(1)],
    ['one that ends', [1, 0.9, 0.8, 0.3, 0.05]],
    ['one that rises again', [1, 0.5, 0.3, 0.6, 0.9]],
  ])('is recovered from the clicks it brought about: %s', (_name, truth) => {
    expect(furthest(examinationCurve(simulate(truth, 'shuffled')), truth)).toBeLessThan(0.05);
  });

  it('is recovered where better documents mostly stand higher, which the click rate by position is not', () => {
    const truth = Array.from({ length: 10 }, (_, position) => (position + 1) ** -0.5);
    // Each at its own place or one of the next three.
    const sorted = (item: number, next: () => number) => Math.min(9, Math.floor(item / 50) + Math.floor(next() * 4));
    const rng = seededRng('sorted');
    const cells = simulate(truth, 'sorted', sorted).map((cell) => {
      // Attraction falls with the item's place.
      const clicks = Array.from(
        { length: cell.clicks },
        () => rng.next() < 1 / (1 + Math.floor(Number(cell.item) / 50)),
      );
      return { ...cell, clicks: clicks.filter(Boolean).length };
    });
    const rates = truth.map((_, position) => {
      const here = cells.filter((cell) => cell.position === position);
      return here.reduce((sum, { clicks }) => sum + clicks, 0) / here.reduce((sum, { shown }) => sum + shown, 0);
    });
    const byRate = rates.map((rate) => rate / rates[0]!);
    expect(furthest(byRate, truth)).toBeGreaterThan(0.15);
    expect(furthest(examinationCurve(cells), truth)).toBeLessThan(0.12);
  });

  it('is 1 / rank where nothing is known', () => {
    const unknown = examinationCurve([]);
    expect(unknown).toHaveLength(CURVE_POSITIONS);
    expect(unknown.slice(0, 4)).toEqual([1, 0.5, 0.333, 0.25]);
  });

  it('is made of probabilities, whatever was shown and clicked', () => {
    const cell = fc.tuple(
      fc.constantFrom('x', 'y', 'z'),
      fc.nat(25),
      fc.nat(1_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 40 }), (cells) => {
        const curve = examinationCurve(
          cells.map(([item, position, shown, rate]) => ({ item, position, shown, clicks: Math.floor(shown * rate) })),
        );
        expect(curve[0]).toBe(1);
        for (const probability of curve) expect(probability >= 0 && probability <= 1).toBe(true);
      }),
    );
  });
});
