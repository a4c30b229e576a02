import { ValidationError } from '../shared/errors.ts';
import { parseCsv } from './csv.ts';
import { MAX_GRADE } from './judgment.ts';
import type { RejectedRow } from './dataset-input.ts';

/** One judgment of an upload. */
export interface JudgmentRow {
  /** Null: named after its inputs. */
  queryId: string | null;
  inputs: Record<string, unknown>;
  documentId: string;
  relevance: number;
}

export interface ParsedJudgments {
  rows: JudgmentRow[];
  rejected: RejectedRow[];
}

/** CSV columns that are not inputs of the search. */
const OWN_COLUMNS = { queryId: 'query_id', documentId: 'document_id', relevance: 'relevance' };

/**
 * CSV with a header: `document_id`, `relevance` (left out or empty: 1) and `query_id` (left out: by the inputs); every
 * other column is an input of the search, such as `query`. Bad rows are reported, not thrown.
 * @throws ValidationError INVALID_CSV where the header does not do
 */
export function parseCsvJudgments(text: string): ParsedJudgments {
  const [header, ...records] = parseCsv(text);
  const columns = checkHeader(header?.fields.map((name) => name.trim()) ?? []);
  return collect(records, ({ fields, problem, line }) => {
    if (problem !== null) return reject(line, `${problem}.`);
    if (fields.length !== columns.length) {
      return reject(line, `it has ${fields.length} fields, and the header has ${columns.length}.`);
    }
    const values = new Map(columns.map((name, index) => [name, (fields[index] ?? '').trim()]));
    const inputs = Object.fromEntries(
      [...values].filter(([name, value]) => !Object.values(OWN_COLUMNS).includes(name) && value !== ''),
    );
    const relevance = values.get(OWN_COLUMNS.relevance) || '1';
    return checkRow(line, {
      queryId: values.get(OWN_COLUMNS.queryId) || null,
      inputs,
      documentId: values.get(OWN_COLUMNS.documentId),
      relevance: relevance === '' ? NaN : Number(relevance),
    });
  });
}

/**
 * One object a line: `{ "query": "warm jacket", "documentId": "d1", "relevance": 2 }`, with `inputs` in place of `query`
 * where the search takes others, and `queryId` where queries have names. Bad rows are reported, not thrown.
 */
export function parseJsonlJudgments(text: string): ParsedJudgments {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((content, index) => ({ content, line: index + 1 }))
    .filter(({ content }) => content.trim() !== '');
  return collect(lines, ({ content, line }) => {
    const value = parseObject(content);
    if (value === null) return reject(line, 'it is no JSON object.');
    const { queryId = null, query, inputs, documentId, relevance = 1 } = value;
    if (queryId !== null && typeof queryId !== 'string') return reject(line, 'queryId must be a text.');
    return checkRow(line, { queryId, inputs: inputs ?? { query }, documentId, relevance });
  });
}

/** @throws ValidationError INVALID_CSV */
function checkHeader(columns: readonly string[]): readonly string[] {
  const { queryId, documentId, relevance } = OWN_COLUMNS;
  const inputs = columns.filter((name) => ![queryId, documentId, relevance].includes(name));
  const fault =
    (!columns.includes(documentId) && `names no ${documentId}`) ||
    (inputs.length === 0 && 'names no input of the search, such as query') ||
    (inputs.includes('') && 'has a column without a name') ||
    (new Set(columns).size < columns.length && 'names a column twice');
  if (fault === false) return columns;
  throw new ValidationError(
    `The first line of csv ${fault}. It must be a header such as query,${documentId},${relevance}, in which every other column is an input of the search.`,
    'INVALID_CSV',
    ['input', 'csv'],
  );
}

interface Unchecked {
  queryId: string | null;
  inputs: unknown;
  documentId: unknown;
  relevance: unknown;
}

function checkRow(line: number, { queryId, inputs, documentId, relevance }: Unchecked): JudgmentRow | RejectedRow {
  if (typeof documentId !== 'string' || documentId === '') return reject(line, 'it names no document.');
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
    return reject(line, 'inputs must be an object such as { "query": "warm jacket" }.');
  }
  const given = Object.entries(inputs as Record<string, unknown>).filter(([, value]) => value !== undefined);
  if (given.length === 0) return reject(line, 'it has no query.');
  if (!isGrade(relevance)) {
    return reject(line, `relevance must be a whole number from 0 to ${MAX_GRADE}, such as 0 or 1.`);
  }
  return { queryId, inputs: Object.fromEntries(given), documentId, relevance };
}

export function isGrade(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_GRADE;
}

function collect<Raw>(raw: readonly Raw[], read: (row: Raw) => JudgmentRow | RejectedRow): ParsedJudgments {
  const rows: JudgmentRow[] = [];
  const rejected: RejectedRow[] = [];
  for (const one of raw) {
    const row = read(one);
    if ('message' in row) rejected.push(row);
    else rows.push(row);
  }
  return { rows, rejected };
}

function reject(line: number, reason: string): RejectedRow {
  return { line, message: `Line ${line} was left out: ${reason}` };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
