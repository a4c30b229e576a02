import { ConflictError, ValidationError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';
import { seededRng } from '../shared/rng.ts';
import type { DatasetStore } from './dataset-store.ts';
import type { EvaluationQuery } from './evaluation-dataset.ts';
import type { EvaluationStore } from './evaluation-store.ts';
import type { Evaluation, QueryResult } from './evaluation.ts';
import { testPairs, type PairedTest } from './paired-test.ts';
import { metricNames, type MetricName, type MetricsAtK } from './ranking-metrics.ts';
import { findEvaluation } from './run-evaluation.ts';
import { verdictInWords, verdictOf, type Verdict } from './verdict.ts';

const PREFERRED_K = 10;
const CHANGED_MOST = 10;
const TIE = 1e-9;

export interface CompareEvaluationsInput {
  baselineId: string;
  candidateId: string;
  metric: MetricName;
  /** Null: 10, or the largest up to 10 that both have, or their smallest. */
  k: number | null;
}

export interface QueryDifference {
  queryId: string;
  inputs: Record<string, unknown>;
  baseline: number;
  candidate: number;
  /** Candidate − baseline, as everywhere. */
  difference: number;
}

export interface MetricDifference {
  metric: MetricName;
  k: number;
  baseline: number;
  candidate: number;
  difference: number;
}

export interface EvaluationComparison extends PairedTest {
  baseline: Evaluation;
  candidate: Evaluation;
  metric: MetricName;
  k: number;
  baselineMean: number;
  candidateMean: number;
  /** Of queries. */
  wins: number;
  ties: number;
  losses: number;
  verdict: Verdict;
  summary: string;
  /** The largest differences first. */
  changedMost: QueryDifference[];
  /** Every metric at every k that both have. */
  metrics: MetricDifference[];
}

/**
 * Whether a candidate ranks better than a baseline, on the same queries. Queries of one cluster, such as the searches of
 * one session, depend on each other: they count as one observation, their mean.
 * @throws NotFoundError EVALUATION_NOT_FOUND; ValidationError SAME_EVALUATION, DIFFERENT_DATASETS, INVALID_K;
 *   ConflictError EVALUATION_NOT_COMPLETED, NOTHING_TO_COMPARE
 */
export async function compareEvaluations(
  deps: { evaluations: Pick<EvaluationStore, 'get' | 'results'>; datasets: Pick<DatasetStore, 'queries'> },
  namespaceId: string,
  input: CompareEvaluationsInput,
): Promise<EvaluationComparison> {
  const baseline = await findEvaluation(deps.evaluations, namespaceId, input.baselineId, ['baselineId']);
  const candidate = await findEvaluation(deps.evaluations, namespaceId, input.candidateId, ['candidateId']);
  checkComparable(baseline, candidate);
  const shared = baseline.kValues.filter((k) => candidate.kValues.includes(k));
  const k = chooseK(input.k, shared);
  const [queries, before, after] = await Promise.all([
    deps.datasets.queries(baseline.datasetId, baseline.datasetVersion),
    deps.evaluations.results(baseline.id),
    deps.evaluations.results(candidate.id),
  ]);
  const { metric } = input;
  const pairs = pairUp(queries, before, after, (metrics) => metricAt(metrics, metric, k));
  if (pairs.length === 0) {
    throw new ConflictError(
      'The users whose searches were replayed are all forgotten: run a new benchmark.',
      'NOTHING_TO_COMPARE',
      ['baselineId'],
    );
  }
  const seed = `${baseline.id} ${candidate.id} ${metric} ${k}`;
  const { clusters, unit } = observations(pairs);
  const test = testPairs(clusters, seededRng(seed));
  const count = (is: (difference: number) => boolean) => pairs.filter(({ difference }) => is(difference)).length;
  return {
    ...test,
    baseline,
    candidate,
    metric,
    k,
    baselineMean: metricAt(baseline.metrics ?? [], metric, k),
    candidateMean: metricAt(candidate.metrics ?? [], metric, k),
    wins: count((difference) => difference > TIE),
    ties: count((difference) => Math.abs(difference) <= TIE),
    losses: count((difference) => difference < -TIE),
    verdict: verdictOf(test),
    summary: verdictInWords(test, `${metricLabels[metric]}@${k}`, unit),
    changedMost: changedMost(pairs),
    metrics: shared.flatMap((at) => metricNames.map((name) => meanDifference(baseline, candidate, name, at))),
  };
}

const metricLabels: Record<MetricName, string> = {
  precision: 'precision',
  recall: 'recall',
  f1: 'F1',
  map: 'MAP',
  ndcg: 'nDCG',
  mrr: 'MRR',
  judged: 'judged',
};

function checkComparable(baseline: Evaluation, candidate: Evaluation): void {
  if (baseline.id === candidate.id) {
    throw new ValidationError('baselineId and candidateId are the same evaluation: name two.', 'SAME_EVALUATION', [
      'candidateId',
    ]);
  }
  for (const [field, { status }] of [['baselineId', baseline] as const, ['candidateId', candidate] as const]) {
    if (status === 'COMPLETED') continue;
    throw new ConflictError(
      status === 'QUEUED' || status === 'RUNNING'
        ? `The evaluation of ${field} is ${status}: wait for it (evaluationProgress tells when).`
        : `The evaluation of ${field} is ${status}: run it again with runEvaluation.`,
      'EVALUATION_NOT_COMPLETED',
      [field],
    );
  }
  const same =
    baseline.datasetId === candidate.datasetId &&
    baseline.datasetVersion === candidate.datasetVersion &&
    baseline.heldOutOnly === candidate.heldOutOnly;
  if (same) return;
  throw new ValidationError(
    `The evaluations are of different queries (dataset ${described(baseline)}, and dataset ${described(candidate)}): run one of them again on the other's.`,
    'DIFFERENT_DATASETS',
    ['candidateId'],
  );
}

function described({ datasetId, datasetVersion, heldOutOnly }: Evaluation): string {
  return `${datasetId} version ${datasetVersion}${heldOutOnly ? ', held-out queries only' : ''}`;
}

/** @throws ValidationError INVALID_K */
function chooseK(asked: number | null, shared: readonly number[]): number {
  const fallback = shared.findLast((k) => k <= PREFERRED_K) ?? shared[0];
  if (asked === null && fallback !== undefined) return fallback;
  if (asked !== null && shared.includes(asked)) return asked;
  throw new ValidationError(
    shared.length === 0
      ? 'The evaluations have no k in common: run one of them again with the kValues of the other.'
      : `k must be one that both evaluations have: ${shared.join(', ')}.`,
    'INVALID_K',
    asked === null ? ['candidateId'] : ['k'],
  );
}

interface Pair extends QueryDifference {
  cluster: string | null;
}

function pairUp(
  queries: readonly EvaluationQuery[],
  before: readonly QueryResult[],
  after: readonly QueryResult[],
  valueOf: (metrics: readonly MetricsAtK[]) => number,
): Pair[] {
  const byPosition = new Map(queries.map((query) => [query.position, query]));
  const afterAt = new Map(after.map((result) => [result.position, result]));
  return before.flatMap(({ position, metrics }) => {
    const query = byPosition.get(position);
    const other = afterAt.get(position);
    // gone with a user whose data was deleted, before or after it was measured
    if (query === undefined || other === undefined) return [];
    const [baseline, candidate] = [valueOf(metrics), valueOf(other.metrics)];
    const { queryId, inputs, cluster } = query;
    return { queryId, inputs, cluster, baseline, candidate, difference: candidate - baseline };
  });
}

/** One mean difference a cluster. */
function observations(pairs: readonly Pair[]): { clusters: number[]; unit: string } {
  const clusters = new Map<string, number[]>();
  for (const [index, { cluster, difference }] of pairs.entries()) {
    const name = cluster === null ? `alone ${index}` : `cluster ${cluster}`;
    clusters.set(name, [...(clusters.get(name) ?? []), difference]);
  }
  const means = [...clusters.values()].map((group) => group.reduce((sum, value) => sum + value, 0) / group.length);
  return { clusters: means, unit: pairs.some(({ cluster }) => cluster !== null) ? 'sessions' : 'queries' };
}

function changedMost(pairs: readonly Pair[]): QueryDifference[] {
  return pairs
    .filter(({ difference }) => Math.abs(difference) > TIE)
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference) || (a.queryId < b.queryId ? -1 : 1))
    .slice(0, CHANGED_MOST);
}

function meanDifference(baseline: Evaluation, candidate: Evaluation, metric: MetricName, k: number): MetricDifference {
  const [before, after] = [metricAt(baseline.metrics ?? [], metric, k), metricAt(candidate.metrics ?? [], metric, k)];
  return { metric, k, baseline: before, candidate: after, difference: after - before };
}

function metricAt(metrics: readonly MetricsAtK[], name: MetricName, k: number): number {
  const at = metrics.find((one) => one.k === k);
  invariant(at, `the evaluation was made at k ${k}`);
  return at[name];
}
