import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { payloadOf } from '../../client/request.ts';
import type { RejectedRow } from '../../evaluations/dataset-input.ts';
import { isRelevant } from '../../evaluations/judgment.ts';
import { parseCsvJudgments, parseJsonlJudgments, type JudgmentRow } from '../../evaluations/parse-judgments.ts';
import { queryKey } from '../../evaluations/query-key.ts';
import { OperatorError } from '../../shared/errors.ts';
import type { Send } from '../api.ts';
import { lookUp } from '../find-named.ts';

export interface Dataset {
  id: string;
  name: string;
  version: number;
  queryCount: number;
  judgmentCount: number;
}

export const datasetFields = 'version queryCount judgmentCount';

interface UploadedQuery {
  queryId: string;
  inputs: Record<string, unknown>;
  judgments: { documentId: string; relevance: number }[];
}

/** Of the 256 kB that a request may have. Another number would cut the same file into other parts. */
const PART_BYTES = 150_000;
const DATASET_NAME_LENGTH = 100;

/**
 * The dataset of a file: the same content is the same dataset, which is uploaded once, in parts, each a version. What an
 * interrupted run has sent of it is gone on with.
 * @throws OperatorError where the file holds no judgments
 */
export async function datasetOfFile(
  send: Send,
  file: string,
): Promise<{ dataset: Dataset; rejected: readonly RejectedRow[] }> {
  const text = await readFile(file, 'utf8');
  const isCsv = file.toLowerCase().endsWith('.csv');
  const { rows, rejected } = isCsv ? parseCsvJudgments(text) : parseJsonlJudgments(text);
  if (rows.length === 0) {
    throw new OperatorError(`${file} holds no judgments${rejected[0] ? `: ${rejected[0].message}` : '.'}`);
  }
  const parts = partsOf(queriesOf(rows));
  const name = nameOf(file, text);
  let dataset = await lookUp<Dataset>(send, 'dataset', name, datasetFields);
  for (const part of parts.slice(dataset?.version ?? 0)) dataset = await upload(send, name, dataset, part);
  if (dataset === null) throw new Error('A file with judgments has at least one part.');
  return { dataset, rejected };
}

async function upload(
  send: Send,
  name: string,
  previous: Dataset | null,
  queries: readonly UploadedQuery[],
): Promise<Dataset> {
  const mutation = `mutation ($input: CreateEvaluationDatasetInput!) { createEvaluationDataset(input: $input) {
    ... on EvaluationDatasetPayload { dataset { id name ${datasetFields} } }
    ... on Error { code message path }
  } }`;
  const which = previous === null ? { name } : { datasetId: previous.id, keepPrevious: true };
  type Answer = { createEvaluationDataset: { dataset: Dataset } };
  const { createEvaluationDataset } = await send<Answer>(mutation, { input: { ...which, queries } });
  return payloadOf(createEvaluationDataset).dataset;
}

/** After the file, for people, and its content, for sameness. */
function nameOf(file: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${path.basename(file).slice(0, DATASET_NAME_LENGTH - hash.length - 1)} ${hash}`;
}

/** The queries, and in each the judgments, that name something relevant come first: no part may be without. */
function queriesOf(rows: readonly JudgmentRow[]): UploadedQuery[] {
  const queries = new Map<string, { inputs: Record<string, unknown>; grades: Map<string, number> }>();
  for (const { queryId, inputs, documentId, relevance } of rows) {
    const key = queryId ?? queryKey(inputs);
    const query = queries.get(key) ?? { inputs, grades: new Map<string, number>() };
    query.grades.set(documentId, relevance);
    queries.set(key, query);
  }
  const all = [...queries].map(([queryId, { inputs, grades }]) => {
    const judgments = [...grades].map(([documentId, relevance]) => ({ documentId, relevance }));
    return { queryId, inputs, judgments: judgments.sort((a, b) => rank(a.relevance) - rank(b.relevance)) };
  });
  return all.sort((a, b) => rank(a.judgments[0]?.relevance ?? 0) - rank(b.judgments[0]?.relevance ?? 0));
}

const rank = (relevance: number) => (isRelevant(relevance) ? 0 : 1);

/** As many judgments a part as a request takes; a query may be in several. */
function partsOf(queries: readonly UploadedQuery[]): UploadedQuery[][] {
  const parts: UploadedQuery[][] = [];
  let bytes = Infinity;
  for (const { judgments, ...query } of queries) {
    const ownBytes = Buffer.byteLength(JSON.stringify(query)) + 20;
    let current: UploadedQuery | null = null;
    for (const judgment of judgments) {
      const more = Buffer.byteLength(JSON.stringify(judgment)) + 1;
      if (bytes + more + (current === null ? ownBytes : 0) > PART_BYTES) {
        parts.push([]);
        [bytes, current] = [0, null];
      }
      if (current === null) {
        current = { ...query, judgments: [] };
        parts.at(-1)?.push(current);
        bytes += ownBytes;
      }
      current.judgments.push(judgment);
      bytes += more;
    }
  }
  return parts;
}
