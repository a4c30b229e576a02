import type { EmbeddingPurpose } from '../extractor.ts';
import { isPictureUrl } from '../picture-url.ts';

/** One HTTP request, as JSON by POST. */
export interface EmbeddingRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** How one provider is asked, and how it answers. Pure: what goes over the wire and nothing else. */
export interface WireFormat {
  /** Inputs a request. */
  readonly maxBatch: number;
  request(inputs: readonly string[], purpose: EmbeddingPurpose, credential: string): EmbeddingRequest;
  /** One vector an input, in their order. @throws where the answer is not of the documented form */
  vectors(answer: unknown): number[][];
}

/** What every format is made from. */
export interface ModelSettings {
  /** Without a slash at the end. */
  url: string;
  model: string;
  /** To ask for; null: what the model gives by itself. */
  requestDimensions: number | null;
}

/** An input that is a picture: a data URL, or where the provider can reach it. */
export function isPicture(input: string): boolean {
  return isPictureUrl(input) || input.startsWith('gs://');
}
