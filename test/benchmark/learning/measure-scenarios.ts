import { defaultLearningConfig } from '../../../src/learning/learning-config.ts';
import { positionBiases } from '../../../src/learning/position-bias.ts';
import { queryFeatureNames } from '../../../src/learning/query-features.ts';
import { meanNdcg } from './prepared-query.ts';
import type { Split } from './baselines.ts';
import { startedByJudges } from './judged-start.ts';
import { runLearning } from './learning-run.ts';
import { groupSplits, runPopulation, sharing } from './scenarios.ts';
import { estimate, rounded } from './statistics.ts';

export interface ScenarioRow {
  scenario:
    | 'two groups'
    | 'drift'
    | 'poisoned clicks'
    | 'delayed feedback'
    | 'kinds of queries'
    | 'warm start'
    | 'position bias';
  variant: string;
  /** By searches: nDCG@10. */
  ndcg: Record<string, number>;
  ci: Record<string, number>;
}

/** Judged queries and what they count as. */
const warmStarts = [
  [0, 500],
  [30, 100],
  [30, 500],
  [30, 5000],
  [100, 100],
  [100, 500],
  [100, 5000],
] as const;

type Curves = readonly (readonly number[])[];

/** What else a learner meets: tastes that differ, that change, that lie, and feedback that is late. */
export function measureScenarios(
  splits: readonly Split[],
  featureUris: readonly string[],
  say: (line: string) => void,
) {
  const rows: ScenarioRow[] = [];
  const report = (scenario: ScenarioRow['scenario'], variant: string, marks: readonly number[], curves: Curves) => {
    const at = marks.map((mark, index) => ({ mark, ...estimate(curves.map((curve) => curve[index]!)) }));
    const row = {
      scenario,
      variant,
      ndcg: Object.fromEntries(at.map(({ mark, mean }) => [mark, rounded(mean)])),
      ci: Object.fromEntries(at.map(({ mark, ci }) => [mark, rounded(ci)])),
    };
    rows.push(row);
    const figures = at.map(({ mark, mean }) => `${mark}: ${mean.toFixed(3)}`).join('  ');
    say(`  ${scenario.padEnd(17)} ${variant.padEnd(30)} ${figures}`);
  };
  const feature = dominantFeature(splits, featureUris.length);
  const groups = splits.map((split) => groupSplits(split, feature));

  const groupMarks = [100, 500, 2000];
  const equal = groups.map((pair) => {
    const heldOut = pair.flatMap((split) => split.heldOut);
    const value = meanNdcg(heldOut, new Array<number>(featureUris.length).fill(1));
    return groupMarks.map(() => value);
  });
  report('two groups', 'equal weights', groupMarks, equal);
  for (const { name, config, segments } of sharing) {
    const curves = groups.map((pair, seed) =>
      runPopulation({ config, featureUris, groups: pair, seed, marks: groupMarks, segments }),
    );
    report('two groups', name, groupMarks, curves);
  }

  // The segments' tastes swap after 500 searches; users are too many to be known one by one.
  const driftMarks = [100, 300, 500, 550, 600, 700, 800, 1000];
  for (const decayHalfLifeHours of [null, 5, 2.5]) {
    const config = { ...defaultLearningConfig, contextFeatures: [], decayHalfLifeHours };
    const curves = groups.map((pair, seed) =>
      runPopulation({ config, featureUris, groups: pair, seed, marks: driftMarks, segments: true, swapAt: 501 }),
    );
    const halfLife = decayHalfLifeHours === null ? 'no decay' : `half-life ${decayHalfLifeHours * 60} searches`;
    report('drift', halfLife, driftMarks, curves);
  }

  for (const poison of [0, 0.1, 0.3]) {
    const curves = groups.map((pair, seed) =>
      runPopulation({
        config: defaultLearningConfig,
        featureUris,
        groups: pair,
        seed,
        marks: groupMarks,
        segments: true,
        poison,
      }),
    );
    report('poisoned clicks', `${poison * 100} % of searches by one user`, groupMarks, curves);
  }

  const kindMarks = [500, 2000];
  for (const feature of [null, ...queryFeatureNames]) {
    const config = {
      ...defaultLearningConfig,
      contextFeatures: [],
      demographicFeatures: feature === null ? [] : [feature],
    };
    const curves = splits.map(
      (split, seed) =>
        runLearning({ config, featureUris, clickModel: 'perfect', split, seed, marks: kindMarks, byQuery: true })
          .heldOut,
    );
    report('kinds of queries', feature ?? 'one weighting for all', kindMarks, curves);
  }

  const delayMarks = [100, 200, 500];
  for (const delay of [0, 50, 200]) {
    const curves = splits.map(
      (split, seed) =>
        runLearning({
          config: defaultLearningConfig,
          featureUris,
          clickModel: 'navigational',
          split,
          seed,
          marks: delayMarks,
          delay,
        }).heldOut,
    );
    report('delayed feedback', `${delay} searches late`, delayMarks, curves);
  }

  const warmMarks = [0, 20, 50, 100, 500];
  for (const [judged, strength] of warmStarts) {
    const curves = splits.map((split, seed) => {
      const config = startedByJudges(split.learning, judged, strength);
      return runLearning({ config, featureUris, clickModel: 'informational', split, seed, marks: warmMarks }).heldOut;
    });
    report('warm start', `${judged} judged queries, strength ${strength}`, warmMarks, curves);
  }

  for (const positionBias of positionBiases) {
    for (const clickModel of ['navigational', 'informational', 'position-based'] as const) {
      const config = { ...defaultLearningConfig, positionBias };
      const curves = splits.map(
        (split, seed) => runLearning({ config, featureUris, clickModel, split, seed, marks: groupMarks }).heldOut,
      );
      report('position bias', `${positionBias}, ${clickModel}`, groupMarks, curves);
    }
  }
  return rows;
}

/** The feature that ranks best by itself divides the groups. */
function dominantFeature(splits: readonly Split[], features: number): number {
  const alone = Array.from({ length: features }, (_, feature) => {
    const weights = Array.from({ length: features }, (_unused, other) => (other === feature ? 1 : 0));
    return meanNdcg(splits[0]!.learning, weights);
  });
  return alone.indexOf(Math.max(...alone));
}
