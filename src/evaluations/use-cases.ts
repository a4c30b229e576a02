import type { Page, PageRequest } from '../shared/page.ts';
import type { Benchmark, RunBenchmarkInput } from './benchmark.ts';
import type { CompareEvaluationsInput, EvaluationComparison } from './compare-evaluations.ts';
import type { CreateDatasetInput, GenerateDatasetInput, RejectedRow } from './dataset-input.ts';
import type { EvaluatedQuery } from './evaluated-queries.ts';
import type { EvaluationDataset, EvaluationQuery } from './evaluation-dataset.ts';
import type { EvaluationFilter } from './evaluation-store.ts';
import type { Evaluation } from './evaluation.ts';
import type { OffPolicyInput, OffPolicyReport } from './off-policy.ts';
import type { RunEvaluationInput } from './run-evaluation.ts';
import type { InterleavingReport, StartInterleavingInput } from './start-interleaving.ts';

/** What the schema may call of evaluations; `ns` is a namespace id. */
export interface EvaluationUseCases {
  createDataset(
    ns: string,
    input: CreateDatasetInput,
  ): Promise<{ dataset: EvaluationDataset; rejected: readonly RejectedRow[] }>;
  generateDataset(ns: string, input: GenerateDatasetInput): Promise<EvaluationDataset>;
  /** `version` null: the newest. */
  dataset(ns: string, id: string, version: number | null): Promise<EvaluationDataset | null>;
  datasets(ns: string, page: PageRequest): Promise<Page<EvaluationDataset>>;
  queries(dataset: EvaluationDataset, page: PageRequest): Promise<Page<EvaluationQuery>>;
  run(ns: string, input: RunEvaluationInput): Promise<Evaluation>;
  cancel(ns: string, id: string): Promise<Evaluation>;
  get(ns: string, ids: readonly string[]): Promise<Evaluation[]>;
  list(ns: string, filter: EvaluationFilter, page: PageRequest): Promise<Page<Evaluation>>;
  evaluatedQueries(evaluation: Evaluation, page: PageRequest): Promise<Page<EvaluatedQuery>>;
  /** Its state now and at every change, the latest wins, until it is over. `return()` releases it at once. */
  watch(ns: string, id: string): Promise<AsyncIterableIterator<Evaluation>>;
  compare(ns: string, input: CompareEvaluationsInput): Promise<EvaluationComparison>;
  runBenchmark(ns: string, input: RunBenchmarkInput): Promise<Benchmark>;
  benchmark(ns: string, id: string): Promise<Benchmark | null>;
  benchmarks(ns: string, page: PageRequest): Promise<Page<Benchmark>>;
  startInterleaving(ns: string, input: StartInterleavingInput): Promise<InterleavingReport>;
  stopInterleaving(ns: string, id: string): Promise<InterleavingReport>;
  interleaving(ns: string, id: string): Promise<InterleavingReport | null>;
  interleavings(ns: string, page: PageRequest): Promise<Page<InterleavingReport>>;
  estimateFromLog(ns: string, input: OffPolicyInput): Promise<OffPolicyReport>;
}
