/** What a text is embedded for: some models treat the two differently. */
export type EmbeddingPurpose = 'document' | 'query';

/** Turns texts, and pictures where it can, into unit vectors for a pgvector index. */
export interface VectorExtractor {
  readonly kind: 'vector';
  /** Stable name used in configuration: `minilm`, `ngram`. */
  readonly name: string;
  /** Recorded with the index, which refuses vectors of another model or precision. */
  readonly model: string;
  readonly precision: string;
  readonly dimensions: number;
  /**
   * One L2-normalised vector of `dimensions` numbers a text, in order. Loads its model at the first call.
   * @throws UnreadableInputs where some of them can never be embedded
   */
  embed(texts: readonly string[], purpose: EmbeddingPurpose): Promise<Float32Array[]>;
  /** Loads its model ahead; left out: embedding a word does. */
  warmUp?(): Promise<void>;
  close(): Promise<void>;
}

/** Turns texts into counted terms for a BM25 index. */
export interface LexicalExtractor {
  readonly kind: 'lexical';
  readonly name: string;
  /** The analyser and its version: terms of two analysers must not meet in one index. */
  readonly model: string;
  readonly precision: string;
  /** Term → number of times it occurs in the text. */
  terms(text: string): Map<string, number>;
}

export type Extractor = VectorExtractor | LexicalExtractor;

/** Which extractor fills which feature URI. A URI it does not know is filled by the caller, who sends the vectors. */
export interface ExtractorRegistry {
  resolve(featureUri: string): Extractor | null;
  /** Every URI an extractor stands behind, for error messages and discovery. */
  known(): readonly { featureUri: string; extractor: Extractor }[];
  close(): Promise<void>;
}
