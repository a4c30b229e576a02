import { describe, expect, test } from 'vitest';
import { createSubjectOf, defaultLearningCaps, learningClaim } from '../../../src/interactions/learning-caps.ts';
import type { InteractionType, Signal } from '../../../src/interactions/interaction.ts';
import { attribute } from '../../../src/learning/attribution.ts';
import { armPosteriors } from '../../../src/learning/beta-posterior.ts';
import { evidenceOf } from '../../../src/learning/evidence.ts';
import { defaultLearningConfig, type LearningAlgorithm } from '../../../src/learning/learning-config.ts';
import { listsLearned } from '../../../src/learning/ranking-evidence.ts';
import { meanWeights, weightPosterior } from '../../../src/learning/weight-posterior.ts';
import type { ExecutedHit } from '../../../src/search/execution.ts';
import { seededRng, type Rng } from '../../../src/shared/rng.ts';
import { executionOf } from '../../fixtures/interaction.ts';

/** Lists after which the default caps promise the bound. */
const promisedFrom = defaultLearningCaps.clicksPerClient / defaultLearningCaps.share;

function listOf(featureUris: readonly string[], length: number, score: (feature: number, place: number) => number) {
  return Array.from({ length }, (_, place): ExecutedHit => ({
    documentId: `d${place}`,
    score: 0,
    features: featureUris.map((featureUri, feature) => {
      const normalizedScore = score(feature, place);
      return { featureUri, rank: place + 1, score: normalizedScore, normalizedScore, weight: 0, contribution: 0 };
    }),
  }));
}

/** Sums of what a retriever has learned, as its GLOBAL context has them. */
class Learned {
  readonly #uris: readonly string[];
  #sums: number[] = [];
  #arms = new Map<string, { rewards: number; failures: number }>();
  #basis = '';

  constructor(uris: readonly string[]) {
    this.#uris = uris;
  }

  add(hits: readonly ExecutedHit[], signals: readonly Signal[], times = 1): void {
    const { outcomes, arms } = attribute({ hits }, signals, defaultLearningConfig);
    const { basis, sums } = evidenceOf(hits, outcomes, this.#uris);
    this.#basis = basis;
    this.#sums = sums.map((sum, index) => times * sum + (this.#sums[index] ?? 0));
    for (const [uri, { rewards, failures }] of arms) {
      const known = this.#arms.get(uri) ?? { rewards: 0, failures: 0 };
      this.#arms.set(uri, { rewards: known.rewards + times * rewards, failures: known.failures + times * failures });
    }
  }

  copy(): Learned {
    const copy = new Learned(this.#uris);
    copy.#sums = this.#sums;
    copy.#arms = new Map(this.#arms);
    copy.#basis = this.#basis;
    return copy;
  }

  get lists(): number {
    return listsLearned([{ sums: this.#sums }]);
  }

  mean(algorithm: LearningAlgorithm): number[] {
    const config = { ...defaultLearningConfig, algorithm };
    const evidence = { basis: this.#basis, sums: this.#sums };
    return meanWeights(weightPosterior(config, armPosteriors(this.#uris, this.#arms, config), evidence, this.lists));
  }
}

/** Clicks that say nothing: the weights are held by nothing but their number. */
function trainedOnNoise(uris: readonly string[], lists: number, rng: Rng): Learned {
  const learned = new Learned(uris);
  const kinds = 500;
  for (let kind = 0; kind < kinds; kind++) {
    const clicked = `d${Math.floor(rng.next() ** 2 * 10)}`;
    learned.add(
      listOf(uris, 10, () => rng.next()),
      [{ documentId: clicked, type: 'CLICK', durationMs: null }],
      lists / kinds,
    );
  }
  return learned;
}

/** As many events of these types as train, each on a list where one feature likes exactly what the others do not. */
function attacked(
  learned: Learned,
  uris: readonly string[],
  types: InteractionType[],
  documentId: string,
  budget: number,
) {
  const after = learned.copy();
  const list = listOf(uris, 25, (feature, place) => (feature === 0 ? 1 - place / 25 : place / 25));
  const signals = types.map((type): Signal => ({ documentId, type, durationMs: 60_000, depth: 1 }));
  after.add(list, signals, Math.floor(budget / costOf(types)));
  return after;
}

function costOf(types: InteractionType[]): number {
  const event = { ...executionOf([]), executionId: 'e', interactionTypes: types, receivedAt: 0 };
  const client = { keyId: 'k', address: 'a', isTrusted: false };
  return learningClaim(event, client, {
    caps: defaultLearningCaps,
    subjectOf: createSubjectOf(Buffer.alloc(32)),
    listsLearned: 0,
  })!.cost;
}

function largestShift(learned: Learned, uris: readonly string[], algorithm: LearningAlgorithm, budget: number): number {
  const before = learned.mean(algorithm);
  const attacks: InteractionType[][] = [
    ['CLICK'],
    ['PURCHASE'],
    ['NEGATIVE_FEEDBACK'],
    ['SKIP'],
    ['VIEW'],
    ['DWELL_TIME'],
    ['SCROLL_DEPTH'],
    ['CLICK', 'PURCHASE'],
  ];
  const shifts = attacks.flatMap((types) =>
    ['d0', 'd12', 'd24'].flatMap((documentId) =>
      attacked(learned, uris, types, documentId, budget)
        .mean(algorithm)
        .map((weight, feature) => Math.abs(weight - before[feature]!)),
    ),
  );
  return Math.max(...shifts);
}

describe.each(['RANKING_THOMPSON', 'THOMPSON_SAMPLING'] as const)('one client against %s', (algorithm) => {
  test.each([
    [2, promisedFrom],
    [2, 4 * promisedFrom],
    [4, promisedFrom],
  ])('moves no weight of %i by more than a point once %i lists were learned from', (features, lists) => {
    const uris = Array.from({ length: features }, (_, feature) => `f${feature}`);
    const learned = trainedOnNoise(uris, lists, seededRng('noise'));
    expect(Math.round(learned.lists)).toBe(lists);
    const { clicksPerClient, share } = defaultLearningCaps;
    const budget = 5 * Math.max(clicksPerClient, share * learned.lists);
    expect(largestShift(learned, uris, algorithm, budget)).toBeLessThanOrEqual(0.01);
    // and would, were it not for the cap
    expect(largestShift(learned, uris, algorithm, 100 * budget)).toBeGreaterThan(0.01);
  });
});
