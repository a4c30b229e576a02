import { normalizedScores, type ScoredHit } from './normalized-scores.ts';
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
  const size = featureUris.length + 1;
  const triangle: number[] = [];
  const rows = hits.map((hit) => [...normalizedScores(hit, featureUris), 1]);
  const response: number[] = [];
  const sumOver = (term: (z: readonly number[], outcome: DocumentOutcome) => number) =>
    outcomes.reduce((sum, outcome, place) => sum + term(rows[place] ?? [], outcome), 0);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      triangle.push(sumOver((z, { examined }) => examined * (z[i] ?? 0) * (z[j] ?? 0)));
    }
    response.push(sumOver((z, { reward }) => reward * (z[i] ?? 0)));
  }
  return [...triangle, ...response].map((sum) => Math.round(sum * UNIT));
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
