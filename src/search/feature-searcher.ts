import type { Collection, CollectionFeature } from '../collections/collection.ts';
import type { ScoredDocument } from '../fusion/ranked-list.ts';
import type { Filter } from './filter.ts';

export type FeatureQuery = { kind: 'vector'; vector: Float32Array } | { kind: 'lexical'; terms: readonly string[] };

export interface FeatureSearchRequest {
  collection: Collection;
  feature: CollectionFeature;
  query: FeatureQuery;
  /** 1 to 1000. */
  topK: number;
  filter: Filter | null;
}

/** Asks one feature's index. The score is cosine similarity (vector) or BM25 (lexical), higher is better, ties by document id. */
export interface FeatureSearcher {
  search(request: FeatureSearchRequest): Promise<ScoredDocument[]>;
}
