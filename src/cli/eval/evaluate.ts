import { existsSync } from 'node:fs';
import { OperatorError } from '../../shared/errors.ts';
import { INTERRUPTED, withApi, type Send } from '../api.ts';
import { findNamed } from '../find-named.ts';
import { showProgress } from '../show-progress.ts';
import { compare, type Comparison } from './compare.ts';
import { datasetFields, datasetOfFile, type Dataset } from './judged-file.ts';
import { metricsTable, type NamedMetrics } from './metrics-table.ts';
import { fusions, type EvalOptions } from './options.ts';
import { unmet } from './requirement.ts';
import { runEvaluations, type EvaluationResult, type RunInput } from './run-evaluations.ts';

const BELOW = 2;
const DEFAULT_KS = [1, 5, 10, 20];

/** One retriever under one fusion. */
interface Side {
  name: string;
  retrieverId: string;
  fusion: string | null;
}

interface Outcome {
  dataset: Dataset;
  candidate: Side & EvaluationResult;
  baseline: (Side & EvaluationResult) | null;
  comparison: Comparison | null;
  /** What the command line asked for and is not so, in words. */
  failures: string[];
}

/**
 * Runs the evaluation that the command line asks for, prints what came of it, and sets the exit code.
 * @throws OperatorError for what the command line has wrong, and for what the server refuses
 */
export async function evaluate(retriever: string, options: EvalOptions): Promise<void> {
  if (options.mustWin && options.compare === undefined) {
    throw new OperatorError('--must-win needs --compare: say what it has to win against.');
  }
  const outcome = await withApi(options, (send, signal) => measure(send, retriever, options, signal));
  if (outcome === null) {
    process.stderr.write('Interrupted: the evaluation was cancelled.\n');
    process.exitCode = INTERRUPTED;
    return;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(toJson(outcome), null, 2)}\n`);
  else process.stdout.write(`${inWords(outcome).join('\n')}\n`);
  if (outcome.failures.length > 0) process.exitCode = BELOW;
}

/** Null: it was called off. */
async function measure(
  send: Send,
  retriever: string,
  options: EvalOptions,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const { id: retrieverId, name } = await findNamed(send, 'retriever', retriever);
  const { fusion = null } = options;
  const candidate: Side = { name: fusion === null ? name : `${name} ${fusion}`, retrieverId, fusion };
  const baseline = options.compare === undefined ? null : await otherSide(send, candidate, name, options.compare);
  const dataset = await datasetOf(send, options.dataset);
  const sides = baseline === null ? [candidate] : [candidate, baseline];
  const shown = showProgress(dataset.queryCount * sides.length, process.stderr);
  const results = await runEvaluations(
    send,
    sides.map((side) => inputOf(side, dataset, options)),
    signal,
    shown,
  ).finally(() => shown.end());
  const [own, others] = results ?? [];
  if (own === undefined) return null;
  const comparison =
    others === undefined
      ? null
      : await compare(send, {
          ...{ baselineId: others.id, candidateId: own.id },
          ...{ metric: options.metric.toUpperCase(), k: options.at ?? null },
        });
  return {
    dataset,
    candidate: { ...candidate, ...own, fusion },
    baseline: baseline === null || others === undefined ? null : { ...baseline, ...others },
    comparison,
    failures: [...unmet(options.min ?? [], own.metrics), ...lost(comparison, options.mustWin ?? false)],
  };
}

/** A fusion of the same retriever, or another retriever. */
async function otherSide(send: Send, candidate: Side, name: string, other: string): Promise<Side> {
  const fusion = fusions.find((known) => known === other.toUpperCase());
  if (fusion !== undefined) return { ...candidate, name: `${name} ${fusion}`, fusion };
  const found = await findNamed(send, 'retriever', other);
  return { name: found.name, retrieverId: found.id, fusion: null };
}

async function datasetOf(send: Send, given: string): Promise<Dataset> {
  if (!/\.(csv|jsonl|ndjson)$/i.test(given)) return findNamed<Dataset>(send, 'dataset', given, datasetFields);
  if (!existsSync(given)) throw new OperatorError(`There is no file ${given}.`);
  const { dataset, rejected } = await datasetOfFile(send, given);
  for (const { message } of rejected.slice(0, 10)) process.stderr.write(`${given}: ${message}\n`);
  if (rejected.length > 10) process.stderr.write(`${given}: … and ${rejected.length - 10} more.\n`);
  return dataset;
}

/** Every k that is asked about is measured. */
function inputOf({ retrieverId, fusion }: Side, dataset: Dataset, options: EvalOptions): RunInput {
  const { k = DEFAULT_KS, at, min = [], limit = null, heldOut = false } = options;
  const asked = [...k, ...min.map((requirement) => requirement.k), ...(at === undefined ? [] : [at])];
  return {
    ...{ retrieverId, fusion, limit, heldOutOnly: heldOut },
    ...{ datasetId: dataset.id, datasetVersion: dataset.version },
    kValues: [...new Set(asked)].sort((a, b) => a - b),
  };
}

function lost(comparison: Comparison | null, mustWin: boolean): string[] {
  if (comparison?.verdict === 'WORSE') return ['It is worse than what it is compared with.'];
  const isShown = comparison === null || comparison.verdict === 'BETTER';
  return mustWin && !isShown ? ['It must be better than what it is compared with, and that is not shown.'] : [];
}

function inWords({ dataset, candidate, baseline, comparison, failures }: Outcome): string[] {
  const { queryCount, judgmentCount } = dataset;
  const sides: NamedMetrics[] = baseline === null ? [candidate] : [candidate, baseline];
  const refused = [candidate, ...(baseline === null ? [] : [baseline])].filter(({ progress }) => progress.failed > 0);
  return [
    `${dataset.name}: ${queryCount} queries, ${judgmentCount} judgments`,
    '',
    ...metricsTable(sides),
    ...refused.map(
      ({ name, progress }) =>
        `\n${name} could not read ${progress.failed} of ${progress.total} queries in whole; what was found of them counts.`,
    ),
    ...(comparison === null ? [] : ['', `${candidate.name} against ${baseline?.name}: ${comparison.summary}`]),
    ...failures.map((failure) => `\nNot passed: ${failure}`),
  ];
}

function toJson({ dataset, candidate, baseline, comparison, failures }: Outcome) {
  const side = ({ id, name, retrieverId, retrieverVersion, fusion, progress, metrics }: Side & EvaluationResult) => ({
    ...{ evaluationId: id, name, retrieverId, retrieverVersion, fusion, queries: progress.total },
    ...{ refusedQueries: progress.failed, metrics },
  });
  return {
    passed: failures.length === 0,
    failures,
    dataset,
    candidate: side(candidate),
    baseline: baseline === null ? null : side(baseline),
    comparison,
  };
}
