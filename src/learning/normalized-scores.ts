import type { FeatureContribution } from '../fusion/ranked-list.ts';

/** A shown document, as far as it teaches weights. */
export interface ScoredHit {
  features: readonly Pick<FeatureContribution, 'featureUri' | 'normalizedScore'>[];
}

/** What each feature gave each hit; 0 where the feature did not find it. */
export interface ScoreTable {
  hits: number;
  features: number;
  /** Hit by hit, the features in one order. */
  scores: Float64Array;
}

/** @param featureUris the columns, in their order */
export function scoreTable(hits: readonly ScoredHit[], featureUris: readonly string[]): ScoreTable {
  const scores = new Float64Array(hits.length * featureUris.length);
  const columns = new Map(featureUris.map((uri, column) => [uri, column]));
  for (const [place, { features }] of hits.entries()) {
    for (const { featureUri, normalizedScore } of features) {
      const column = columns.get(featureUri);
      if (column !== undefined) scores[place * featureUris.length + column] = normalizedScore;
    }
  }
  return { hits: hits.length, features: featureUris.length, scores };
}
