import type { FeatureContribution } from '../fusion/ranked-list.ts';

/** A shown document, as far as it teaches weights. */
export interface ScoredHit {
  features: readonly Pick<FeatureContribution, 'featureUri' | 'normalizedScore'>[];
}

/** What each feature gave the hit, in the order of the URIs; 0 where the feature did not find it. */
export function normalizedScores(hit: ScoredHit, featureUris: readonly string[]): number[] {
  return featureUris.map((uri) => hit.features.find(({ featureUri }) => featureUri === uri)?.normalizedScore ?? 0);
}
