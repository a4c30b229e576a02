import { scoreTable, type ScoredHit, type ScoreTable } from './normalized-scores.ts';
import type { DocumentOutcome } from './ranking-evidence.ts';

/** As in ranking-evidence.ts: sums in whole millionths do not depend on their order. */
const UNIT = 1e6;

/** The sufficient statistics of a linear model of the reward on (scores, 1): of size features + 1. */
export interface LinearEvidence {
  /** Σ examined · z zᵀ. */
  precision: readonly (readonly number[])[];
  /** Σ reward · z. */
  response: readonly number[];
}

/** Numbers in the evidence on so many features. */
export function linearEvidenceLength(features: number): number {
  const size = features + 1;
  return (size * (size + 1)) / 2 + size;
}

/**
 * What one list says of the linear model: the upper triangle of Σ examined · z zᵀ row by row, then Σ reward · z, where z is
 * a hit's normalised scores and a 1.
 * @param outcomes one a hit
 * @param featureUris in ascending order
 */
export function linearEvidence(
  hits: readonly ScoredHit[],
  outcomes: readonly DocumentOutcome[],
  featureUris: readonly string[],
): number[] {
  return linearEvidenceOn(scoreTable(hits, featureUris), outcomes);
}

/** @param table the features in ascending order */
export function linearEvidenceOn(table: ScoreTable, outcomes: readonly DocumentOutcome[]): number[] {
  const size = table.features + 1;
  const sums = new Float64Array(linearEvidenceLength(table.features));
  const response = sums.length - size;
  const z = new Float64Array(size).fill(1);
  for (let place = 0; place < outcomes.length; place++) {
    const { reward, examined } = outcomes[place] as DocumentOutcome;
    if (reward === 0 && examined === 0) continue;
    z.set(table.scores.subarray(place * table.features, (place + 1) * table.features));
    for (let i = 0, at = 0; i < size; i++) {
      const zi = z[i] as number;
      for (let j = i; j < size; j++, at++) sums[at] = (sums[at] as number) + examined * zi * (z[j] as number);
      sums[response + i] = (sums[response + i] as number) + reward * zi;
    }
  }
  return Array.from(sums, (sum) => Math.round(sum * UNIT));
}

/** Reads sums of `linearEvidence`. */
export function readLinearEvidence(sums: readonly number[], features: number): LinearEvidence {
  const size = features + 1;
  const valueAt = (index: number) => (sums[index] ?? 0) / UNIT;
  // Row i of the triangle stands behind i rows of size, size − 1, … and begins with column i.
  const inTriangle = (i: number, j: number) => valueAt(i * size - (i * (i - 1)) / 2 + j - i);
  const all = Array.from({ length: size }, (_, index) => index);
  return {
    precision: all.map((i) => all.map((j) => inTriangle(Math.min(i, j), Math.max(i, j)))),
    response: all.map((i) => valueAt((size * (size + 1)) / 2 + i)),
  };
}
