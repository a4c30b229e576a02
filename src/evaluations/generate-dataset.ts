import { rewardScale } from '../learning/reward.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Clock } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import { parseName } from './create-dataset.ts';
import type { GenerateDatasetInput } from './dataset-input.ts';
import type { DatasetStore } from './dataset-store.ts';
import type { EvaluationDataset, JudgedQuery } from './evaluation-dataset.ts';
import type { FeedbackLog, LoggedSearch } from './feedback-log.ts';
import { countInteractions, judgeFromSearches, type ScaledReward } from './judge-from-searches.ts';
import { isRelevant } from './judgment.ts';
import { queryKey } from './query-key.ts';

/** Newest first, where there are more. */
const MAX_SEARCHES = 50_000;
/** With the most interactions, where there are more. */
const MAX_QUERIES = 2_000;
const MAX_MIN_INTERACTIONS = 10_000;
const MAX_DAYS = 365;
const DAY_MS = 24 * 3_600_000;

/** Who searches is not what is searched for. */
const personInputs = new Set(['user_id', 'session_id', 'segment']);

export interface GenerateDatasetDeps {
  datasets: DatasetStore;
  retrievers: Pick<RetrieverStore, 'get'>;
  log: FeedbackLog;
  clock: Clock;
}

/**
 * Judges the queries of a retriever by what people did: each with at least `minInteractions` interactions in the time.
 * The log is split in time, so that the latest share of its searches is held out: a query that was searched since is
 * judged by that part alone.
 * @throws ValidationError INVALID_MIN_INTERACTIONS, INVALID_DAYS, INVALID_SHARE, NOT_ENOUGH_INTERACTIONS; NotFoundError
 *   RETRIEVER_NOT_FOUND; ConflictError DATASET_NAME_TAKEN
 */
export async function generateDataset(
  deps: GenerateDatasetDeps,
  namespaceId: string,
  input: GenerateDatasetInput,
): Promise<EvaluationDataset> {
  checkInput(input);
  const { retrieverId, minInteractions } = input;
  const retriever = await findRetriever(deps.retrievers, namespaceId, retrieverId, ['input', 'retrieverId']);
  const until = deps.clock.now();
  const from = until - input.days * DAY_MS;
  const searches = await deps.log.searches(namespaceId, retriever.id, { since: from, limit: MAX_SEARCHES });
  const reward = rewardScale(retriever.stages[0].learningConfig.rewardMap);
  const heldOutFrom = splitTime(searches, input.heldOutShare) ?? until;
  const queries = judgeQueries(searches, { minInteractions, heldOutFrom, reward });
  if (queries.length === 0) throw notEnough(searches, input);
  const name = parseName(input.name ?? `${retriever.name.slice(0, 60)} ${new Date(until).toISOString()}`);
  const origin = { retrieverId: retriever.id, minInteractions, from, heldOutFrom, until };
  return deps.datasets.create(namespaceId, name, { source: 'INTERACTIONS', origin, queries });
}

/** When the latest share of the searches begins; null where there is none. @param searches oldest first */
export function splitTime(searches: readonly LoggedSearch[], share: number): number | null {
  return searches[Math.min(searches.length - 1, Math.floor(searches.length * (1 - share)))]?.executedAt ?? null;
}

/** The queries with enough interactions and a relevant document, those with the most interactions first. */
export function judgeQueries(
  searches: readonly LoggedSearch[],
  options: { minInteractions: number; heldOutFrom: number; reward: ScaledReward },
): JudgedQuery[] {
  const { minInteractions, heldOutFrom, reward } = options;
  const queries = [...groupByQuery(searches)].map(([queryId, group]) => {
    const interactions = group.reduce((sum, search) => sum + countInteractions(search, reward), 0);
    return { queryId, group, interactions };
  });
  const frequent = queries.filter(({ interactions }) => interactions >= minInteractions);
  frequent.sort((a, b) => b.interactions - a.interactions || (a.queryId < b.queryId ? -1 : 1));
  const judged = frequent.map(({ queryId, group }): JudgedQuery => {
    const since = group.filter(({ executedAt }) => executedAt >= heldOutFrom);
    const heldOut = since.length > 0;
    const judgments = Object.fromEntries(judgeFromSearches(heldOut ? since : group, reward));
    return { queryId, inputs: impersonal(group.at(-1)?.inputs ?? {}), judgments, cluster: null, heldOut };
  });
  return judged.filter(({ judgments }) => Object.values(judgments).some(isRelevant)).slice(0, MAX_QUERIES);
}

/** Texts that differ in case or outer blanks only are the same query. */
function groupByQuery(searches: readonly LoggedSearch[]): Map<string, LoggedSearch[]> {
  const groups = new Map<string, LoggedSearch[]>();
  for (const search of searches) {
    const inputs = Object.entries(impersonal(search.inputs)).map(([name, value]) => {
      return [name, typeof value === 'string' ? value.trim().toLowerCase() : value] as const;
    });
    const key = queryKey(Object.fromEntries(inputs));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [search]);
    else group.push(search);
  }
  return groups;
}

function impersonal(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !personInputs.has(name)));
}

function checkInput({ minInteractions, days, heldOutShare }: GenerateDatasetInput): void {
  const invalid = (message: string, code: string, field: string) =>
    new ValidationError(message, code, ['input', field]);
  if (!(Number.isInteger(minInteractions) && minInteractions >= 1 && minInteractions <= MAX_MIN_INTERACTIONS)) {
    throw invalid(
      `minInteractions must be a whole number from 1 to ${MAX_MIN_INTERACTIONS}, not ${minInteractions}.`,
      'INVALID_MIN_INTERACTIONS',
      'minInteractions',
    );
  }
  if (!(days > 0 && days <= MAX_DAYS)) {
    throw invalid(`days must be above 0 and up to ${MAX_DAYS}, not ${days}.`, 'INVALID_DAYS', 'days');
  }
  if (!(heldOutShare > 0 && heldOutShare < 1)) {
    throw invalid(`heldOutShare must be between 0 and 1, not ${heldOutShare}.`, 'INVALID_SHARE', 'heldOutShare');
  }
}

function notEnough(searches: readonly LoggedSearch[], { minInteractions, days }: GenerateDatasetInput) {
  return new ValidationError(
    `No query of the last ${days} days has ${minInteractions} interactions and a document that earned a reward (${searches.length} searches got feedback): lower minInteractions, raise days, or wait for more.`,
    'NOT_ENOUGH_INTERACTIONS',
    ['input', 'minInteractions'],
  );
}
