import { normalizedScores, type ScoredHit } from './normalized-scores.ts';
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
  const told = outcomes.flatMap(({ reward, examined }, place) =>
    reward !== 0 || examined > 0 ? [{ reward, examined, place }] : [],
  );
  if (told.length === 0) return new Array<number>(rankingEvidenceLength(featureUris.length)).fill(0);

  const scores = Float64Array.from(hits.flatMap((hit) => normalizedScores(hit, featureUris)));
  const totals = new Float64Array(hits.length);
  const points = weightLattice(featureUris.length).map((weights) => {
    weigh(scores, weights, totals);
    let gain = 0;
    let exposure = 0;
    for (const { reward, examined, place } of told) {
      const discount = discountAt(meanRank(totals, place));
      gain += reward * discount;
      exposure += examined * discount;
    }
    return { gain, exposure };
  });
  const scalars = [
    1,
    sumOver(told, ({ examined }) => examined),
    sumOver(told, ({ reward }) => reward),
    sumOver(told, ({ reward }) => Math.abs(reward)),
    sumOver(told, ({ reward }) => reward ** 2),
  ];
  const sums = [...scalars, ...points.map(({ gain }) => gain), ...points.map(({ exposure }) => exposure)];
  return sums.map((sum) => Math.round(sum * UNIT));
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

/** @param scores row by row, one a hit. @param totals filled with the weighted sum of each row */
function weigh(scores: Float64Array, weights: readonly number[], totals: Float64Array): void {
  for (let place = 0, at = 0; place < totals.length; place++) {
    let total = 0;
    for (const weight of weights) total += weight * (scores[at++] as number);
    totals[place] = total;
  }
}

/** From 0; documents of equal score share the mean of their ranks. */
function meanRank(totals: Float64Array, place: number): number {
  const own = totals[place] as number;
  let above = 0;
  let equal = 0;
  for (let other = 0; other < totals.length; other++) {
    const lead = (totals[other] as number) - own;
    if (lead > TIE) above++;
    else if (lead >= -TIE) equal++;
  }
  return above + (equal - 1) / 2;
}

/** Between two whole ranks in proportion. */
function discountAt(rank: number): number {
  const floor = Math.floor(rank);
  const here = discounts[floor] ?? 0;
  const next = discounts[floor + 1] ?? 0;
  return here + (rank - floor) * (next - here);
}
