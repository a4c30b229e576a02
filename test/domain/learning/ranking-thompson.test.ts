import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankingEvidence, readRankingEvidence, type RankingEvidence } from '../../../src/learning/ranking-evidence.ts';
import {
  drawLatticeWeights,
  latticeProbabilities,
  meanLatticeWeights,
  probabilityLargest,
  rankingLogits,
} from '../../../src/learning/ranking-thompson.ts';
import { weightLattice } from '../../../src/learning/weight-lattice.ts';
import { seededRng } from '../../../src/shared/rng.ts';
import { hitsOf, rewarded } from './executed-hits.ts';

/** Three documents that the features rank the other way round; the first is clicked, which `a` had first. */
function clicks(features: number, { lists = 1, reward = 1, clicked = 0 } = {}): RankingEvidence {
  const uris = Array.from({ length: features }, (_, index) => `feature-${index}`);
  const rows = [0, 0.5, 1].map((score) => [1 - score, ...uris.slice(1).map(() => score)]);
  const rewards = rows.map((_, place) => (place === clicked ? reward : 0));
  const sums = rankingEvidence(hitsOf(uris, rows), rewarded(...rewards), uris);
  return readRankingEvidence(
    sums.map((sum) => lists * sum),
    features,
  );
}

const meanOf = (evidence: RankingEvidence | null, features: number) =>
  meanLatticeWeights(latticeProbabilities(rankingLogits(evidence, features)), features);

describe('the posterior over weight vectors', () => {
  it.each([1, 2, 3, 4, 8, 16])('is equal weights on average before any feedback, of %d features', (features) => {
    for (const weight of meanOf(null, features)) expect(weight).toBeCloseTo(1 / features, 12);
    const seen = clicks(features, { lists: 50, reward: 0 });
    for (const weight of meanOf(seen, features)) expect(weight).toBeCloseTo(1 / features, 12);
  });

  it.each([2, 3, 5, 8])('moves to the feature that ranks rewarded documents first, of %d features', (features) => {
    const weights = [1, 3, 10, 30, 100, 300].map((lists) => meanOf(clicks(features, { lists }), features)[0]!);
    expect(weights[0]).toBeGreaterThan(1 / features);
    for (let step = 1; step < weights.length; step++) expect(weights[step]!).toBeGreaterThan(weights[step - 1]!);
    expect(weights.at(-1)).toBeGreaterThan(0.6);
  });

  it('moves away from the feature that ranks penalised documents first', () => {
    expect(meanOf(clicks(2, { lists: 30, reward: -1 }), 2)[0]).toBeLessThan(0.3);
  });

  it('keeps a share of doubt, however much there is to go by', () => {
    const [some, more, most] = [1e3, 1e5, 1e7].map((lists) => meanOf(clicks(2, { lists }), 2)[0]!);
    expect(more! - some!).toBeLessThan(0.05);
    expect(Math.abs(most! - more!)).toBeLessThan(0.001);
    expect(most).toBeLessThan(1);
  });

  it('does not depend on the scale of the rewards', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.02, max: 1, noNaN: true }), fc.integer({ min: 1, max: 200 }), (scale, lists) => {
        const [whole, scaled] = [1, scale].map((reward) => meanOf(clicks(3, { lists, reward }), 3));
        for (const [feature, weight] of whole!.entries()) expect(scaled![feature]).toBeCloseTo(weight, 2);
      }),
    );
  });

  it.each([0.001, 0.0007, 0.0002])('learns from rewards of %d too', (reward) => {
    const mean = meanOf(clicks(2, { lists: 100, reward }), 2);
    expect(mean[0]).toBeGreaterThan(0.6);
    expect(mean[0]! + mean[1]!).toBeCloseTo(1, 12);
  });

  it('learns nothing from a click on everything that was looked at', () => {
    const scores = fc.array(fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0, max: 1, noNaN: true }))), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 100 }), (rows, lists) => {
        const uris = ['a', 'b', 'c'];
        const sums = rankingEvidence(hitsOf(uris, rows), rewarded(...rows.map(() => 1)), uris);
        const evidence = readRankingEvidence(
          sums.map((sum) => lists * sum),
          3,
        );
        const prior = rankingLogits(null, 3);
        for (const [point, logit] of rankingLogits(evidence, 3).entries()) expect(logit).toBeCloseTo(prior[point]!, 3);
      }),
    );
  });

  const anySum = fc.oneof(
    fc.constantFrom(0, -0, 1e-6, -1e-6, 1e9, -1e9),
    fc.integer({ min: -20, max: 20 }).map((millionths) => millionths / 1e6),
    fc.double({ min: -1e12, max: 1e12, noNaN: true }),
  );
  const anyEvidence = fc.integer({ min: 1, max: 6 }).chain((features) => {
    const points = weightLattice(features).length;
    const vector = fc.array(anySum, { minLength: points, maxLength: points });
    return fc.record({
      features: fc.constant(features),
      evidence: fc.record({
        ...{ lists: anySum, examined: anySum, reward: anySum, rewardMagnitude: anySum, rewardSquare: anySum },
        ...{ gains: vector, exposures: vector },
      }),
    });
  });

  it('is a distribution whatever the sums are: huge, tiny, or below 0 by what is still to come', () => {
    fc.assert(
      fc.property(anyEvidence, fc.string(), ({ features, evidence }, seed) => {
        const probabilities = latticeProbabilities(rankingLogits(evidence, features));
        for (const list of [probabilities, meanLatticeWeights(probabilities, features)]) {
          for (const value of list) expect(value).toBeGreaterThanOrEqual(0);
          expect(list.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
        }
        const draw = drawLatticeWeights(probabilities, features, seededRng(seed));
        expect(weightLattice(features)).toContainEqual([...draw]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a draw', () => {
  const probabilities = latticeProbabilities(rankingLogits(clicks(3, { lists: 8 }), 3));

  it('is the same from the same seed', () => {
    const draws = (seed: string) => {
      const rng = seededRng(seed);
      return Array.from({ length: 20 }, () => drawLatticeWeights(probabilities, 3, rng));
    };
    expect(draws('one')).toEqual(draws('one'));
    expect(draws('one')).not.toEqual(draws('two'));
  });

  it('is on average the mean', () => {
    const rng = seededRng('many');
    const count = 20_000;
    const sums = [0, 0, 0];
    for (let draw = 0; draw < count; draw++) {
      for (const [feature, weight] of drawLatticeWeights(probabilities, 3, rng).entries()) sums[feature]! += weight;
    }
    // A weight's standard deviation is below 0.5: five standard errors. The seed is fixed.
    for (const [feature, weight] of meanLatticeWeights(probabilities, 3).entries()) {
      expect(Math.abs(sums[feature]! / count - weight)).toBeLessThan((5 * 0.5) / Math.sqrt(count));
    }
  });

  it('puts a feature first as often as it is said to be', () => {
    const rng = seededRng('first');
    const count = 20_000;
    const wins = [0, 0, 0];
    for (let draw = 0; draw < count; draw++) {
      const weights = drawLatticeWeights(probabilities, 3, rng);
      const leaders = [0, 1, 2].filter((feature) => weights[feature] === Math.max(...weights));
      for (const feature of leaders) wins[feature]! += 1 / leaders.length;
    }
    for (const [feature, chance] of probabilityLargest(probabilities, 3).entries()) {
      expect(Math.abs(wins[feature]! / count - chance)).toBeLessThan((5 * 0.5) / Math.sqrt(count));
    }
  });
});

describe('probabilityLargest', () => {
  it.each([1, 2, 5, 9])('sums to 1 and is even before any feedback, of %d features', (features) => {
    const chances = probabilityLargest(latticeProbabilities(rankingLogits(null, features)), features);
    expect(chances).toHaveLength(features);
    for (const chance of chances) expect(chance).toBeCloseTo(1 / features, 12);
  });

  it('grows with what speaks for a feature', () => {
    const [few, many] = [5, 50].map(
      (lists) => probabilityLargest(latticeProbabilities(rankingLogits(clicks(2, { lists }), 2)), 2)[0]!,
    );
    expect(few).toBeGreaterThan(0.5);
    expect(many).toBeGreaterThan(few!);
  });
});
