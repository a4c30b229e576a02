import { scoreTable, type ScoredHit, type ScoreTable } from './normalized-scores.ts';
import { weightLattice } from './weight-lattice.ts';

/** What came of one shown document. */
export interface DocumentOutcome {
  /** Scaled rewards less scaled penalties. */
  reward: number;
  /** Probability that the person looked at it, 0 to 1. */
  examined: number;
}

/** Ranks count as far as the first page goes; below, a document might as well not be there. */
const DEPTH = 10;
const discounts = Array.from({ length: DEPTH }, (_, rank) => 1 / Math.log2(2 + rank));
/** Sums are kept in whole millionths: exact in a double up to 9·10⁹, whatever order they are added up in. */
const UNIT = 1e6;
const SCALARS = 5;
/** Scores that differ by less are equal: sums in another order. */
const TIE = 1e-9;
/** Of the ranks 0, 1/2, 1, …: between two whole ranks in proportion. */
const discountsByHalves = Array.from({ length: 2 * DEPTH }, (_, halves) => {
  const here = discounts[halves >> 1] ?? 0;
  const next = discounts[(halves >> 1) + 1] ?? 0;
  return here + (halves / 2 - (halves >> 1)) * (next - here);
});

/** What feedback says of every weight vector of the lattice, added up over lists. */
export interface RankingEvidence {
  /** Lists with feedback. */
  lists: number;
  /** Documents looked at, and their rewards: sum, sum of magnitudes, sum of squares. */
  examined: number;
  reward: number;
  rewardMagnitude: number;
  rewardSquare: number;
  /** Σ reward · discount(rank the document would have had), a point of the lattice. */
  gains: readonly number[];
  /** Σ examined · discount(rank the document would have had), a point of the lattice. */
  exposures: readonly number[];
}

/** Numbers in the evidence on so many features. */
export function rankingEvidenceLength(features: number): number {
  return SCALARS + 2 * weightLattice(features).length;
}

/**
 * What one list says of every weight vector: the rank among the shown documents that it would have given to each of them,
 * discounted as in DCG (Järvelin and Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", ACM TOIS 20(4),
 * 2002), once times the reward and once times the probability that it was looked at. Every vector learns from every
 * list, whichever it was shown by. Whole millionths, so that sums do not depend on their order.
 * @param outcomes one a hit
 * @param featureUris in ascending order
 */
export function rankingEvidence(
  hits: readonly ScoredHit[],
  outcomes: readonly DocumentOutcome[],
  featureUris: readonly string[],
): number[] {
  return rankingEvidenceOn(scoreTable(hits, featureUris))(outcomes);
}

/**
 * The same for several outcomes of one list, whose ranks are worked out once, and only where something came of it.
 * @param table the features in ascending order
 */
export function rankingEvidenceOn(table: ScoreTable): (outcomes: readonly DocumentOutcome[]) => number[] {
  let discounts: Float64Array | null = null;
  return (outcomes) => {
    const told = outcomes.flatMap(({ reward, examined }, place) =>
      reward !== 0 || examined > 0 ? [{ reward, examined, place }] : [],
    );
    const sums = new Array<number>(rankingEvidenceLength(table.features)).fill(0);
    if (told.length === 0) return sums;
    discounts ??= discountsOf(table);
    const points = weightLattice(table.features).length;
    for (let point = 0, row = 0; point < points; point++, row += table.hits) {
      let gain = 0;
      let exposure = 0;
      for (const { reward, examined, place } of told) {
        const discount = discounts[row + place] as number;
        gain += reward * discount;
        exposure += examined * discount;
      }
      sums[SCALARS + point] = Math.round(gain * UNIT);
      sums[SCALARS + points + point] = Math.round(exposure * UNIT);
    }
    const scalars = [
      1,
      sumOver(told, ({ examined }) => examined),
      sumOver(told, ({ reward }) => reward),
      sumOver(told, ({ reward }) => Math.abs(reward)),
      sumOver(told, ({ reward }) => reward ** 2),
    ];
    for (const [index, sum] of scalars.entries()) sums[index] = Math.round(sum * UNIT);
    return sums;
  };
}

/** Reads sums of `rankingEvidence`. */
export function readRankingEvidence(sums: readonly number[], features: number): RankingEvidence {
  const points = weightLattice(features).length;
  const [lists, examined, reward, rewardMagnitude, rewardSquare, ...vectors] = sums.map((sum) => sum / UNIT);
  return {
    lists: lists ?? 0,
    examined: examined ?? 0,
    reward: reward ?? 0,
    rewardMagnitude: rewardMagnitude ?? 0,
    rewardSquare: rewardSquare ?? 0,
    gains: vectors.slice(0, points),
    exposures: vectors.slice(points, 2 * points),
  };
}

/** Lists with feedback in the largest evidence that a context has, faded as its sums are. */
export function listsLearned(evidence: readonly { sums: readonly number[] }[]): number {
  return evidence.reduce((most, { sums }) => Math.max(most, (sums[0] ?? 0) / UNIT), 0);
}

function sumOver(outcomes: readonly DocumentOutcome[], term: (outcome: DocumentOutcome) => number): number {
  return outcomes.reduce((sum, outcome) => sum + term(outcome), 0);
}

/** What the rank is worth that each vector of the lattice would have given to each hit: vector by vector, hit by hit. */
function discountsOf(table: ScoreTable): Float64Array {
  const lattice = weightLattice(table.features);
  const discounts = new Float64Array(lattice.length * table.hits);
  const totals = new Float64Array(table.hits);
  // From vector to vector little changes, so that sorting what was sorted for the one before is quick.
  const order = Int32Array.from(totals.keys());
  for (let point = 0, row = 0; point < lattice.length; point++, row += table.hits) {
    weigh(table, lattice[point] as readonly number[], totals);
    sortDescending(order, totals);
    discountRanks(order, totals, discounts, row);
  }
  return discounts;
}

/** @param totals filled with the weighted sum of each hit */
function weigh({ scores, hits, features }: ScoreTable, weights: readonly number[], totals: Float64Array): void {
  for (let place = 0, at = 0; place < hits; place++) {
    let total = 0;
    for (let feature = 0; feature < features; feature++, at++) {
      total += (weights[feature] as number) * (scores[at] as number);
    }
    totals[place] = total;
  }
}

/** By insertion. @param order places, sorted by their totals */
function sortDescending(order: Int32Array, totals: Float64Array): void {
  for (let next = 1; next < order.length; next++) {
    const place = order[next] as number;
    const total = totals[place] as number;
    let free = next;
    for (; free > 0 && (totals[order[free - 1] as number] as number) < total; free--) {
      order[free] = order[free - 1] as number;
    }
    order[free] = place;
  }
}

/**
 * Documents of equal score share the mean of their ranks.
 * @param order places by descending totals
 * @param discounts filled from `row` on with the discount of each place
 */
function discountRanks(order: Int32Array, totals: Float64Array, discounts: Float64Array, row: number): void {
  let above = 0;
  let behind = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const place = order[rank] as number;
    const own = totals[place] as number;
    while ((totals[order[above] as number] as number) - own > TIE) above++;
    while (behind < order.length && (totals[order[behind] as number] as number) - own >= -TIE) behind++;
    discounts[row + place] = discountsByHalves[above + behind - 1] ?? 0;
  }
}
