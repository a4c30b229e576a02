import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { documentText } from '../../../src/collections/document-text.ts';
import { createBm25 } from '../../../src/extractors/bm25.ts';
import { createMiniLm } from '../../../src/extractors/minilm/minilm.ts';
import type { RankedList, ScoredDocument } from '../../../src/fusion/ranked-list.ts';
import type { CorpusDocument, JudgedQuery, JudgedSet } from './judged-set.ts';

const TOP_K = 100;
const EMBEDDED_AT_ONCE = 128;

/** Query id → what each feature finds for it. */
export type FeatureLists = ReadonlyMap<string, readonly RankedList[]>;

export interface FeatureListsRequest {
  set: JudgedSet;
  queries: readonly JudgedQuery[];
  /** Text fields of the documents: each is a BM25 feature, all together the dense one. */
  fields: readonly string[];
  /** Where lists are kept between runs; they depend on nothing but the request. */
  cacheDirectory: string;
  say: (line: string) => void;
}

/** The top 100 of every feature for every query: BM25 a field, exact MiniLM cosine over all fields. */
export async function featureLists(request: FeatureListsRequest): Promise<FeatureLists> {
  const { set, queries, fields, cacheDirectory } = request;
  const key = createHash('sha256')
    .update(JSON.stringify([TOP_K, fields, queries.map(({ id, text }) => [id, text]), set.documents]))
    .digest('hex');
  const file = path.join(cacheDirectory, `${set.name}-${key.slice(0, 16)}.json`);
  if (existsSync(file)) return new Map(JSON.parse(readFileSync(file, 'utf8')) as [string, RankedList[]][]);

  const lexical = fields.map((field) => bm25Searcher(`bm25://${field}`, set.documents, field));
  const dense = await denseLists(request);
  const lists = new Map(
    queries.map((query, index) => [
      query.id,
      [...lexical.map((search) => search(query.text)), dense[index] as RankedList],
    ]),
  );
  mkdirSync(cacheDirectory, { recursive: true });
  writeFileSync(file, JSON.stringify([...lists]));
  return lists;
}

/** The same BM25 as the lexical index: k1 1.2, b 0.75, Lucene's idf, terms in over a fifth of the documents left out. */
function bm25Searcher(featureUri: string, documents: readonly CorpusDocument[], field: string) {
  const { terms } = createBm25();
  const postings = new Map<string, { document: number; tf: number }[]>();
  const lengths = new Float64Array(documents.length);
  for (const [index, document] of documents.entries()) {
    for (const [term, tf] of terms(textOf(document, [field]))) {
      lengths[index] = (lengths[index] ?? 0) + tf;
      const list = postings.get(term);
      if (list === undefined) postings.set(term, [{ document: index, tf }]);
      else list.push({ document: index, tf });
    }
  }
  const filled = lengths.filter((length) => length > 0);
  const meanLength = filled.reduce((sum, length) => sum + length, 0) / filled.length;

  return (text: string): RankedList => {
    const asked = [...terms(text)].map(([term, times]) => ({ times, list: postings.get(term) ?? [] }));
    const rare = asked.filter(({ list }) => list.length <= filled.length * 0.2);
    const scores = new Map<number, number>();
    for (const { times, list } of rare.some(({ list }) => list.length > 0) ? rare : asked) {
      const idf = Math.log(1 + (filled.length - list.length + 0.5) / (list.length + 0.5));
      for (const { document, tf } of list) {
        const length = (lengths[document] ?? 0) / meanLength;
        const score = (times * idf * tf) / (tf + 1.2 * (0.25 + 0.75 * length));
        scores.set(document, (scores.get(document) ?? 0) + score);
      }
    }
    return { featureUri, hits: best([...scores], documents) };
  };
}

async function denseLists({ set, queries, fields, say }: FeatureListsRequest): Promise<RankedList[]> {
  const minilm = createMiniLm({ threads: 2 });
  try {
    const vectors: Float32Array[] = [];
    for (let from = 0; from < set.documents.length; from += EMBEDDED_AT_ONCE) {
      const batch = set.documents.slice(from, from + EMBEDDED_AT_ONCE);
      vectors.push(
        ...(await minilm.embed(
          batch.map((document) => textOf(document, fields)),
          'document',
        )),
      );
      if (from % (EMBEDDED_AT_ONCE * 16) === 0) say(`  embedding ${from} of ${set.documents.length} documents`);
    }
    const asked = await minilm.embed(
      queries.map(({ text }) => text),
      'query',
    );
    return asked.map((vector) => {
      const scores = vectors.map((other, index): [number, number] => [index, dot(vector, other)]);
      return { featureUri: 'minilm://all', hits: best(scores, set.documents) };
    });
  } finally {
    await minilm.close();
  }
}

function textOf(document: CorpusDocument, fields: readonly string[]): string {
  const { id, content, ...metadata } = document;
  const text = typeof content === 'string' ? content : null;
  return documentText({ documentId: id, content: text, metadata }, fields);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function best(
  scores: readonly [document: number, score: number][],
  documents: readonly CorpusDocument[],
): ScoredDocument[] {
  return scores
    .toSorted(([a, one], [b, other]) => other - one || a - b)
    .slice(0, TOP_K)
    .map(([document, score]) => ({ documentId: String(documents[document]?.id), score }));
}
