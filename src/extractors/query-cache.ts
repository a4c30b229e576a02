import { LRUCache } from 'lru-cache';
import type { VectorExtractor } from './extractor.ts';

/** Longer queries are rare and seldom repeated. */
const maxTextLength = 500;

/** Remembers the vectors of the last `size` distinct queries; equal queries at the same time are embedded once. */
export function cacheQueries(extractor: VectorExtractor, size: number): VectorExtractor {
  const cache = new LRUCache<string, Promise<Float32Array>>({ max: size });

  function embedOne(text: string): Promise<Float32Array> {
    const known = cache.get(text);
    if (known) return known;
    const embedded = extractor.embed([text], 'query').then(([vector]) => vector as Float32Array);
    cache.set(text, embedded);
    embedded.catch(() => {
      if (cache.peek(text) === embedded) cache.delete(text);
    });
    return embedded;
  }

  return {
    ...extractor,
    embed(texts, purpose) {
      const [text] = texts;
      const cacheable = purpose === 'query' && texts.length === 1 && text !== undefined && text.length <= maxTextLength;
      return cacheable ? embedOne(text).then((vector) => [vector]) : extractor.embed(texts, purpose);
    },
    close() {
      cache.clear();
      return extractor.close();
    },
  };
}
