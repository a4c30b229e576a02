import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBm25 } from '../../../src/extractors/bm25.ts';

const bm25 = createBm25();
const terms = (text: string) => [...bm25.terms(text).keys()];

describe('the BM25 extractor', () => {
  it('counts stemmed, lower-case words', () => {
    expect(bm25.terms('Hiking boots for hikers; a BOOT that hikes')).toEqual(
      new Map([
        ['hike', 2],
        ['boot', 2],
        ['hiker', 1],
      ]),
    );
  });

  it('drops accents, but not the vowel signs of other scripts', () => {
    expect(terms('Café crème')).toEqual(terms('cafe creme'));
    expect(terms('हिन्दी')).toEqual(['हिन्दी']);
  });

  it('reads full-width and composed forms as their plain ones', () => {
    expect(terms('ＡＢＣ１２')).toEqual(terms('abc12'));
    expect(terms('cafe\u0301')).toEqual(terms('caf\u00e9'));
  });

  it.each(['AX-4432B', 'ax4432b', 'Ax.4432b', 'AX_4432B'])('gives the part number %s whole and in parts', (text) => {
    expect(terms(text)).toEqual(expect.arrayContaining(['ax4432b', 'ax', '4432', 'b']));
  });

  it('lets a part number written with spaces meet the same one written without', () => {
    const spaced = new Set(terms('ax 4432 b'));
    expect(terms('AX-4432B').filter((term) => spaced.has(term))).toHaveLength(3);
  });

  it('gives a hyphenated word whole and in parts', () => {
    expect(terms('wood-burning e-mail')).toEqual(['woodburn', 'wood', 'burn', 'email', 'e', 'mail']);
  });

  it.each([
    ['1.5', ['1.5']],
    ['1,000', ['1000']],
    ['1,234,567.8', ['1234567.8']],
    ['12,5', ['12', '5']],
    ['500ml', ['500ml', '500', 'ml']],
    ['3/4', ['34', '3', '4']],
  ])('reads the number %s', (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it('drops the possessive and other apostrophes', () => {
    expect(terms("the hiker's rock'n'roll, don’t")).toEqual(['hiker', 'rocknrol', 'dont']);
  });

  it('leaves stop words out unless there is nothing else', () => {
    expect(terms('the kettle for the tent')).toEqual(['kettl', 'tent']);
    expect(terms('To be or not to be')).toEqual(['to', 'be', 'or', 'not']);
  });

  it('pairs the characters of scripts written without spaces', () => {
    expect(terms('寝袋専門 tent')).toEqual(['寝袋', '袋専', '専門', 'tent']);
    expect(terms('鍋')).toEqual(['鍋']);
  });

  it('leaves out terms of more than 64 characters', () => {
    expect(terms(`${'a'.repeat(65)} kettle`)).toEqual(['kettl']);
  });

  it('finds no terms in blank text or punctuation', () => {
    expect(bm25.terms('').size).toBe(0);
    expect(bm25.terms(' \n—!?🦙').size).toBe(0);
  });

  it('gives short terms without spaces or control characters, counted from 1, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const [term, count] of bm25.terms(text)) {
          expect(term).toMatch(/^[^\s\p{Cc}]{1,64}$/u);
          expect(count).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });

  it('finds the same terms in a text and in the text doubled, twice as often', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
        const once = bm25.terms(text);
        const twice = bm25.terms(`${text}\n${text}`);
        expect(twice).toEqual(new Map([...once].map(([term, count]) => [term, count * 2])));
      }),
    );
  });
});
