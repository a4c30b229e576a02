import { rewardScale } from '../learning/reward.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { Clock } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import type { Benchmark, BenchmarkStore, Configuration, RunBenchmarkInput } from './benchmark.ts';
import type { FeedbackLog } from './feedback-log.ts';
import { replaySessions } from './replayed-sessions.ts';
import { checkKValues, runEvaluation, type RunEvaluationDeps } from './run-evaluation.ts';

const MAX_CANDIDATES = 5;
const MAX_SESSIONS = 2_000;
const MAX_SEARCHES = 10_000;
const MAX_DAYS = 365;
const DAY_MS = 24 * 3_600_000;

export interface RunBenchmarkDeps extends RunEvaluationDeps {
  benchmarks: BenchmarkStore;
  log: FeedbackLog;
  clock: Clock;
}

/**
 * Replays past sessions with a baseline and with candidates, and queues an evaluation of each. What was never shown
 * could not be liked, so a replay favours rankings that are like the one that was shown: it tells what a candidate
 * would do to those who were content, not what it would win. For that there are interleaving and off-policy estimates.
 * @throws ValidationError INVALID_CANDIDATES, INVALID_SESSIONS, INVALID_DAYS, INVALID_K_VALUES, NO_SESSION,
 *   DATASET_DOES_NOT_FIT; NotFoundError RETRIEVER_NOT_FOUND; ConflictError TOO_MANY_EVALUATIONS
 */
export async function runBenchmark(
  deps: RunBenchmarkDeps,
  namespaceId: string,
  input: RunBenchmarkInput,
): Promise<Benchmark> {
  checkInput(input);
  const kValues = checkKValues(input.kValues);
  const { baseline, candidates } = input;
  const retriever = await findRetriever(deps.retrievers, namespaceId, baseline.retrieverId, [
    ...['input', 'baseline', 'retrieverId'],
  ]);
  for (const [index, { retrieverId }] of candidates.entries()) {
    await findRetriever(deps.retrievers, namespaceId, retrieverId, [
      ...['input', 'candidates', String(index), 'retrieverId'],
    ]);
  }
  const now = deps.clock.now();
  const window = { since: now - input.days * DAY_MS, limit: MAX_SEARCHES };
  const searches = await deps.log.searches(namespaceId, retriever.id, window);
  const reward = rewardScale(retriever.stages[0].learningConfig.rewardMap);
  const { queries, sessionCount } = replaySessions(searches, input.sessions, reward);
  if (queries.length === 0) throw noSession(input);
  const origin = { retrieverId: retriever.id, minInteractions: 1, from: window.since, heldOutFrom: now, until: now };
  const name = `${retriever.name.slice(0, 60)} sessions ${new Date(now).toISOString()}`;
  const dataset = await deps.datasets.create(namespaceId, name, { source: 'SESSIONS', origin, queries });
  const measure = ({ retrieverId, fusion }: Configuration) =>
    runEvaluation(deps, namespaceId, {
      ...{ retrieverId, fusion, kValues, datasetId: dataset.id },
      ...{ datasetVersion: null, limit: null, heldOutOnly: false },
    });
  const { id: baselineId } = await measure(baseline);
  const candidateIds: string[] = [];
  for (const candidate of candidates) candidateIds.push((await measure(candidate)).id);
  return deps.benchmarks.create(namespaceId, { datasetId: dataset.id, sessionCount, baselineId, candidateIds });
}

function checkInput({ candidates, sessions, days }: RunBenchmarkInput): void {
  const invalid = (message: string, code: string, field: string) =>
    new ValidationError(message, code, ['input', field]);
  if (candidates.length < 1 || candidates.length > MAX_CANDIDATES) {
    throw invalid(
      `candidates must name 1 to ${MAX_CANDIDATES} configurations, not ${candidates.length}.`,
      'INVALID_CANDIDATES',
      'candidates',
    );
  }
  if (!(Number.isInteger(sessions) && sessions >= 1 && sessions <= MAX_SESSIONS)) {
    throw invalid(
      `sessions must be a whole number from 1 to ${MAX_SESSIONS}, not ${sessions}.`,
      'INVALID_SESSIONS',
      'sessions',
    );
  }
  if (!(days > 0 && days <= MAX_DAYS)) {
    throw invalid(`days must be above 0 and up to ${MAX_DAYS}, not ${days}.`, 'INVALID_DAYS', 'days');
  }
}

function noSession({ days }: RunBenchmarkInput): ValidationError {
  return new ValidationError(
    `Nobody did anything with a reward in the baseline's searches of the last ${days} days: raise days, or wait for interactions.`,
    'NO_SESSION',
    ['input', 'days'],
  );
}
