import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalogue, toDocument, type Product, type ProductStyle } from '../../../src/demo/catalogue.ts';
import { demoQueries } from '../../../src/demo/shoppers.ts';
import type { RankedList } from '../../../src/fusion/ranked-list.ts';
import { openDemoSearch } from './demo-search.ts';

const products = readCatalogue();
const byId = new Map(products.map((product) => [product.documentId, product]));

describe('the demo catalogue', () => {
  it('has 12 products of every category, half of each style, all different', () => {
    expect(products).toHaveLength(312);
    expect(byId.size).toBe(312);
    expect(new Set(products.map(({ title }) => title)).size).toBe(312);
    expect(new Set(products.map(({ content }) => content)).size).toBe(312);
    for (const category of new Set(products.map((product) => product.category))) {
      const styles = products.filter((product) => product.category === category).map(({ style }) => style);
      expect([category, ...styles.sort()]).toEqual([
        category,
        ...Array.from({ length: 6 }, () => 'homely'),
        ...Array.from({ length: 6 }, () => 'technical'),
      ]);
    }
  });

  it('has every field of every product in a sensible range', () => {
    for (const product of products) {
      expect(product.documentId).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(product.content).toMatch(/^[A-Z0-9].{60,399}[.!]$/);
      expect(product.price).toBeGreaterThan(0);
      expect(product.rating).toBeGreaterThanOrEqual(1);
      expect(product.rating).toBeLessThanOrEqual(5);
      expect(product.tags.length).toBeGreaterThan(0);
      expect([product.brand, product.colour, ...product.tags].every((text) => text.trim() !== '')).toBe(true);
    }
  });

  it('becomes documents whose title, taste and picture are metadata', () => {
    const document = toDocument(byId.get('titanium-trail-kettle-08-l')!, 'data:image/svg+xml,…');
    expect(document).toMatchObject({
      documentId: 'titanium-trail-kettle-08-l',
      content: expect.stringContaining('132 g') as string,
      metadata: {
        ...{ title: 'Titanium Trail Kettle 0.8 L', category: 'kettles', style: 'technical', price: 69 },
        image: 'data:image/svg+xml,…',
      },
    });
    expect(document.metadata).not.toHaveProperty('documentId');
  });
});

describe('the two features of the demo', () => {
  let demo: Awaited<ReturnType<typeof openDemoSearch>>;
  beforeAll(async () => {
    demo = await openDemoSearch();
  });
  afterAll(() => demo.close());

  /** nDCG@10 where what counts is to be of the category and the style; 1 is the best order there is. */
  function ndcg({ hits }: RankedList, category: string, style: ProductStyle): number {
    const liked = (product: Product | undefined) => product?.category === category && product.style === style;
    const gain = (position: number) => 1 / Math.log2(position + 2);
    const found = hits.slice(0, 10).map(({ documentId }, i) => (liked(byId.get(documentId)) ? gain(i) : 0));
    const best = Array.from({ length: 6 }, (_, i) => gain(i));
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    return sum(found) / sum(best);
  }

  async function meanOverQueries(
    measure: (lists: { lexical: RankedList; dense: RankedList }, category: string) => number,
  ): Promise<number> {
    let sum = 0;
    for (const { text, category } of demoQueries) sum += measure(await demo.search(text), category);
    return sum / demoQueries.length;
  }

  it('answer every demo query, and name different products first', async () => {
    for (const { text } of demoQueries) {
      const { lexical, dense } = await demo.search(text);
      expect(lexical.hits.length).toBeGreaterThanOrEqual(5);
      expect(dense.hits[0]?.documentId).not.toBe(lexical.hits[0]?.documentId);
    }
    const overlapAt5 = await meanOverQueries(({ lexical, dense }) => {
      const first = new Set(lexical.hits.slice(0, 5).map(({ documentId }) => documentId));
      return dense.hits.slice(0, 5).filter(({ documentId }) => first.has(documentId)).length / 5;
    });
    expect(overlapAt5).toBeLessThan(0.2);
  });

  it('both answer plausibly: mostly with products of the category that was meant', async () => {
    for (const feature of ['lexical', 'dense'] as const) {
      const precisionAt5 = await meanOverQueries((lists, category) => {
        const top = lists[feature].hits.slice(0, 5);
        return top.filter(({ documentId }) => byId.get(documentId)?.category === category).length / 5;
      });
      expect(precisionAt5).toBeGreaterThan(0.7);
    }
  });

  it('serve opposite tastes: the words of titles the technical one, the meaning of descriptions the homely one', async () => {
    const technicalByTitle = await meanOverQueries(({ lexical }, category) => ndcg(lexical, category, 'technical'));
    const technicalByMeaning = await meanOverQueries(({ dense }, category) => ndcg(dense, category, 'technical'));
    const homelyByTitle = await meanOverQueries(({ lexical }, category) => ndcg(lexical, category, 'homely'));
    const homelyByMeaning = await meanOverQueries(({ dense }, category) => ndcg(dense, category, 'homely'));
    expect(technicalByTitle).toBeGreaterThan(technicalByMeaning + 0.5);
    expect(homelyByMeaning).toBeGreaterThan(homelyByTitle + 0.5);
  });
});
