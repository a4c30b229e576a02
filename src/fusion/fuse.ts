import { invariant } from '../shared/invariant.ts';
import { combine, scoreAgain, type Scoring } from './combine.ts';
import { dbsfScoring } from './dbsf.ts';
import { learnedScoring } from './learned.ts';
import { maxScoring } from './max.ts';
import type { FeatureContribution, FusedHit, FusionMethod, RankedList } from './ranked-list.ts';
import { rrfScoring } from './rrf.ts';
import { weightedScoring } from './weighted.ts';
import { assertWeights } from './weights.ts';

/** The k of reciprocal rank fusion that its authors found to work. */
export const defaultRankConstant = 60;

export interface FusionOptions {
  /**
   * One a list, in the order of the lists, each at least 0 and not all 0. Null: 1 each; for LEARNED: nothing learned
   * yet.
   */
  weights?: readonly number[] | null;
  /** The k of RRF, at least 0. Default 60. */
  rankConstant?: number;
  /** WEIGHTED and MAX on raw instead of min-max normalised scores. Default false. */
  rawScores?: boolean;
}

/**
 * Fuses the ranked lists of several features into one ranking: every document any of them found, best first, ties by
 * document id. Pure: the same lists in any order, with hits in any order, give the same ids and scores.
 * @throws ValidationError INVALID_WEIGHTS
 */
export function fuse(method: FusionMethod, lists: readonly RankedList[], options: FusionOptions = {}): FusedHit[] {
  return lists.length === 0 ? [] : combine(lists, scoringOf(method, lists.length, options));
}

/**
 * Fuses hits again from what their features said of them when they were found, without the lists: the same method and
 * options give the same contributions and scores, bit for bit. In the order given.
 * @throws ValidationError INVALID_WEIGHTS
 */
export function fuseAgain(
  method: FusionMethod,
  hits: readonly { documentId: string; features: readonly FeatureContribution[] }[],
  options: FusionOptions = {},
): FusedHit[] {
  const [first] = hits;
  if (first === undefined) return [];
  const scoring = scoringOf(method, first.features.length, options);
  return hits.map(({ documentId, features }) => ({ documentId, ...scoreAgain(features, scoring) }));
}

function scoringOf(method: FusionMethod, lists: number, options: FusionOptions): Scoring {
  const { weights = null, rankConstant = defaultRankConstant, rawScores = false } = options;
  invariant(Number.isFinite(rankConstant) && rankConstant >= 0, `rank constant ${rankConstant} must be at least 0`);
  invariant(!weights || weights.length === lists, 'weights come one a list');
  if (weights) assertWeights(weights, ['weights']);
  if (method === 'LEARNED') return learnedScoring(weights, lists, rankConstant);

  const given = weights ?? new Array<number>(lists).fill(1);
  switch (method) {
    case 'RRF':
      return rrfScoring(given, rankConstant);
    case 'DBSF':
      return dbsfScoring(given);
    case 'WEIGHTED':
      return weightedScoring(given, rawScores);
    case 'MAX':
      return maxScoring(given, rawScores);
  }
}
