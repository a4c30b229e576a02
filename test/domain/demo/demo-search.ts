import { readCatalogue, type Product } from '../../../src/demo/catalogue.ts';
import { createBm25 } from '../../../src/extractors/bm25.ts';
import { createMiniLm } from '../../../src/extractors/minilm/minilm.ts';
import type { RankedList } from '../../../src/fusion/ranked-list.ts';
import { cosine } from '../../fixtures/vectors.ts';

export const lexicalUri = 'attune://lexical@v1/bm25';
export const denseUri = 'attune://text@v1/minilm_l6_v2';
const topK = 100;

/** The demo's two features over its catalogue, exact and in memory: the text of a query → the two ranked lists. */
export async function openDemoSearch() {
  const products = readCatalogue();
  const searchTitles = bm25Index(products);
  const miniLm = createMiniLm();
  const vectors = await miniLm.embed(
    products.map(({ content }) => content),
    'document',
  );
  const known = new Map<string, { lexical: RankedList; dense: RankedList }>();
  return {
    async search(text: string): Promise<{ lexical: RankedList; dense: RankedList }> {
      const before = known.get(text);
      if (before) return before;
      const [query] = await miniLm.embed([text], 'query');
      const dense = ranked(products.map(({ documentId }, i) => [documentId, cosine(query!, vectors[i]!)]));
      const lists = {
        lexical: { featureUri: lexicalUri, hits: searchTitles(text) },
        dense: { featureUri: denseUri, hits: dense },
      };
      known.set(text, lists);
      return lists;
    },
    close: () => miniLm.close(),
  };
}

/** BM25 with k1 1.2 and b .75 (Robertson and Zaragoza 2009, section 3.4), the idf of Lucene. */
function bm25Index(products: readonly Product[]) {
  const bm25 = createBm25();
  const titles = products.map(({ title }) => bm25.terms(title));
  const lengths = titles.map((terms) => [...terms.values()].reduce((sum, count) => sum + count, 0));
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const frequency = new Map<string, number>();
  for (const terms of titles) for (const term of terms.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1);

  return (text: string) => {
    const asked = [...bm25.terms(text)];
    const scores = titles.map((terms, i) =>
      asked.reduce((sum, [term, times]) => {
        const tf = terms.get(term) ?? 0;
        const df = frequency.get(term) ?? 0;
        const idf = Math.log(1 + (titles.length - df + 0.5) / (df + 0.5));
        return sum + (times * idf * tf) / (tf + 1.2 * (0.25 + (0.75 * lengths[i]!) / meanLength));
      }, 0),
    );
    return ranked(products.map(({ documentId }, i) => [documentId, scores[i]!])).filter(({ score }) => score > 0);
  };
}

function ranked(scores: readonly [string, number][]) {
  return scores
    .map(([documentId, score]) => ({ documentId, score }))
    .sort((a, b) => b.score - a.score || (a.documentId < b.documentId ? -1 : 1))
    .slice(0, topK);
}
