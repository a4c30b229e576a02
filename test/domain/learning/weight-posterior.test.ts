import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceOf, type Evidence } from '../../../src/learning/evidence.ts';
import type { ArmPosterior } from '../../../src/learning/learned-weights.ts';
import {
  defaultLearningConfig,
  learningAlgorithms,
  type LearningAlgorithm,
  type LearningConfig,
} from '../../../src/learning/learning-config.ts';
import {
  drawWeights,
  meanWeights,
  probabilityOfLargest,
  weightPosterior,
} from '../../../src/learning/weight-posterior.ts';
import { seededRng } from '../../../src/shared/rng.ts';
import { addedUp, hitsOf } from './executed-hits.ts';

const anyParameter = fc.double({ min: -2, max: 5, noNaN: true }).map((exponent) => 10 ** exponent);
const anyReward = fc.integer({ min: -8, max: 8 }).map((eighths) => eighths / 8);

interface Learned {
  arms: ArmPosterior[];
  evidence: Evidence | null;
}

/** Anything that can have been learned of 1 to 6 features. */
const anyLearned: fc.Arbitrary<Learned> = fc.integer({ min: 1, max: 6 }).chain((features) => {
  const uris = Array.from({ length: features }, (_, index) => `feature-${index}`);
  const score = fc.double({ min: 0, max: 1, noNaN: true });
  const row = fc.record({
    scores: fc.array(score, { minLength: features, maxLength: features }),
    outcome: fc.record({ reward: anyReward, examined: fc.constant(1) }),
  });
  return fc.record({
    arms: fc
      .array(fc.tuple(anyParameter, anyParameter), { minLength: features, maxLength: features })
      .map((all) => all.map(([alpha, beta], index) => ({ featureUri: uris[index]!, alpha, beta }))),
    evidence: fc.option(
      fc.tuple(fc.array(row, { minLength: 1, maxLength: 6 }), fc.constantFrom(1, 10, 10_000)).map(([rows, times]) => {
        const hits = hitsOf(
          uris,
          rows.map(({ scores }) => scores),
        );
        const { basis, sums } = evidenceOf(
          hits,
          rows.map(({ outcome }) => outcome),
          uris,
        );
        return { basis, sums: sums.map((sum) => times * sum) };
      }),
    ),
  });
});

const configOf = (change: Partial<LearningConfig>): LearningConfig => ({ ...defaultLearningConfig, ...change });

const posteriorOf = ({ arms, evidence }: Learned, change: Partial<LearningConfig>, interactions = 10) =>
  weightPosterior(configOf(change), arms, evidence, interactions);

/** Feature 'a' ranks first what is rewarded, 'b' last, and the arms say so too. */
function apt(lists: number): Learned {
  const uris = ['a', 'b'];
  const hits = hitsOf(uris, [
    [1, 0],
    [0.5, 0.5],
    [0, 1],
  ]);
  const outcomes = [1, 0, 0].map((reward) => ({ reward, examined: 1 }));
  const { basis, sums } = evidenceOf(hits, outcomes, uris);
  return {
    arms: [
      { featureUri: 'a', alpha: 1 + lists, beta: 1 },
      { featureUri: 'b', alpha: 1, beta: 1 + lists },
    ],
    evidence: lists === 0 ? null : { basis, sums: sums.map((sum) => lists * sum) },
  };
}

function expectWeights(weights: readonly number[], features: number): void {
  expect(weights).toHaveLength(features);
  for (const weight of weights) expect(weight).toBeGreaterThanOrEqual(0);
  expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
}

const exploration = fc.option(fc.double({ min: 0, max: 10, noNaN: true }));
const bonusFor = (algorithm: LearningAlgorithm, bonus: number | null) =>
  bonus === null || algorithm !== 'EPSILON_GREEDY' ? bonus : Math.min(1, bonus);

describe.each(learningAlgorithms)('weights by %s', (algorithm) => {
  it('are one a feature, 0 or more, and sum to 1: on average, in every draw, and as chances', () => {
    fc.assert(
      fc.property(anyLearned, exploration, fc.string(), (learned, bonus, seed) => {
        const posterior = posteriorOf(learned, { algorithm, explorationBonus: bonusFor(algorithm, bonus) });
        const features = learned.arms.length;
        expectWeights(meanWeights(posterior), features);
        expectWeights(drawWeights(posterior, seededRng(seed)), features);
        expectWeights(probabilityOfLargest(posterior), features);
      }),
    );
  });

  it('are the same from the same seed, also after a record of the posterior', () => {
    fc.assert(
      fc.property(anyLearned, fc.string(), (learned, seed) => {
        const posterior = posteriorOf(learned, { algorithm });
        const recorded = JSON.parse(JSON.stringify(posterior)) as typeof posterior;
        expect(drawWeights(recorded, seededRng(seed))).toEqual(drawWeights(posterior, seededRng(seed)));
        expect(meanWeights(recorded)).toEqual(meanWeights(posterior));
      }),
    );
  });

  it('are the mean where nothing is explored', () => {
    fc.assert(
      fc.property(anyLearned, fc.string(), (learned, seed) => {
        const posterior = posteriorOf(learned, { algorithm, explorationBonus: 0 });
        const mean = meanWeights(posterior);
        for (const [feature, weight] of drawWeights(posterior, seededRng(seed)).entries()) {
          expect(weight).toBeCloseTo(mean[feature]!, 9);
        }
      }),
    );
  });

  it('keep the bounds', () => {
    const bounds = fc.tuple(
      fc.double({ min: 0, max: 1 / 6, noNaN: true }),
      fc.double({ min: 0.5, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(anyLearned, bounds, fc.string(), (learned, [minWeight, maxWeight], seed) => {
        fc.pre(learned.arms.length > 1);
        const posterior = posteriorOf(learned, { algorithm, minWeight, maxWeight });
        for (const weight of [...meanWeights(posterior), ...drawWeights(posterior, seededRng(seed))]) {
          expect(weight).toBeGreaterThanOrEqual(minWeight - 1e-9);
          expect(weight).toBeLessThanOrEqual(maxWeight + 1e-9);
        }
      }),
    );
  });

  it('are equal on average before anything was learned', () => {
    for (const weight of meanWeights(posteriorOf(apt(0), { algorithm }))) expect(weight).toBeCloseTo(0.5, 12);
  });

  it('go to the feature that ranks first what is rewarded, and so does its chance', () => {
    const posterior = posteriorOf(apt(40), { algorithm });
    expect(meanWeights(posterior)[0]).toBeGreaterThan(0.6);
    expect(probabilityOfLargest(posterior)[0]).toBeGreaterThan(0.9);
  });

  it('stray less as exploration decays, down to its floor', () => {
    const explorationDecay = { halfLifeInteractions: 100, floor: 0.2 };
    const strayOf = (interactions: number) =>
      posteriorOf(apt(5), { algorithm, explorationBonus: 0.8, explorationDecay }, interactions).exploration;
    expect(strayOf(0)).toBe(0.8);
    expect(strayOf(100)).toBeCloseTo(0.4, 12);
    expect(strayOf(200)).toBeCloseTo(0.2, 12);
    expect(strayOf(1e6)).toBeCloseTo(0.16, 12);
    expect(posteriorOf(apt(5), { algorithm, explorationBonus: 0.8 }, 1e6).exploration).toBe(0.8);
  });
});

describe('draws', () => {
  const drawsOf = (algorithm: LearningAlgorithm, explorationBonus: number | null = null, count = 4000) => {
    const posterior = posteriorOf(apt(3), { algorithm, explorationBonus });
    const rng = seededRng(`draws by ${algorithm}`);
    return { posterior, draws: Array.from({ length: count }, () => drawWeights(posterior, rng)[0]!) };
  };
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it.each(['RANKING_THOMPSON', 'THOMPSON_SAMPLING'] as const)('by %s scatter around the mean', (algorithm) => {
    const { posterior, draws } = drawsOf(algorithm);
    expect(new Set(draws).size).toBeGreaterThan(10);
    // A draw of Betas is normalised, so its mean is only near the share of their means.
    expect(average(draws)).toBeCloseTo(meanWeights(posterior)[0]!, 1);
  });

  it('by RANKING_THOMPSON stray in proportion to the exploration', () => {
    const spread = (bonus: number) => {
      const { posterior, draws } = drawsOf('RANKING_THOMPSON', bonus);
      const mean = meanWeights(posterior)[0]!;
      return Math.sqrt(average(draws.map((draw) => (draw - mean) ** 2)));
    };
    expect(spread(1) / spread(0.25)).toBeCloseTo(4, 6);
  });

  it('by EPSILON_GREEDY are the mean but in the share of searches that explore', () => {
    const { posterior, draws } = drawsOf('EPSILON_GREEDY', 0.1);
    const mean = meanWeights(posterior)[0]!;
    const explored = draws.filter((draw) => Math.abs(draw - mean) > 1e-12);
    expect(explored.length / draws.length).toBeCloseTo(0.1, 1);
    // Any weights at all: even over all there are.
    expect(average(explored)).toBeCloseTo(0.5, 1);
  });

  it('by UCB favour what is unsure over what is known to be as good', () => {
    const arms = [
      { featureUri: 'sure', alpha: 500, beta: 500 },
      { featureUri: 'unsure', alpha: 2, beta: 2 },
    ];
    const posterior = posteriorOf({ arms, evidence: null }, { algorithm: 'UCB' });
    expect(meanWeights(posterior)).toEqual([0.5, 0.5]);
    const [sure, unsure] = drawWeights(posterior, seededRng('any'));
    expect(unsure).toBeGreaterThan(sure!);
  });

  it('by LINEAR_THOMPSON give nothing to a feature that does harm', () => {
    let evidence: Evidence | null = null;
    const { arms, evidence: speaking } = apt(1);
    for (let list = 0; list < 500; list++) evidence = addedUp(evidence, speaking!);
    expect(meanWeights(posteriorOf({ arms, evidence }, { algorithm: 'LINEAR_THOMPSON' }))).toEqual([1, 0]);
  });
});

it('defaults to an exploration that suits the algorithm', () => {
  const explorations = learningAlgorithms.map((algorithm) => posteriorOf(apt(1), { algorithm }).exploration);
  expect(Object.fromEntries(learningAlgorithms.map((algorithm, index) => [algorithm, explorations[index]]))).toEqual({
    ...{ RANKING_THOMPSON: 0.3, LINEAR_THOMPSON: 0.3 },
    ...{ THOMPSON_SAMPLING: 1, EPSILON_GREEDY: 0.1, UCB: 1 },
  });
});
