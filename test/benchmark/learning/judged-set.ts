import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { seededRng } from '../../../src/shared/rng.ts';

/** A document of a judged set; its fields beside the id are text, lists of text, or anything. */
export type CorpusDocument = { id: string } & Readonly<Record<string, unknown>>;

export interface JudgedQuery {
  id: string;
  text: string;
  /** Document id → relevance from 0 to 1 (its grade over the set's highest); what is not in it was not judged. */
  relevance: ReadonlyMap<string, number>;
}

/** A corpus and queries with human relevance judgments. */
export interface JudgedSet {
  /** The folder's name. */
  name: string;
  documents: readonly CorpusDocument[];
  queries: readonly JudgedQuery[];
}

/**
 * Reads `corpus.jsonl` (id and text fields), `queries.jsonl` (id, text) and `qrels.tsv` (query id, document id, grade), each
 * plain or with `.gz`. Queries without a relevant document of the corpus are left out: no ranking of them is better than
 * another.
 * @throws Error where a file is missing
 */
export function readJudgedSet(directory: string): JudgedSet {
  const documents = parseLines<CorpusDocument>(readText(directory, 'corpus.jsonl'));
  const known = new Set(documents.map(({ id }) => String(id)));
  const grades = new Map<string, Map<string, number>>();
  let highest = 0;
  for (const line of readText(directory, 'qrels.tsv').split('\n')) {
    const [queryId = '', documentId = '', grade] = line.split('\t');
    const value = Number(grade);
    if (!known.has(documentId) || !Number.isFinite(value)) continue;
    highest = Math.max(highest, value);
    const judged = grades.get(queryId) ?? new Map<string, number>();
    grades.set(queryId, judged.set(documentId, Math.max(0, value)));
  }
  const queries: JudgedQuery[] = [];
  for (const { id, text } of parseLines<{ id: string; text: string }>(readText(directory, 'queries.jsonl'))) {
    const relevance = new Map(
      [...(grades.get(String(id)) ?? [])].map(([document, grade]) => [document, grade / highest]),
    );
    if ([...relevance.values()].some((value) => value > 0)) queries.push({ id: String(id), text, relevance });
  }
  return { name: path.basename(path.resolve(directory)), documents, queries };
}

/** That many queries in a random order that the seed fixes; all of them where there are fewer. */
export function pickQueries(queries: readonly JudgedQuery[], count: number, seed: string): JudgedQuery[] {
  const rng = seededRng(seed);
  const keyed = queries.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((query) => ({ query, key: rng.next() }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ query }) => query);
}

function readText(directory: string, name: string): string {
  const plain = path.join(directory, name);
  if (existsSync(plain)) return readFileSync(plain, 'utf8');
  if (existsSync(`${plain}.gz`)) return gunzipSync(readFileSync(`${plain}.gz`)).toString('utf8');
  throw new Error(`${directory} holds neither ${name} nor ${name}.gz`);
}

function parseLines<Row>(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Row);
}
