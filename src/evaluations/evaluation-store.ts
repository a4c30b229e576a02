import type { Page, PageRequest } from '../shared/page.ts';
import type { Lesson } from '../learning/warm-start.ts';
import type { Evaluation, EvaluationSpec, MeasuredQuery, QueryResult } from './evaluation.ts';
import type { FrozenWeights } from './frozen-weights.ts';
import type { MetricsAtK } from './ranking-metrics.ts';

export interface EvaluationFilter {
  retrieverId: string | null;
  datasetId: string | null;
}

/** An evaluation that one runner has for itself, until its lease ends. */
export interface ClaimedEvaluation {
  evaluation: Evaluation;
  /** Null: it has not begun. */
  frozen: FrozenWeights | null;
  /** How often in a row it was claimed, this time included, without a query being done. */
  attempts: number;
}

/** Evaluations and their results, safe for several runners at once. */
export interface EvaluationStore {
  create(namespaceId: string, spec: EvaluationSpec): Promise<Evaluation>;
  /** Those that exist in the namespace, in any order. */
  get(namespaceId: string, ids: readonly string[]): Promise<Evaluation[]>;
  /** Newest first. */
  list(namespaceId: string, filter: EvaluationFilter, page: PageRequest): Promise<Page<Evaluation>>;
  /** How many are queued or running. */
  countOpen(namespaceId: string): Promise<number>;
  /** By position. */
  results(evaluationId: string): Promise<QueryResult[]>;
  /** What its judged queries have taught, by position. */
  lessons(evaluationId: string): Promise<Lesson[]>;
  /** Null where it is over already, or unknown. */
  cancel(namespaceId: string, id: string): Promise<Evaluation | null>;

  /** The oldest that waits: queued, or left behind by a runner whose lease ended. Null: none. */
  claim(runner: string, leaseMs: number): Promise<ClaimedEvaluation | null>;
  /* What follows does nothing, and returns null, where the evaluation is the runner's no more. */
  begin(id: string, runner: string, frozen: FrozenWeights | null): Promise<Evaluation | null>;
  /** Also renews the lease. */
  save(id: string, runner: string, result: MeasuredQuery, leaseMs: number): Promise<Evaluation | null>;
  complete(id: string, runner: string, metrics: readonly MetricsAtK[]): Promise<Evaluation | null>;
  /** Gives it back, due again after `retryInMs`. */
  release(id: string, runner: string, retryInMs: number): Promise<Evaluation | null>;
  fail(id: string, runner: string, error: string): Promise<Evaluation | null>;
  /** Ends all leases: for a store that no other process can have open. */
  releaseAll(): Promise<void>;
}
