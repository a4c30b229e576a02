import { describe, expect, it } from 'vitest';
import type { VectorExtractor } from '../../../src/extractors/extractor.ts';
import { createNgram } from '../../../src/extractors/ngram.ts';
import { cacheQueries } from '../../../src/extractors/query-cache.ts';

/** The n-gram extractor, with a record of the texts that reached it. */
function countedNgram(failures = 0) {
  const embedded: string[] = [];
  const ngram = createNgram();
  let left = failures;
  const extractor: VectorExtractor = {
    ...ngram,
    embed(texts, purpose) {
      embedded.push(...texts);
      return left-- > 0 ? Promise.reject(new Error('not yet')) : ngram.embed(texts, purpose);
    },
  };
  return { extractor, embedded };
}

describe('the cache of query vectors', () => {
  it('embeds a repeated query once, also when asked at the same time', async () => {
    const { extractor, embedded } = countedNgram();
    const cached = cacheQueries(extractor, 10);
    const [[a], [b]] = await Promise.all([cached.embed(['tent'], 'query'), cached.embed(['tent'], 'query')]);
    const [c] = await cached.embed(['tent'], 'query');
    expect(embedded).toEqual(['tent']);
    expect(b).toBe(a);
    expect(c).toBe(a);
    expect([c]).toEqual(await createNgram().embed(['tent'], 'query'));
  });

  it('passes documents, lists and very long queries through', async () => {
    const { extractor, embedded } = countedNgram();
    const cached = cacheQueries(extractor, 10);
    for (let i = 0; i < 2; i++) {
      await cached.embed(['tent'], 'document');
      await cached.embed(['a', 'b'], 'query');
      await cached.embed(['x'.repeat(501)], 'query');
    }
    expect(embedded).toHaveLength(8);
  });

  it('forgets the query that was asked longest ago', async () => {
    const { extractor, embedded } = countedNgram();
    const cached = cacheQueries(extractor, 2);
    for (const text of ['a', 'b', 'a', 'c', 'a', 'b']) await cached.embed([text], 'query');
    expect(embedded).toEqual(['a', 'b', 'c', 'b']);
  });

  it('does not remember a failure', async () => {
    const { extractor } = countedNgram(1);
    const cached = cacheQueries(extractor, 10);
    await expect(cached.embed(['tent'], 'query')).rejects.toThrow('not yet');
    await expect(cached.embed(['tent'], 'query')).resolves.toHaveLength(1);
  });
});
