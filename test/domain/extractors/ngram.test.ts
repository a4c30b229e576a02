import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNgram } from '../../../src/extractors/ngram.ts';
import { cosine } from '../../fixtures/vectors.ts';

const ngram = createNgram();
const embed = (...texts: string[]) => ngram.embed(texts, 'document');

describe('the n-gram extractor', () => {
  it('gives every text a unit vector of 1,024 numbers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
        const [vector] = await embed(text);
        expect(vector).toHaveLength(1024);
        expect(cosine(vector!, vector!)).toBeCloseTo(1, 5);
        expect(Math.hypot(...vector!)).toBeCloseTo(1, 5);
      }),
    );
  });

  it('does not tell AX-4432B from ax4432b', async () => {
    const [a, b] = await embed('AX-4432B', 'ax4432b');
    expect(cosine(a!, b!)).toBeCloseTo(1, 6);
  });

  it('finds the intended word nearer than any other in spite of a typo', async () => {
    const [typo, ...words] = await embed('sleepin bag', 'sleeping bag', 'sleeping mat', 'shopping bag', 'tent pegs');
    const similarities = words.map((word) => cosine(typo!, word));
    expect(similarities[0]).toBe(Math.max(...similarities));
    expect(similarities[3]).toBeLessThan(0.1);
  });

  it('ignores case, accents and the order of the words', async () => {
    const [a, b] = await embed('Café Stove', 'stove cafe');
    expect(cosine(a!, b!)).toBeCloseTo(1, 6);
  });

  it('counts a repeated word once more, but less than linearly', async () => {
    const [once, twice, often] = await embed('kettle mug', 'kettle kettle mug', `${'kettle '.repeat(50)} mug`);
    const [kettle] = await embed('kettle');
    const shares = [once, twice, often].map((vector) => cosine(vector!, kettle!));
    expect(shares[1]).toBeGreaterThan(shares[0]!);
    expect(shares[2]).toBeGreaterThan(shares[1]!);
    expect(shares[2]).toBeLessThan(0.995);
  });

  it('gives all texts without letters or digits the same vector, far from any word', async () => {
    const [empty, marks, word] = await embed('', '?! …', 'lantern');
    expect(marks).toEqual(empty);
    expect(Math.abs(cosine(empty!, word!))).toBeLessThan(0.5);
  });

  it('gives the same numbers on every machine', async () => {
    const [vector] = await embed('Trail Kettle 0.8 L');
    const largest = [...vector!.entries()].filter(([, value]) => value !== 0).slice(0, 4);
    expect(largest.map(([bucket, value]) => [bucket, Number(value.toFixed(4))])).toMatchInlineSnapshot(`
      [
        [
          14,
          -0.169,
        ],
        [
          25,
          0.169,
        ],
        [
          36,
          0.169,
        ],
        [
          56,
          0.169,
        ],
      ]
    `);
  });
});
