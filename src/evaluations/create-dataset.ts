import { NotFoundError, ValidationError } from '../shared/errors.ts';
import { holdsUnstorable, unstorable } from '../shared/storable-json.ts';
import type { CreateDatasetInput, QueryInput, RejectedRow } from './dataset-input.ts';
import type { DatasetStore } from './dataset-store.ts';
import type { EvaluationDataset, JudgedQuery } from './evaluation-dataset.ts';
import { isRelevant, MAX_GRADE } from './judgment.ts';
import { isGrade, parseCsvJudgments, parseJsonlJudgments, type JudgmentRow } from './parse-judgments.ts';
import { queryKey } from './query-key.ts';

const MAX_NAME_LENGTH = 100;
const MAX_ID_LENGTH = 512;
const MAX_INPUTS_BYTES = 16_000;
const MAX_QUERIES = 10_000;
const MAX_JUDGMENTS = 200_000;

type Path = readonly (string | number)[];

/**
 * A dataset that people judged, or its next version: as objects, as CSV or as JSONL. Rows of an upload that make no
 * sense are left out and reported.
 * @throws ValidationError, NotFoundError DATASET_NOT_FOUND, ConflictError DATASET_NAME_TAKEN, DATASET_CHANGED
 */
export async function createDataset(
  deps: { datasets: DatasetStore },
  namespaceId: string,
  input: CreateDatasetInput,
): Promise<{ dataset: EvaluationDataset; rejected: RejectedRow[] }> {
  const { rows, rejected, path } = readJudgments(input);
  const given = groupByQuery(rows);
  if (given.length === 0) throw nothingJudged(rejected, path);
  if (input.datasetId === null) {
    checkSize(given, path);
    const name = parseName(input.name);
    const content = { source: 'MANUAL' as const, origin: null, queries: given };
    return { dataset: await deps.datasets.create(namespaceId, name, content), rejected };
  }
  const previous = await findDataset(deps.datasets, namespaceId, input.datasetId, ['input', 'datasetId']);
  const kept = input.keepPrevious ? await deps.datasets.queries(previous.id, previous.version) : [];
  const queries = merge(kept, given);
  checkSize(queries, path);
  return { dataset: await deps.datasets.addVersion(previous, { source: 'MANUAL', origin: null, queries }), rejected };
}

/** In its newest version. @throws NotFoundError DATASET_NOT_FOUND */
export async function findDataset(
  datasets: Pick<DatasetStore, 'get'>,
  namespaceId: string,
  id: string,
  path: Path,
): Promise<EvaluationDataset> {
  const [dataset] = await datasets.get(namespaceId, [id]);
  if (dataset !== undefined) return dataset;
  throw new NotFoundError(
    `There is no evaluation dataset ${JSON.stringify(id.slice(0, 100))} in this namespace; make one with createEvaluationDataset or generateEvaluationDataset.`,
    'DATASET_NOT_FOUND',
    path,
  );
}

/** @throws ValidationError INVALID_NAME */
export function parseName(name: string | null): string {
  const trimmed = name?.trim() ?? '';
  const fits = trimmed.length >= 1 && trimmed.length <= MAX_NAME_LENGTH && !/[\p{Cc}\p{Surrogate}]/u.test(trimmed);
  if (fits) return trimmed;
  throw new ValidationError(
    `name must have 1 to ${MAX_NAME_LENGTH} characters and no control characters; leave it out only where datasetId is given.`,
    'INVALID_NAME',
    ['input', 'name'],
  );
}

function readJudgments(input: CreateDatasetInput): { rows: JudgmentRow[]; rejected: RejectedRow[]; path: Path } {
  const { queries, csv, jsonl } = input;
  if ([queries, csv, jsonl].filter((way) => way !== null).length !== 1) {
    throw new ValidationError('Give exactly one of queries, csv and jsonl.', 'INVALID_DATASET', ['input']);
  }
  if (csv !== null) return checkRows(parseCsvJudgments(csv), ['input', 'csv']);
  if (jsonl !== null) return checkRows(parseJsonlJudgments(jsonl), ['input', 'jsonl']);
  const path = ['input', 'queries'];
  return { rows: (queries ?? []).flatMap((query, index) => rowsOf(query, [...path, index])), rejected: [], path };
}

/** What cannot be stored of an upload is the fault of a whole file, not of a row that could be left out. */
function checkRows(parsed: { rows: JudgmentRow[]; rejected: RejectedRow[] }, path: Path) {
  for (const { inputs, documentId, queryId } of parsed.rows) checkStorable(inputs, [documentId, queryId ?? ''], path);
  return { ...parsed, path };
}

function rowsOf({ queryId, inputs, judgments }: QueryInput, path: Path): JudgmentRow[] {
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
    throw invalid('inputs must be an object such as { "query": "warm jacket" }.', [...path, 'inputs']);
  }
  return judgments.map(({ documentId, relevance }, index) => {
    const at = [...path, 'judgments', index];
    checkStorable(inputs as Record<string, unknown>, [documentId, queryId ?? ''], at);
    if (documentId === '') throw invalid('documentId is empty: name the judged document.', [...at, 'documentId']);
    if (!isGrade(relevance)) {
      throw invalid(`relevance must be a whole number from 0 to ${MAX_GRADE}, not ${relevance}.`, [...at, 'relevance']);
    }
    return { queryId, inputs: inputs as Record<string, unknown>, documentId, relevance };
  });
}

function checkStorable(inputs: Record<string, unknown>, ids: readonly string[], path: Path): void {
  const fault = unstorable(inputs, MAX_INPUTS_BYTES);
  if (fault !== null) throw invalid(`inputs ${fault}.`, path);
  if (ids.some((id) => id.length > MAX_ID_LENGTH || holdsUnstorable(id))) {
    throw invalid(`An id has more than ${MAX_ID_LENGTH} characters, or holds what cannot be stored.`, path);
  }
}

/** Rows of the same query id, else of the same inputs, are one query; of two judgments of a document the later counts. */
function groupByQuery(rows: readonly JudgmentRow[]): JudgedQuery[] {
  const queries = new Map<string, { inputs: Record<string, unknown>; judgments: Map<string, number> }>();
  for (const { queryId, inputs, documentId, relevance } of rows) {
    const name = queryId ?? queryKey(inputs);
    const query = queries.get(name) ?? { inputs, judgments: new Map<string, number>() };
    query.judgments.set(documentId, relevance);
    queries.set(name, query);
  }
  return [...queries].map(([queryId, { inputs, judgments }]) => {
    return { queryId, inputs, judgments: Object.fromEntries(judgments), cluster: null, heldOut: false };
  });
}

function merge(kept: readonly JudgedQuery[], given: readonly JudgedQuery[]): JudgedQuery[] {
  const merged = new Map(kept.map((query) => [query.queryId, query]));
  for (const query of given) {
    const old = merged.get(query.queryId);
    merged.set(query.queryId, { ...query, judgments: { ...old?.judgments, ...query.judgments } });
  }
  return [...merged.values()];
}

function checkSize(queries: readonly JudgedQuery[], path: Path): void {
  const grades = queries.flatMap(({ judgments }) => Object.values(judgments));
  if (queries.length > MAX_QUERIES || grades.length > MAX_JUDGMENTS) {
    throw invalid(
      `A dataset holds at most ${MAX_QUERIES} queries and ${MAX_JUDGMENTS} judgments, and this one would have ${queries.length} and ${grades.length}: split it.`,
      path,
    );
  }
  if (!grades.some(isRelevant)) {
    throw new ValidationError(
      'No document is judged relevant, so every ranking would score 0: give at least one a relevance of 1 or more.',
      'NO_RELEVANT_JUDGMENT',
      path,
    );
  }
}

function nothingJudged(rejected: readonly RejectedRow[], path: Path): ValidationError {
  const [first] = rejected;
  return new ValidationError(
    first === undefined
      ? 'There is no judged query: give each at least one judgment.'
      : `None of the ${rejected.length} rows can be used. ${first.message}`,
    'NO_JUDGED_QUERY',
    path,
  );
}

function invalid(message: string, path: Path): ValidationError {
  return new ValidationError(message, 'INVALID_DATASET', path);
}
