import { ascendingSum } from './ascending-sum.ts';
import { bestFirst, distinctHits, type Normalise } from './normalise.ts';
import type { FeatureContribution, FusedHit, RankedList } from './ranked-list.ts';

/** What sets one fusion method apart from another. */
export interface Scoring {
  /** One a list, finite. */
  weights: readonly number[];
  normalise: Normalise;
  /** What a found hit brings in. `rank` is from 1; `score` is raw. */
  contribution: (weight: number, rank: number, score: number, normalizedScore: number) => number;
  /** SUM of all contributions, or the MAX of the features that found the document. */
  total: 'SUM' | 'MAX';
}

/**
 * Fuses lists: every document that any feature found, best first, ties by document id. What a feature did not find
 * contributes 0. Where only one list found anything its order stands, even where clipping or rounding made scores
 * equal.
 */
export function combine(lists: readonly RankedList[], scoring: Scoring): FusedHit[] {
  const absent = lists.map(({ featureUri }, index): FeatureContribution => {
    return {
      featureUri,
      rank: null,
      score: null,
      normalizedScore: 0,
      weight: scoring.weights[index] ?? 0,
      contribution: 0,
    };
  });
  const featuresOf = new Map<string, FeatureContribution[]>();
  let listsWithHits = 0;
  for (const [index, list] of lists.entries()) {
    const hits = distinctHits(list.hits);
    if (hits.length > 0) listsWithHits++;
    const normalized = scoring.normalise(hits);
    const weight = scoring.weights[index] ?? 0;
    for (const [place, { documentId, score }] of hits.entries()) {
      let features = featuresOf.get(documentId);
      if (!features) featuresOf.set(documentId, (features = absent.slice()));
      const normalizedScore = normalized[place] ?? 0;
      const contribution = scoring.contribution(weight, place + 1, score, normalizedScore);
      features[index] = {
        featureUri: list.featureUri,
        rank: place + 1,
        score,
        normalizedScore,
        weight,
        contribution,
      };
    }
  }

  const total = totalOf(scoring);
  const fused: FusedHit[] = [];
  for (const [documentId, features] of featuresOf) fused.push({ documentId, score: total(features), features });
  return listsWithHits > 1 ? fused.sort(bestFirst) : fused;
}

/** One hit from what its features said of it, as `combine` had them: weights, contributions and the score anew. */
export function scoreAgain(
  features: readonly FeatureContribution[],
  scoring: Omit<Scoring, 'normalise'>,
): Pick<FusedHit, 'score' | 'features'> {
  const again = features.map((feature, index): FeatureContribution => {
    const { rank, score, normalizedScore } = feature;
    const weight = scoring.weights[index] ?? 0;
    const contribution =
      rank === null || score === null ? 0 : scoring.contribution(weight, rank, score, normalizedScore);
    return { ...feature, weight, contribution };
  });
  return { score: totalOf(scoring)(again), features: again };
}

function totalOf({ total }: Pick<Scoring, 'total'>): (features: readonly FeatureContribution[]) => number {
  return total === 'SUM' ? sumOf : largestFound;
}

function sumOf(features: readonly FeatureContribution[]): number {
  return ascendingSum(features.map((feature) => feature.contribution));
}

function largestFound(features: readonly FeatureContribution[]): number {
  let largest = -Infinity;
  for (const feature of features) {
    if (feature.rank !== null && feature.contribution > largest) largest = feature.contribution;
  }
  return largest;
}
