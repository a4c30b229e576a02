import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { EmbeddingPurpose } from '../extractor.ts';

/** Vectors by what they were made from, so that the same content is paid for once; bounded by the bytes they take. */
export class ContentCache {
  readonly #vectors: LRUCache<string, Float32Array>;

  constructor(maxBytes: number) {
    this.#vectors = new LRUCache({ maxSize: maxBytes, sizeCalculation: (vector) => vector.byteLength + 100 });
  }

  get(input: string, purpose: EmbeddingPurpose): Float32Array | undefined {
    return this.#vectors.get(keyOf(input, purpose));
  }

  set(input: string, purpose: EmbeddingPurpose, vector: Float32Array): void {
    this.#vectors.set(keyOf(input, purpose), vector);
  }
}

function keyOf(input: string, purpose: EmbeddingPurpose): string {
  return `${purpose} ${createHash('sha256').update(input).digest('base64url')}`;
}
