import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncodingQueue } from '../../../src/extractors/minilm/encoding-queue.ts';
import type { SentenceEncoder } from '../../../src/extractors/minilm/sentence-encoder.ts';

/** Encodes a text, whose tokens are its characters, as its length and its first character; keeps the runs it was given. */
function recordingEncoder(failAt = Infinity) {
  const runs: string[][] = [];
  const encoder: SentenceEncoder = {
    tokenize: (text) => [...text].map((character) => character.codePointAt(0)!),
    async encode(tokenLists) {
      runs.push(tokenLists.map((tokens) => String.fromCodePoint(...tokens)));
      await Promise.resolve();
      if (runs.length > failAt) throw new Error('out of memory');
      return tokenLists.map((tokens) => Float32Array.of(tokens.length, tokens[0] ?? 0));
    },
    close: () => Promise.resolve(),
  };
  return { encoder, runs };
}

describe('the encoding queue', () => {
  it('gives every text its own vector, in order, whatever the lengths', async () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 600 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        const queue = new EncodingQueue(recordingEncoder().encoder);
        const vectors = await queue.embed(given, 'document');
        expect(vectors.map((vector) => [...vector])).toEqual(
          given.map((text) => [text.length, text.codePointAt(0) ?? 0]),
        );
      }),
    );
  });

  it('bounds the padded tokens of a run, but runs a longer text by itself', async () => {
    const { encoder, runs } = recordingEncoder();
    const texts = [...Array.from({ length: 30 }, (_, i) => 'x'.repeat(1 + i * 9)), 'y'.repeat(600)];
    await new EncodingQueue(encoder).embed(texts, 'document');
    for (const run of runs) {
      const padded = run.length * Math.max(...run.map((text) => text.length));
      expect(run.length === 1 || padded <= 512).toBe(true);
    }
    expect(runs.length).toBeLessThan(20);
  });

  it('serves a query before the documents that were waiting', async () => {
    const { encoder, runs } = recordingEncoder();
    const queue = new EncodingQueue(encoder);
    const documents = queue.embed(
      Array.from({ length: 20 }, () => 'd'.repeat(400)),
      'document',
    );
    await queue.embed(['query'], 'query');
    expect(runs.findIndex(([text]) => text === 'query')).toBe(1);
    await documents;
    expect(runs).toHaveLength(21);
  });

  it('reads what came in during a run before it chooses the next', async () => {
    const { encoder, runs } = recordingEncoder();
    const queue = new EncodingQueue(encoder);
    const documents = queue.embed(['d'.repeat(400), 'e'.repeat(400)], 'document');
    const query = new Promise((resolve) => setImmediate(() => resolve(queue.embed(['query'], 'query'))));
    await Promise.all([documents, query]);
    expect(runs.map(([text]) => text![0])).toEqual(['d', 'q', 'e']);
  });

  it('fails the texts of a failed run and goes on with the others', async () => {
    const { encoder } = recordingEncoder(1);
    const queue = new EncodingQueue(encoder);
    const first = queue.embed(['a'.repeat(400)], 'document');
    const second = queue.embed(['b'.repeat(300)], 'document');
    await expect(first).resolves.toHaveLength(1);
    await expect(second).rejects.toThrow('out of memory');
    await expect(queue.embed(['c'], 'query')).rejects.toThrow('out of memory');
  });
});
