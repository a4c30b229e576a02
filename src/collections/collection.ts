export type IndexKind = 'vector' | 'lexical';

/** One feature of a collection: an index, and what fills it. */
export interface FeatureSpec {
  /** `scheme://extractor@version/output`, unique in the collection. */
  featureUri: string;
  kind: IndexKind;
  /** The extractor's name, or null where the caller brings the vectors. */
  extractor: string | null;
  /** What filled the index: the extractor's model and precision, or `caller` and `float32`. */
  model: string;
  precision: string;
  /** Length of the vectors; null for a lexical index. */
  dimensions: number | null;
  /** Whose text is extracted, joined by a line break: `content` or names of metadata fields (dots descend). */
  fields: readonly string[];
}

export interface CollectionFeature extends FeatureSpec {
  /** Names the index's tables. */
  id: number;
}

export interface Collection {
  id: string;
  namespaceId: string;
  name: string;
  features: readonly CollectionFeature[];
  createdAt: number;
}

export type Metadata = Record<string, unknown>;

export interface Document {
  documentId: string;
  content: string | null;
  metadata: Metadata;
}

/** The vector of a document for a feature that no extractor fills, at unit length, as it is kept. */
export interface BroughtVector {
  featureUri: string;
  values: Float32Array;
}

/** A document with all that its collection's indexes need of it, by feature id. */
export interface IndexedDocument extends Document {
  vectors: ReadonlyMap<number, Float32Array>;
  terms: ReadonlyMap<number, ReadonlyMap<string, number>>;
}
