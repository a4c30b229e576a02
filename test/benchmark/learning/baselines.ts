import { seededRng } from '../../../src/shared/rng.ts';
import { meanNdcg, ndcg, rank, type PreparedQuery } from './prepared-query.ts';

/** The queries of one seed: what is searched and clicked, and what is only judged. */
export interface Split {
  learning: readonly PreparedQuery[];
  heldOut: readonly PreparedQuery[];
}

export interface Baselines {
  rrf: number;
  equal: number;
  bestSingle: number;
  /** Best on the learning half by a grid, judged on the held-out half. */
  bestStatic: number;
  /** Best on the held-out half itself: no static weights can be better there. */
  bestStaticTest: number;
}

/** Another halving of the same queries for every seed, so that no figure hangs on one lucky half. */
export function halve(queries: readonly PreparedQuery[], seed: number): Split {
  const rng = seededRng(`half ${seed}`);
  const shuffled = queries.map((query) => ({ query, key: rng.next() })).sort((a, b) => a.key - b.key);
  const half = Math.floor(queries.length / 2);
  return {
    learning: shuffled.slice(0, half).map(({ query }) => query),
    heldOut: shuffled.slice(half).map(({ query }) => query),
  };
}

/** Finds the static weights of every split; nDCG of all queries under all of the grid is worked out once. */
export class StaticWeights {
  readonly #grid: readonly (readonly number[])[];
  readonly #values = new Map<PreparedQuery, Float64Array>();
  readonly #features: number;

  constructor(queries: readonly PreparedQuery[], features: number) {
    this.#features = features;
    this.#grid = simplexGrid(features, [1, 1, 100, 40, 20, 12, 9, 7, 6][features] ?? 4);
    for (const query of queries) {
      this.#values.set(
        query,
        Float64Array.from(this.#grid, (weights) => ndcg(query, rank(query, weights))),
      );
    }
  }

  baselines({ learning, heldOut }: Split): Baselines {
    const learned = this.#meanOver(learning);
    const held = this.#meanOver(heldOut);
    const singles = Array.from({ length: this.#features }, (_, feature) =>
      meanNdcg(
        heldOut,
        Array.from({ length: this.#features }, (_unused, other) => (other === feature ? 1 : 0)),
      ),
    );
    return {
      rrf: meanNdcg(heldOut, null),
      equal: meanNdcg(heldOut, new Array<number>(this.#features).fill(1)),
      bestSingle: Math.max(...singles),
      bestStatic: held[indexOfMax(learned)] as number,
      bestStaticTest: Math.max(...held),
    };
  }

  /** nDCG@10 of the best static weights on the half they are the best of: what searches there could have had. */
  onLearningHalf({ learning }: Pick<Split, 'learning'>): number {
    return Math.max(...this.#meanOver(learning));
  }

  #meanOver(queries: readonly PreparedQuery[]): Float64Array {
    const sums = new Float64Array(this.#grid.length);
    for (const query of queries) {
      for (const [point, value] of (this.#values.get(query) as Float64Array).entries()) sums[point]! += value;
    }
    return sums.map((sum) => sum / queries.length);
  }
}

function simplexGrid(features: number, steps: number): number[][] {
  const parts = (total: number, count: number): number[][] =>
    count === 1
      ? [[total]]
      : Array.from({ length: total + 1 }, (_, first) =>
          parts(total - first, count - 1).map((rest) => [first, ...rest]),
        ).flat();
  return parts(steps, features).map((point) => point.map((part) => part / steps));
}

function indexOfMax(values: Float64Array): number {
  return values.reduce((best, value, index) => (value > (values[best] as number) ? index : best), 0);
}
