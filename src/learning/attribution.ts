import { saysAsMuch, type Signal } from '../interactions/interaction.ts';
import type { Attributable, AttributableHit } from '../search/attributable.ts';
import { assignCredit } from './credit.ts';
import type { LearningConfig } from './learning-config.ts';
import { examinedShares } from './position-bias.ts';
import type { ArmTotals } from './posterior-store.ts';
import type { DocumentOutcome } from './ranking-evidence.ts';
import { rewardScale } from './reward.ts';

/** What the signals of one execution are worth, as totals since it was shown (not as a difference). */
export interface Attribution {
  /** Distinct signals with a reward other than 0. */
  interactions: number;
  arms: ReadonlyMap<string, ArmTotals>;
  /** One a hit, as shown. */
  outcomes: readonly DocumentOutcome[];
}

/** What came of one shown document: rewards and penalties 0 or more, scaled; a failure is a document passed over. */
export interface Outcome {
  reward: number;
  penalty: number;
  failure: number;
}

/**
 * From an execution and all the signals it got so far to what each feature has earned by it. A pure function of the set
 * of signals: their order does not matter, a repeated (document, type) counts once (with its longest duration and
 * greatest depth), and what was not shown is ignored.
 *
 * - A document's rewards go to the features that found it, by the credit rule, and so do its penalties.
 * - An examined document that earned no reward is one whole failure, or the share of one that it was looked at, though a click may be a fraction of a reward, and
 *   its penalties come on top. (Simulated on judged queries, whole failures led closer to the best weights than failures
 *   scaled to a click, under every credit rule.)
 * - A signal about the list as a whole (documentId '') is spread evenly over the examined documents, since they made
 *   the person refine or give up; where none is known to be, it goes to the top one, which everybody sees.
 */
export function attribute(
  execution: Pick<Attributable, 'hits'> & Partial<Pick<Attributable, 'examination'>>,
  signals: readonly Signal[],
  config: Pick<LearningConfig, 'rewardMap' | 'credit' | 'positionBias'>,
): Attribution {
  const { hits, examination = null } = execution;
  const scaledReward = rewardScale(config.rewardMap);
  const shown = hits.map((hit) => hit.documentId);
  const distinct = distinctSignals(shown, signals);
  const examined = examinedShares(shown, distinct, config.positionBias, examination);
  const outcomes = hits.map((): Outcome => ({ reward: 0, penalty: 0, failure: 0 }));
  let interactions = 0;
  const ofList: number[] = [];

  for (const signal of distinct) {
    const reward = scaledReward(signal);
    if (reward !== 0) interactions++;
    if (signal.documentId === '') ofList.push(reward);
    else addReward(outcomes[shown.indexOf(signal.documentId)], reward);
  }
  for (const [position, outcome] of outcomes.entries()) {
    if (outcome.reward === 0) outcome.failure += examined[position] ?? 0;
  }
  // What a person was seen to deal with was looked at, wherever it stood; a part of what is about the list says nothing of it.
  const seen = examined.map((share, position) => (isDealtWith(outcomes[position]) ? 1 : share));
  for (const reward of ofList) spread(reward, outcomes, examined);
  if (!seen.some((share) => share > 0) && isDealtWith(outcomes[0])) seen[0] = 1;
  return {
    interactions,
    arms: attributeOutcomes(hits, outcomes, config),
    outcomes: outcomes.map(({ reward, penalty }, position) => ({
      reward: reward - penalty,
      examined: seen[position] ?? 0,
    })),
  };
}

/** In proportion to how likely each document was looked at; the top one takes all where none is known to be. */
function spread(reward: number, outcomes: readonly Outcome[], examined: readonly number[]): void {
  const total = examined.reduce((sum, share) => sum + share, 0);
  if (total === 0) return addReward(outcomes[0], reward);
  for (const [position, share] of examined.entries()) {
    if (share > 0) addReward(outcomes[position], (reward * share) / total);
  }
}

/**
 * One signal a (document, type) with its longest duration and greatest depth, of documents that were shown or of the list; in an order of
 * its own.
 */
function distinctSignals(shown: readonly string[], signals: readonly Signal[]): Signal[] {
  const places = new Map([['', -1], ...shown.map((documentId, position): [string, number] => [documentId, position])]);
  const distinct = new Map<string, Signal>();
  for (const signal of signals) {
    const place = places.get(signal.documentId);
    if (place === undefined) continue;
    const key = `${signal.type} ${place}`;
    const known = distinct.get(key);
    if (!known || !saysAsMuch(known, signal)) distinct.set(key, signal);
  }
  return [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, signal]) => signal);
}

function addReward(outcome: Outcome | undefined, reward: number): void {
  if (!outcome) return;
  if (reward > 0) outcome.reward += reward;
  else outcome.penalty -= reward;
}

function isDealtWith(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && (outcome.reward > 0 || outcome.penalty > 0);
}

/**
 * What each feature has earned by the documents' outcomes, one a hit.
 * Every feature of the hits has totals, be they 0, so that a later attribution can take back what an earlier one gave.
 */
export function attributeOutcomes(
  hits: readonly AttributableHit[],
  outcomes: readonly Outcome[],
  config: Pick<LearningConfig, 'credit'>,
): Map<string, ArmTotals> {
  const arms = new Map<string, ArmTotals>();
  for (const [position, { features }] of hits.entries()) {
    const { reward, penalty, failure } = outcomes[position] as Outcome;
    const credit = assignCredit(config.credit, features);
    for (const [index, { featureUri }] of features.entries()) {
      const share = credit[index] ?? 0;
      const totals = arms.get(featureUri) ?? { rewards: 0, failures: 0 };
      arms.set(featureUri, {
        rewards: totals.rewards + share * reward,
        failures: totals.failures + share * (failure + penalty),
      });
    }
  }
  return arms;
}
