import { defaultLearningConfig, type LearningConfig } from '../../../src/learning/learning-config.ts';
import { seededRng } from '../../../src/shared/rng.ts';
import { simulateClicks, type ClickModel } from './click-models.ts';
import { clickOn, SEARCH_MS } from './learning-run.ts';
import { ndcg, rank, type PreparedQuery } from './prepared-query.ts';
import type { Split } from './baselines.ts';
import { SimulatedLearner } from './simulated-learner.ts';

const USERS_A_GROUP = 10;
const CLICK_MODEL: ClickModel = 'navigational';

/** Group 0 accepts what the first feature finds best of all, group 1 what others do. */
type Group = 0 | 1;

/** What of a query's relevant documents a group would accept; null: nothing. */
function accepted(query: PreparedQuery, group: Group, feature: number): PreparedQuery | null {
  const relevance = query.relevance.map((grade, place) => {
    const scores = query.scores[place] as readonly number[];
    const likesFeature = scores[feature] === Math.max(...scores);
    return likesFeature === (group === 0) ? grade : 0;
  });
  if (!relevance.some((grade) => grade > 0)) return null;
  const ideal = relevance.toSorted((a, b) => b - a).slice(0, 10);
  const idealDcg = ideal.reduce((sum, gain, position) => sum + gain / Math.log2(2 + position), 0);
  return { ...query, relevance, idealDcg };
}

/** The queries of which each group accepts something. */
export function groupSplits({ learning, heldOut }: Split, feature: number): [Split, Split] {
  const restrict = (queries: readonly PreparedQuery[], group: Group) =>
    queries.flatMap((query) => accepted(query, group, feature) ?? []);
  const splitOf = (group: Group): Split => ({ learning: restrict(learning, group), heldOut: restrict(heldOut, group) });
  return [splitOf(0), splitOf(1)];
}

export interface Population {
  config: LearningConfig;
  featureUris: readonly string[];
  groups: readonly [Split, Split];
  seed: number;
  marks: readonly number[];
  /** Whether searches name the segment. */
  segments: boolean;
  /** From this search on each group has the other's taste. Default: never. */
  swapAt?: number;
  /** Share of searches by one user of group 0 who clicks on everything but what is relevant. Default 0. */
  poison?: number;
}

/** Users of both groups search in turn; nDCG@10 of what each would be shown, a mean over users of both, at each mark. */
export function runPopulation(population: Population): number[] {
  const { config, featureUris, groups, seed, marks, segments, swapAt = Infinity, poison = 0 } = population;
  const rng = seededRng(`population ${seed}`);
  const learner = new SimulatedLearner(config, featureUris);
  const valuesOf = (group: Group, user: number) => ({
    user_id: `${group}-${user}`,
    ...(segments ? { segment: String(group) } : {}),
  });
  const tasteOf = (group: Group, search: number) => groups[search < swapAt ? group : 1 - group]!;
  const curve: number[] = [];
  for (let search = 1; search <= marks.at(-1)!; search++) {
    const poisoned = rng.next() < poison;
    const group = poisoned ? 0 : rng.next() < 0.5 ? 0 : 1;
    const values = poisoned
      ? { user_id: 'poisoner', ...(segments ? { segment: '0' } : {}) }
      : valuesOf(group, Math.floor(rng.next() * USERS_A_GROUP));
    const { learning } = tasteOf(group, search);
    const query = learning[Math.floor(rng.next() * learning.length)]!;
    const now = search * SEARCH_MS;
    const ranking = rank(query, learner.draw(values, now, rng));
    const relevance = ranking.map((place) => query.relevance[place]!);
    const clicks = simulateClicks(CLICK_MODEL, poisoned ? relevance.map((grade) => 1 - grade) : relevance, rng);
    const hits = ranking.map((place) => query.hits[place]!);
    learner.learn(
      hits,
      clicks.map((position) => clickOn(hits[position]!.documentId)),
      values,
      now,
    );
    if (marks.includes(search)) curve.push(judge(search, now));
  }
  return curve;

  function judge(search: number, now: number): number {
    let sum = 0;
    let count = 0;
    for (const group of [0, 1] as const) {
      for (let user = 0; user < USERS_A_GROUP; user++) {
        const weights = learner.mean(valuesOf(group, user), now);
        // Every user gets a tenth of the queries: as many as one user alone would take ten times as long.
        for (const [index, query] of tasteOf(group, search).heldOut.entries()) {
          if (index % USERS_A_GROUP !== user) continue;
          sum += ndcg(query, rank(query, weights));
          count++;
        }
      }
    }
    return sum / count;
  }
}

/** Ways to share what is learned between people. */
export const sharing: readonly { name: string; config: LearningConfig; segments: boolean }[] = [
  { name: 'one for all (GLOBAL)', config: { ...defaultLearningConfig, fallbackStrategy: 'GLOBAL' }, segments: true },
  { name: 'personal, hard switch', config: { ...defaultLearningConfig, pooling: 0 }, segments: false },
  { name: 'personal, pooling 10', config: { ...defaultLearningConfig, pooling: 10 }, segments: false },
  { name: 'personal, pooling 100', config: { ...defaultLearningConfig, pooling: 100 }, segments: false },
  { name: 'personal, pooling 300', config: { ...defaultLearningConfig, pooling: 300 }, segments: false },
  { name: 'with segments, hard switch', config: { ...defaultLearningConfig, pooling: 0 }, segments: true },
  { name: 'with segments, pooling 10', config: { ...defaultLearningConfig, pooling: 10 }, segments: true },
  { name: 'with segments, pooling 100', config: { ...defaultLearningConfig, pooling: 100 }, segments: true },
  { name: 'with segments, pooling 300', config: { ...defaultLearningConfig, pooling: 300 }, segments: true },
];
