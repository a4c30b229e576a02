import { setImmediate } from 'node:timers/promises';
import type { PosteriorSource } from '../learning/posterior-source.ts';
import { rewardScale } from '../learning/reward.ts';
import { drawWeights, type WeightPosterior } from '../learning/weight-posterior.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import type { Execution } from '../search/execution.ts';
import type { Clock } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import { seededRng, type Rng } from '../shared/rng.ts';
import type { FeedbackLog, LoggedExecution } from './feedback-log.ts';
import { earnedByDocument, type ScaledReward } from './judge-from-searches.ts';
import {
  effectiveSampleSize,
  estimateOffPolicy,
  type LoggedPosition,
  type OffPolicyEstimates,
} from './off-policy-estimators.ts';
import { positionShares, rerank, topByWeight } from './rerank-hits.ts';
import { fitRewardModel, type ObservedSearch } from './reward-model.ts';

/** Draws that a chance is counted from. */
const DRAWS = 200;
/** Below so many effective searches an interval would look surer than it is. */
export const MIN_EFFECTIVE = 50;
const MAX_K = 20;
const MAX_SEARCHES = 1_000;
const MAX_DAYS = 365;
const DAY_MS = 24 * 3_600_000;
/** Searches worked on before others get their turn. */
const SLICE = 10;

export interface OffPolicyInput {
  /** Whose log. */
  retrieverId: string;
  candidateId: string;
  /** Positions that count. */
  k: number;
  days: number;
  searches: number;
}

export interface OffPolicyReport {
  /** Searches with learned weights in the time, and those of them that can be used. */
  searches: number;
  usedSearches: number;
  effectiveSampleSize: number;
  /** What the log earned a search, by the same rewards. */
  loggedValue: number;
  /** Null where they were refused. */
  estimates: OffPolicyEstimates | null;
  summary: string;
}

export interface OffPolicyDeps {
  retrievers: Pick<RetrieverStore, 'get'>;
  posteriors: PosteriorSource;
  log: FeedbackLog;
  clock: Clock;
}

/**
 * What a candidate would have earned a search, estimated from searches that another retriever ranked with drawn weights.
 *
 * - The action is which document stands at each of the first k positions; the order of what was shown is replayed, as
 *   the record of a hit has all that fusion needs. Documents that were not shown stay out: only searches that showed at
 *   least 2k documents are used, so that hardly any could have come up into the first k.
 * - The propensity of a document at a position is its share of 201 rankings: 200 with weights drawn again from the
 *   posterior that the search recorded, and the one that was shown.
 * - The candidate's probability is worked out alike: 1 and 0 under a static fusion, its share of 200 draws of what it
 *   has learned by now under a learned one.
 * - A search whose shown order is not that of its own weights (it was mixed, sorted or cut otherwise), or whose posterior
 *   was not recorded, is left out.
 *
 * Rewards are those of the logging retriever's reward map, −1 to 1 a document.
 * @throws ValidationError NOT_REPLAYABLE, DIFFERENT_FEATURES, INVALID_K, INVALID_DAYS, INVALID_SEARCHES; NotFoundError
 *   RETRIEVER_NOT_FOUND
 */
export async function estimateFromLog(
  deps: OffPolicyDeps,
  namespaceId: string,
  input: OffPolicyInput,
): Promise<OffPolicyReport> {
  checkInput(input);
  const { k } = input;
  const retriever = await findRetriever(deps.retrievers, namespaceId, input.retrieverId, ['retrieverId']);
  const candidate = await findRetriever(deps.retrievers, namespaceId, input.candidateId, ['candidateId']);
  checkReplayable(retriever, 'retrieverId');
  checkReplayable(candidate, 'candidateId');
  checkSameFeatures(retriever, candidate);
  const since = deps.clock.now() - input.days * DAY_MS;
  const logged = await deps.log.learnedExecutions(namespaceId, retriever.id, { since, limit: input.searches });
  const usable = logged.flatMap((one) => {
    const posterior = drawnFrom(one.execution, k);
    return posterior === null ? [] : { ...one, posterior };
  });
  const reward = rewardScale(retriever.stages[0].learningConfig.rewardMap);
  const observed = usable.map((one) => observe(one, reward));
  // Each half is predicted by a model of the other, so that no search speaks for itself.
  const models = [1, 0].map((half) =>
    fitRewardModel(
      observed.filter((_, index) => index % 2 === half),
      k,
    ),
  );

  const positions: LoggedPosition[][] = [];
  for (const [index, { execution, posterior }] of usable.entries()) {
    if (index % SLICE === 0) await setImmediate();
    const rng = seededRng(`${execution.id} ${candidate.id}`);
    const propensity = positionShares([shownOrder(execution), ...drawRankings(posterior, execution.hits, k, rng)], k);
    const chances = positionShares(await candidateRankings(deps.posteriors, candidate, execution, { k, rng }), k);
    const model = models[index % 2] ?? (() => 0);
    const hitOf = new Map(execution.hits.map((hit) => [hit.documentId, hit]));
    positions.push(
      execution.hits.slice(0, k).map((hit, position) => {
        const at = chances[position] ?? new Map<string, number>();
        const expected = [...at].map(([id, chance]) => chance * model(position, hitOf.get(id) ?? hit));
        return {
          reward: observed[index]?.rewards[position] ?? 0,
          loggedProbability: propensity[position]?.get(hit.documentId) ?? 1,
          candidateProbability: at.get(hit.documentId) ?? 0,
          predicted: model(position, hit),
          expected: expected.reduce((sum, part) => sum + part, 0),
        };
      }),
    );
  }
  return report(logged.length, positions, seededRng(`${retriever.id} ${candidate.id} ${k}`));
}

function report(searches: number, positions: readonly (readonly LoggedPosition[])[], rng: Rng): OffPolicyReport {
  const rewards = positions.map((search) => search.reduce((sum, { reward }) => sum + reward, 0));
  const loggedValue = rewards.reduce((sum, reward) => sum + reward, 0) / Math.max(1, rewards.length);
  const effective = positions.length === 0 ? 0 : effectiveSampleSize(positions);
  const counts = { searches, usedSearches: positions.length, effectiveSampleSize: effective, loggedValue };
  if (effective < MIN_EFFECTIVE) {
    return {
      ...counts,
      estimates: null,
      summary: `No estimate: ${positions.length} of ${searches} logged searches can be used, and they are worth ${effective.toFixed(1)} of the candidate's own, where ${MIN_EFFECTIVE} are needed. The log seldom ranked as the candidate would: wait for more searches, or interleave both.`,
    };
  }
  const estimates = estimateOffPolicy(positions, rng);
  const { value, low, high } = estimates.dr;
  const shown = (figure: number) => figure.toFixed(3);
  return {
    ...counts,
    estimates,
    summary: `The candidate would have earned ${shown(value)} a search (95 % interval ${shown(low)} to ${shown(high)}, doubly robust), where the log earned ${shown(loggedValue)}.`,
  };
}

function observe({ execution, signals }: LoggedExecution, reward: ScaledReward): ObservedSearch {
  const earned = earnedByDocument(signals, reward);
  return { hits: execution.hits, rewards: execution.hits.map(({ documentId }) => earned.get(documentId) ?? 0) };
}

function shownOrder({ hits }: Pick<Execution, 'hits'>): string[] {
  return hits.map(({ documentId }) => documentId);
}

/** The first k of the hits in so many draws from a posterior. */
function drawRankings(posterior: WeightPosterior, hits: Execution['hits'], k: number, rng: Rng): string[][] {
  const top = topByWeight(hits, k);
  return Array.from({ length: DRAWS }, () => {
    const drawn = drawWeights(posterior, rng);
    return top(posterior.featureUris.map((featureUri, index) => ({ featureUri, weight: drawn[index] ?? 0 })));
  });
}

/** Null: the search is of no use, see above. */
function drawnFrom({ hits, weights, posterior }: Execution, k: number): WeightPosterior | null {
  if (hits.length < 2 * k) return null;
  const order = rerank('WEIGHTED', hits, weights);
  return order.every((documentId, position) => documentId === hits[position]?.documentId) ? posterior : null;
}

async function candidateRankings(
  source: PosteriorSource,
  candidate: Retriever,
  { contextValues, hits }: Execution,
  { k, rng }: { k: number; rng: Rng },
): Promise<string[][]> {
  const [{ fusion, searches, rankConstant }] = candidate.stages;
  const fixed = searches.map(({ featureUri, weight }) => ({ featureUri, weight: weight ?? 1 }));
  if (fusion !== 'LEARNED') return [rerank(fusion, hits, fixed, rankConstant)];
  const { hasLearned, weights } = await source.posteriors(candidate, contextValues);
  const equal = searches.map(({ featureUri }) => ({ featureUri, weight: 1 }));
  if (!hasLearned) return [rerank('RRF', hits, equal, rankConstant)];
  return drawRankings(weights, hits, k, rng);
}

/** @throws ValidationError NOT_REPLAYABLE */
function checkReplayable(retriever: Retriever, field: string): void {
  const [{ fusion, groupBy, rawScores }, ...later] = retriever.stages;
  const reason =
    (fusion === 'DBSF' && 'fuses by DBSF, whose scores the log does not have') ||
    (rawScores && 'fuses raw scores') ||
    (groupBy !== null && 'groups its hits') ||
    (later.some(({ kind }) => kind === 'sortAttribute') && 'sorts its hits by an attribute');
  if (reason === false) return;
  throw new ValidationError(
    `The retriever of ${field} ${reason}, so that the log cannot be ranked again as it would: compare it with startInterleaving.`,
    'NOT_REPLAYABLE',
    [field],
  );
}

/** @throws ValidationError DIFFERENT_FEATURES */
function checkSameFeatures(retriever: Retriever, candidate: Retriever): void {
  const featuresOf = ({ stages }: Retriever) => new Set(stages[0].searches.map(({ featureUri }) => featureUri));
  const [known, wanted] = [featuresOf(retriever), featuresOf(candidate)];
  const missing = [...wanted].find((featureUri) => !known.has(featureUri));
  if (missing === undefined) return;
  throw new ValidationError(
    `The candidate searches ${missing}, which the log knows nothing of: name a candidate with features of the retriever, or compare it with startInterleaving.`,
    'DIFFERENT_FEATURES',
    ['candidateId'],
  );
}

function checkInput({ k, days, searches }: OffPolicyInput): void {
  const whole = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!whole(k, 1, MAX_K)) {
    throw new ValidationError(`k must be a whole number from 1 to ${MAX_K}, not ${k}.`, 'INVALID_K', ['k']);
  }
  if (!(days > 0 && days <= MAX_DAYS)) {
    throw new ValidationError(`days must be above 0 and up to ${MAX_DAYS}, not ${days}.`, 'INVALID_DAYS', ['days']);
  }
  if (!whole(searches, MIN_EFFECTIVE, MAX_SEARCHES)) {
    throw new ValidationError(
      `searches must be a whole number from ${MIN_EFFECTIVE} to ${MAX_SEARCHES}, not ${searches}.`,
      'INVALID_SEARCHES',
      ['searches'],
    );
  }
}
