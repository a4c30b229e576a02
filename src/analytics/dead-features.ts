import type { FeatureSums } from './analytics-store.ts';

/** A feature that costs a search and brings nothing. */
export interface DeadFeature {
  featureUri: string;
  searches: number;
  /** What is wrong, and what to do. */
  reason: string;
}

/** Fewer searches than this show nothing. */
const MIN_SEARCHES = 50;
const RARELY = 0.01;

/** Those that find nothing, whose finds are never shown, or that hardly move a score. */
export function deadFeatures(features: readonly FeatureSums[]): DeadFeature[] {
  return features.flatMap((feature) => {
    const reason = reasonOf(feature);
    return reason === null ? [] : { featureUri: feature.featureUri, searches: feature.searches, reason };
  });
}

function reasonOf({ searches, empty, hitsFound, hitsShown, share }: FeatureSums): string | null {
  if (searches < MIN_SEARCHES) return null;
  if (empty / searches > 1 - RARELY) {
    return 'It finds nothing in nearly every search: check its query template, its filters, and that documents have it.';
  }
  if (hitsShown > 0 && hitsFound / hitsShown < RARELY) {
    return 'What it finds is hardly ever shown: the other features outweigh it. Raise its topK, or leave it out.';
  }
  if (hitsShown > 0 && share < RARELY) {
    return 'It contributes less than a hundredth to the scores: leave it out, or look at why its weight is so low.';
  }
  return null;
}
