import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { examinationCurve } from './examination-curve.ts';
import type { ExaminationStore, PositionTotals } from './examination-store.ts';

/** A position, how likely it is looked at, and what that was learned from. */
export interface ExaminationPoint extends PositionTotals {
  /** Relative to the first, 0 to 1. */
  probability: number;
}

export interface ExaminationCurvesDeps {
  store: ExaminationStore;
  clock: Clock;
  logger: Logger;
}

interface Known {
  curve: readonly number[] | null;
  /** When it was last asked for of the store. */
  askedAt: number;
}

/** A curve moves slowly: it is estimated again after so long, and what was recorded with a search stays. */
const REFRESH_EVERY_MS = 10 * 60_000;
const MAX_RETRIEVERS = 1_000;

/** Examination curves in memory, so that no search waits for one. */
export class ExaminationCurves {
  readonly #deps: ExaminationCurvesDeps;
  readonly #known = new LRUCache<string, Known>({ max: MAX_RETRIEVERS });

  constructor(deps: ExaminationCurvesDeps) {
    this.#deps = deps;
  }

  /** The last that was estimated; null until there is one. Asking brings it up to date behind the answer. */
  of(namespaceId: string, retrieverId: string): readonly number[] | null {
    const { clock, logger } = this.#deps;
    const known = this.#known.get(retrieverId);
    if (known === undefined || clock.now() - known.askedAt >= REFRESH_EVERY_MS) {
      this.#known.set(retrieverId, { curve: known?.curve ?? null, askedAt: clock.now() });
      this.#estimate(namespaceId, retrieverId).catch((error: unknown) => {
        logger.warn({ err: error, retrieverId }, 'The examination curve could not be estimated; the last one holds.');
      });
    }
    return known?.curve ?? null;
  }

  /** Estimated now, of every position that was shown. @throws where the store is away */
  async read(namespaceId: string, retrieverId: string): Promise<ExaminationPoint[]> {
    const [curve, totals] = await Promise.all([
      this.#estimate(namespaceId, retrieverId),
      this.#deps.store.totals(retrieverId),
    ]);
    return totals.map((total) => ({ ...total, probability: curve[total.position] ?? 0 }));
  }

  async #estimate(namespaceId: string, retrieverId: string): Promise<readonly number[]> {
    const { store, clock } = this.#deps;
    const curve = examinationCurve(await store.cells(namespaceId, retrieverId));
    this.#known.set(retrieverId, { curve, askedAt: clock.now() });
    return curve;
  }
}
