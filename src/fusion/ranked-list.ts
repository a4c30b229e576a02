export interface ScoredDocument {
  documentId: string;
  /** Raw score of the feature's index, higher is better. */
  score: number;
}

/** What one feature search found: best first. */
export interface RankedList {
  featureUri: string;
  hits: readonly ScoredDocument[];
}

/**
 * What one feature said of one hit, and what came of it. The contributions of a hit sum to its score (MAX: the largest
 * is it).
 */
export interface FeatureContribution {
  featureUri: string;
  /** From 1; null where the feature did not find the document. */
  rank: number | null;
  score: number | null;
  /** 0 to 1 within the feature's list; 0 where it did not find the document. */
  normalizedScore: number;
  weight: number;
  contribution: number;
}

export interface FusedHit {
  documentId: string;
  score: number;
  /** One a searched feature, in the order of the lists. */
  features: readonly FeatureContribution[];
}

export type FusionMethod = 'RRF' | 'DBSF' | 'WEIGHTED' | 'MAX' | 'LEARNED';
