import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearEvidence, readLinearEvidence, type LinearEvidence } from '../../../src/learning/linear-evidence.ts';
import {
  drawCoefficients,
  linearPosterior,
  probabilityLargestCoefficient,
  type LinearPosterior,
} from '../../../src/learning/linear-thompson.ts';
import { sampleNormal } from '../../../src/shared/normal.ts';
import { seededRng } from '../../../src/shared/rng.ts';
import { hitsOf } from './executed-hits.ts';

/** What documents of random scores teach whose rewards are linear in them, with noise. */
function taughtBy(coefficients: readonly number[], documents: number): LinearEvidence {
  const rng = seededRng(`a model of ${coefficients.join()}`);
  const uris = coefficients.map((_, index) => `feature-${index}`);
  const rows = Array.from({ length: documents }, () => uris.map(() => rng.next()));
  const outcomes = rows.map((scores) => ({
    reward: scores.reduce((sum, score, index) => sum + coefficients[index]! * score, 0.1) + 0.1 * sampleNormal(rng),
    examined: 1,
  }));
  return readLinearEvidence(linearEvidence(hitsOf(uris, rows), outcomes, uris), uris.length);
}

const product = (l: readonly (readonly number[])[]) =>
  l.map((row) => l.map((other) => row.reduce((sum, entry, k) => sum + entry * other[k]!, 0)));

describe('the linear posterior', () => {
  it.each([1, 2, 4, 8, 16])('has equal coefficients before anything was seen, of %d features', (features) => {
    const { mean } = linearPosterior(null, features);
    expect(mean).toHaveLength(features);
    for (const value of mean) expect(value).toBeCloseTo(mean[0]!, 12);
    expect(mean[0]).toBeGreaterThan(0);
  });

  it('finds the coefficients of a linear model, also those that do harm', () => {
    for (const coefficients of [[0.6, 0.1], [0.5, 0.2, -0.3], [0.1, 0.2, 0.3, 0.4], [0.3]]) {
      const { mean } = linearPosterior(taughtBy(coefficients, 20_000), coefficients.length);
      for (const [feature, value] of mean.entries())
        expect(Math.abs(value - coefficients[feature]!)).toBeLessThan(0.02);
    }
  });

  it('credits a feature with what another does not tell already', () => {
    // The second says the same as the first, but with noise of its own; only the first is the cause.
    const rng = seededRng('two of a kind');
    const uris = ['cause', 'echo'];
    const rows = Array.from({ length: 5000 }, () => {
      const cause = rng.next();
      return [cause, Math.min(1, Math.max(0, cause + 0.3 * sampleNormal(rng)))];
    });
    const outcomes = rows.map(([cause]) => ({ reward: cause! > 0.5 ? 1 : 0, examined: 1 }));
    const evidence = readLinearEvidence(linearEvidence(hitsOf(uris, rows), outcomes, uris), 2);
    const [cause, echo] = linearPosterior(evidence, 2).mean;
    expect(cause).toBeGreaterThan(10 * Math.abs(echo!));
  });

  it('gets surer with what it sees', () => {
    const spread = ({ root }: LinearPosterior) => product(root).reduce((sum, row, index) => sum + row[index]!, 0);
    const spreads = [0, 10, 100, 1000].map((documents) => spread(linearPosterior(taughtBy([0.5, 0.2], documents), 2)));
    expect(spreads).toEqual(spreads.toSorted((a, b) => b - a));
    expect(spreads.at(-1)).toBeLessThan(spreads[0]! / 10);
  });

  it('says the same of a feature whichever it is called', () => {
    const one = linearPosterior(taughtBy([0.5, 0.2, 0], 500), 3).mean;
    const { precision, response } = taughtBy([0.5, 0.2, 0], 500);
    const order = [2, 0, 1, 3];
    const turned = {
      precision: order.map((i) => order.map((j) => precision[i]![j]!)),
      response: order.map((i) => response[i]!),
    };
    for (const [index, value] of linearPosterior(turned, 3).mean.entries()) {
      expect(value).toBeCloseTo(one[order[index]!]!, 9);
    }
  });
});

/** Scores that make the sums as good as singular: equal, absent, one document over and over, huge counts. */
const degenerate = fc.integer({ min: 1, max: 8 }).chain((features) => {
  const score = fc.constantFrom(0, 1, 0.5, 1e-9);
  const scores = fc.array(score, { minLength: features, maxLength: features });
  return fc.record({
    features: fc.constant(features),
    rows: fc.array(fc.record({ scores, reward: fc.constantFrom(0, 1, -1) }), { maxLength: 5 }),
    times: fc.constantFrom(1, 1e3, 1e9, 1e13, -1, -1e3),
  });
});

describe('degenerate evidence', () => {
  const posteriorOf = ({
    features,
    rows,
    times,
  }: typeof degenerate extends fc.Arbitrary<infer Value> ? Value : never) => {
    const uris = Array.from({ length: features }, (_, index) => `feature-${index}`);
    const hits = hitsOf(
      uris,
      rows.map(({ scores }) => scores),
    );
    const outcomes = rows.map(({ reward }) => ({ reward, examined: 1 }));
    const sums = linearEvidence(hits, outcomes, uris).map((sum) => sum * times);
    return linearPosterior(readLinearEvidence(sums, features), features);
  };

  it('never makes coefficients, or draws of them, that are no numbers', () => {
    fc.assert(
      fc.property(degenerate, fc.string(), (evidence, seed) => {
        const posterior = posteriorOf(evidence);
        const draw = drawCoefficients(posterior, 10, seededRng(seed));
        for (const value of [...posterior.mean, ...posterior.root.flat(), ...draw]) {
          expect(Number.isFinite(value)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leaves features that say the same, and one that nothing is known of, where they can be', () => {
    const same = posteriorOf({
      features: 2,
      rows: [
        { scores: [1, 1], reward: 1 },
        { scores: [0, 0], reward: 0 },
      ],
      times: 1000,
    });
    expect(same.mean[0]).toBeCloseTo(same.mean[1]!, 6);
    expect(same.mean[0]! + same.mean[1]!).toBeCloseTo(1, 1);
  });
});

describe('drawCoefficients', () => {
  const posterior = linearPosterior(taughtBy([0.5, 0.1, 0.2], 50), 3);

  it('draws the same from the same seed', () => {
    const draw = (seed: string) => drawCoefficients(posterior, 1, seededRng(seed));
    expect(draw('one')).toEqual(draw('one'));
    expect(draw('one')).not.toEqual(draw('two'));
  });

  it('draws the mean where nothing is explored', () => {
    expect(drawCoefficients(posterior, 0, seededRng('any'))).toEqual(posterior.mean);
  });

  it('draws with the mean and the covariance of the posterior', () => {
    const rng = seededRng('moments');
    const count = 40_000;
    const draws = Array.from({ length: count }, () => drawCoefficients(posterior, 1, rng));
    const covariance = product(posterior.root);
    for (const [i, mean] of posterior.mean.entries()) {
      const own = covariance[i]![i]!;
      const average = draws.reduce((sum, draw) => sum + draw[i]!, 0) / count;
      // Five standard errors; the seed is fixed.
      expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(own / count));
      for (const [j, other] of posterior.mean.entries()) {
        const drawn = draws.reduce((sum, draw) => sum + (draw[i]! - mean) * (draw[j]! - other), 0) / count;
        const error = Math.sqrt((own * covariance[j]![j]! + covariance[i]![j]! ** 2) / count);
        expect(Math.abs(drawn - covariance[i]![j]!)).toBeLessThan(5 * error);
      }
    }
  });
});

describe('probabilityLargestCoefficient', () => {
  it('sums to 1, is always the same, and is large for what is clearly the largest', () => {
    const posterior = linearPosterior(taughtBy([0.6, 0.1, 0.1], 2000), 3);
    const chances = probabilityLargestCoefficient(posterior);
    expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 9);
    expect(chances[0]).toBeGreaterThan(0.99);
    expect(probabilityLargestCoefficient(posterior)).toEqual(chances);
  });

  it('is about even where nothing is known', () => {
    for (const chance of probabilityLargestCoefficient(linearPosterior(null, 4))) {
      // Four standard errors of 2,000 draws.
      expect(Math.abs(chance - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 2000));
    }
  });
});
