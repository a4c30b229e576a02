import type { Metadata } from './collection.ts';

export interface FeatureInput {
  featureUri: string;
  /** Default ["content"]. */
  fields: readonly string[] | null;
  /** Needed where no extractor stands behind the URI: the caller's vectors have this length. */
  dimensions: number | null;
}

export interface CreateCollectionInput {
  name: string;
  features: readonly FeatureInput[];
}

export interface DocumentInput {
  documentId: string;
  content: string | null;
  metadata: Metadata | null;
  vectors: readonly { featureUri: string; values: readonly number[] }[] | null;
}

export interface UpsertDocumentsInput {
  collectionId: string;
  /** 1 to 1,000. */
  documents: readonly DocumentInput[];
}

export interface UpsertDocumentsResult {
  upserted: number;
  /** The documents that were left out, and why; the others are stored. */
  failures: readonly { documentId: string; code: string; message: string }[];
}

export interface DeleteDocumentsInput {
  collectionId: string;
  documentIds: readonly string[];
}
