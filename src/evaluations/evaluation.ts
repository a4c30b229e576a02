import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { Lesson } from '../learning/warm-start.ts';
import type { MetricsAtK } from './ranking-metrics.ts';

export type EvaluationStatus = 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';

/** What is measured: a version of a retriever on a version of a dataset. */
export interface EvaluationSpec {
  datasetId: string;
  datasetVersion: number;
  retrieverId: string;
  retrieverVersion: number;
  /** In place of the retriever's own; null: its own. */
  fusion: FusionMethod | null;
  /** Ascending, 1 to 1,000. */
  kValues: readonly number[];
  /** Hits a query, 1 to 1,000. */
  limit: number;
  /** Only queries judged after the dataset's split. */
  heldOutOnly: boolean;
  queryCount: number;
}

export interface Evaluation extends EvaluationSpec {
  /** UUIDv7. */
  id: string;
  namespaceId: string;
  status: EvaluationStatus;
  /** Queries that are done, and those among them that the retriever refused, in whole or by one of its features. */
  doneCount: number;
  failedCount: number;
  /** Milliseconds that the queries took together. */
  tookMs: number;
  /** Of the learned weights that were frozen at the start; null before, and under a static fusion. */
  weightVersion: string | null;
  /** Means over the queries; null until it is completed. */
  metrics: readonly MetricsAtK[] | null;
  /** Why it failed, in a sentence. */
  error: string | null;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
}

/** What came of one query. */
export interface QueryResult {
  /** Of the query in its dataset version. */
  position: number;
  /** Document ids, best first. */
  ranking: readonly string[];
  metrics: readonly MetricsAtK[];
  /** Why the retriever refused the query, or which of its features could not read it: the rest is measured. Null: it ran. */
  error: string | null;
  tookMs: number;
}

export interface MeasuredQuery extends QueryResult {
  /** What its judgments teach; null where they say nothing. */
  lesson: Lesson | null;
}

export function isOver({ status }: Pick<Evaluation, 'status'>): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED' || status === 'FAILED';
}

/** Milliseconds, if the queries that are left take as long as those that are done; null where none is done yet. */
export function estimateRemainingMs(evaluation: Evaluation): number | null {
  if (isOver(evaluation)) return 0;
  const { doneCount, queryCount, tookMs } = evaluation;
  return doneCount === 0 ? null : (tookMs / doneCount) * (queryCount - doneCount);
}
