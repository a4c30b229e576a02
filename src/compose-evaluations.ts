import { randomUUID } from 'node:crypto';
import type { Warehouse } from './clickhouse/warehouse.ts';
import { createPostgresBenchmarkStore } from './evaluations/benchmark-store.postgres.ts';
import { compareEvaluations } from './evaluations/compare-evaluations.ts';
import { createDataset } from './evaluations/create-dataset.ts';
import { createPostgresDatasetStore } from './evaluations/dataset-store.postgres.ts';
import { evaluatedQueries } from './evaluations/evaluated-queries.ts';
import type { EvaluateQueryDeps } from './evaluations/evaluate-query.ts';
import { EvaluationFeed } from './evaluations/evaluation-feed.ts';
import { EvaluationRunner } from './evaluations/evaluation-runner.ts';
import { createPostgresEvaluationStore } from './evaluations/evaluation-store.postgres.ts';
import { createClickHouseFeedbackLog } from './evaluations/feedback-log.clickhouse.ts';
import { generateDataset, type GenerateDatasetDeps } from './evaluations/generate-dataset.ts';
import { Interleaver, type InterleaverDeps } from './evaluations/interleaver.ts';
import { createPostgresInterleavingStore } from './evaluations/interleaving-store.postgres.ts';
import { judgedLessons } from './evaluations/judged-lessons.ts';
import { estimateFromLog, type OffPolicyDeps } from './evaluations/off-policy.ts';
import { runBenchmark, type RunBenchmarkDeps } from './evaluations/run-benchmark.ts';
import { cancelEvaluation, runEvaluation, watchEvaluation } from './evaluations/run-evaluation.ts';
import {
  reportInterleaving,
  startInterleaving,
  stopInterleaving,
  type InterleavingDeps,
} from './evaluations/start-interleaving.ts';
import type { EvaluationUseCases } from './evaluations/use-cases.ts';
import type { Database } from './postgres/database.ts';
import type { JudgedLessons } from './retrievers/resolve-warm-start.ts';
import type { RetrieverStore } from './retrievers/retriever-store.ts';
import type { ExecutionRecorder } from './search/execution-recorder.ts';
import type { Execution } from './search/execution.ts';
import type { SearchInput } from './search/search-input.ts';
import type { Clock } from './shared/clock.ts';

export interface EvaluationParts extends EvaluateQueryDeps {
  executions: Pick<ExecutionRecorder, 'record'>;
  database: Database;
  warehouse: Warehouse;
  retrievers: RetrieverStore;
  clock: Clock;
}

export interface Evaluations {
  app: EvaluationUseCases;
  /** A live search: mixed with a candidate's ranking where they are interleaved. */
  search(namespaceId: string, input: SearchInput): Promise<Execution>;
  /** What retrievers may begin with. */
  lessons: JudgedLessons;
  /** Ends the watches, finishes the query at hand; the next start goes on behind it. */
  close(): Promise<void>;
}

/** Binds evaluation to its stores, and starts what was running when the last process ended. */
export async function openEvaluations(parts: EvaluationParts, search: InterleaverDeps['search']): Promise<Evaluations> {
  const { database, warehouse, logger } = parts;
  const evaluations = createPostgresEvaluationStore(database);
  const datasets = createPostgresDatasetStore(database);
  const interleavings = createPostgresInterleavingStore(database);
  const feed = new EvaluationFeed({ evaluations, logger });
  // An embedded store is one process's alone: whoever held a lease is gone.
  if (database.kind === 'embedded') await evaluations.releaseAll();
  const runner = new EvaluationRunner({ ...parts, evaluations, datasets, feed, runner: randomUUID() });
  runner.wake();
  const interleaver = new Interleaver({ ...parts, interleavings, search });
  await interleaver.refresh();
  const deps = {
    ...parts,
    ...{ evaluations, datasets, feed, interleavings, interleaver },
    benchmarks: createPostgresBenchmarkStore(database),
    log: createClickHouseFeedbackLog(warehouse),
    wakeRunner: () => runner.wake(),
  };
  return {
    app: { ...bindEvaluations(deps), ...bindExperiments(deps) },
    search: (ns, input) => interleaver.search(ns, input),
    lessons: judgedLessons(evaluations),
    async close() {
      feed.close();
      await interleaver.close();
      await runner.close();
    },
  };
}

type Deps = RunBenchmarkDeps & GenerateDatasetDeps & InterleavingDeps & OffPolicyDeps;
type Experiments =
  | 'runBenchmark'
  | 'benchmark'
  | 'benchmarks'
  | 'startInterleaving'
  | 'stopInterleaving'
  | 'interleaving'
  | 'interleavings'
  | 'estimateFromLog';

function bindEvaluations(deps: Deps): Omit<EvaluationUseCases, Experiments> {
  const { datasets, evaluations } = deps;
  return {
    createDataset: (ns, input) => createDataset(deps, ns, input),
    generateDataset: (ns, input) => generateDataset(deps, ns, input),
    async dataset(ns, id, version) {
      if (version !== null) return datasets.version(ns, id, version);
      return (await datasets.get(ns, [id]))[0] ?? null;
    },
    datasets: (ns, page) => datasets.list(ns, page),
    queries: ({ id, version }, page) => datasets.queryPage(id, version, page),
    run: (ns, input) => runEvaluation(deps, ns, input),
    cancel: (ns, id) => cancelEvaluation(deps, ns, id),
    get: (ns, ids) => evaluations.get(ns, ids),
    list: (ns, filter, page) => evaluations.list(ns, filter, page),
    evaluatedQueries: (evaluation, page) => evaluatedQueries(deps, evaluation, page),
    watch: (ns, id) => watchEvaluation(deps, ns, id),
    compare: (ns, input) => compareEvaluations(deps, ns, input),
  };
}

function bindExperiments(deps: Deps): Pick<EvaluationUseCases, Experiments> {
  const { benchmarks, interleavings } = deps;
  return {
    runBenchmark: (ns, input) => runBenchmark(deps, ns, input),
    benchmark: (ns, id) => benchmarks.get(ns, id),
    benchmarks: (ns, page) => benchmarks.list(ns, page),
    startInterleaving: (ns, input) => startInterleaving(deps, ns, input),
    stopInterleaving: (ns, id) => stopInterleaving(deps, ns, id),
    async interleaving(ns, id) {
      const found = await interleavings.get(ns, id);
      return found === null ? null : reportInterleaving(deps, found);
    },
    async interleavings(ns, page) {
      const { items, hasNextPage } = await interleavings.list(ns, page);
      return { items: await Promise.all(items.map((item) => reportInterleaving(deps, item))), hasNextPage };
    },
    estimateFromLog: (ns, input) => estimateFromLog(deps, ns, input),
  };
}
