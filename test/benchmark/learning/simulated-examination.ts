import { examinationCurve, type ExaminationCell } from '../../../src/learning/examination-curve.ts';
import type { ExecutedHit } from '../../../src/search/execution.ts';

/** Searches between two estimates. */
const PERIOD = 50;

/** The product's examination curve, estimated from what was shown and clicked so far. */
export class SimulatedExamination {
  readonly #isOn: boolean;
  readonly #cells = new Map<string, ExaminationCell>();
  #searches = 0;
  /** Null: not estimated yet, or switched off. */
  curve: readonly number[] | null = null;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  /** @param clicks positions */
  observe(query: string, hits: readonly ExecutedHit[], clicks: readonly number[]): void {
    if (!this.#isOn) return;
    for (const [position, { documentId }] of hits.entries()) {
      const item = `${query} ${documentId}`;
      const key = `${position} ${item}`;
      const cell = this.#cells.get(key) ?? { item, position, shown: 0, clicks: 0 };
      const clicked = clicks.includes(position) ? 1 : 0;
      this.#cells.set(key, { ...cell, shown: cell.shown + 1, clicks: cell.clicks + clicked });
    }
    if (++this.#searches % PERIOD === 0) this.curve = examinationCurve([...this.#cells.values()]);
  }
}
