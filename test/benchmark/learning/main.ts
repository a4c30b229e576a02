// How well the learner learns, on human judgments. Run: npm run bench:learning -- [--data DIR] [--fields a,b,c]
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultLearningConfig, type LearningConfig } from '../../../src/learning/learning-config.ts';
import { describeMachine, installedVersions } from '../machine.ts';
import { halve, StaticWeights, type Baselines, type Split } from './baselines.ts';
import { clickModels, type ClickModel } from './click-models.ts';
import { featureLists } from './feature-lists.ts';
import { pickQueries, readJudgedSet } from './judged-set.ts';
import { learningCurveSvg } from './learning-curve-svg.ts';
import { runLearning } from './learning-run.ts';
import { prepareQueries, type PreparedQuery } from './prepared-query.ts';
import { measureScenarios } from './measure-scenarios.ts';
import { estimate, rounded } from './statistics.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: path.join(root, '../shared/data/msrd') },
    fields: { type: 'string', default: 'title,overview,actors' },
    queries: { type: 'string', default: '600' },
    seeds: { type: 'string', default: '10' },
    out: { type: 'string', default: path.join(root, 'test/benchmark/results') },
  },
});
const marks = [20, 50, 100, 200, 500, 2000];
const seeds = Number(options.seeds);
const say = (line: string) => void process.stdout.write(`${line}\n`);

const learners: readonly { config: LearningConfig; isDefault: boolean }[] = [
  { config: defaultLearningConfig, isDefault: true },
  ...(['STRONGEST_FEATURE', 'SCORE_SHARE', 'RANK_SHARE', 'MEMBERSHIP'] as const).map((credit) => ({
    config: { ...defaultLearningConfig, algorithm: 'THOMPSON_SAMPLING' as const, credit },
    isDefault: false,
  })),
  ...(['EPSILON_GREEDY', 'UCB', 'LINEAR_THOMPSON'] as const).map((algorithm) => ({
    config: { ...defaultLearningConfig, algorithm },
    isDefault: false,
  })),
];

interface Row {
  dataset: string;
  algorithm: string;
  credit: string;
  clickModel: ClickModel;
  isDefault: boolean;
  /** By searches: nDCG@10 on the held-out half. */
  ndcg: Record<string, number>;
  /** By searches: half the 95 % interval of it over the seeds. */
  ci: Record<string, number>;
  /** By searches: half the 95 % interval of the gain over equal weights, seed by seed on the same queries. */
  gainCi: Record<string, number>;
  /** By searches: share of the gap from equal to best static weights that is closed. */
  gapClosed: Record<string, number>;
  /** Mean nDCG@10 of what was shown on the way, and what the best static weights would have shown more. */
  online: number;
  regret: number;
}

async function prepare(directory: string): Promise<{ name: string; documents: number; queries: PreparedQuery[] }> {
  const set = readJudgedSet(directory);
  const picked = pickQueries(set.queries, Number(options.queries), 'learning');
  say(`${set.name}: ${set.documents.length} documents, ${picked.length} of ${set.queries.length} queries`);
  const fields = options.fields.split(',');
  const lists = await featureLists({
    set,
    queries: picked,
    fields,
    cacheDirectory: path.join(root, '.attune/benchmark'),
    say,
  });
  return { name: set.name, documents: set.documents.length, queries: prepareQueries(picked, lists) };
}

function meanBaselines(all: readonly Baselines[]): Baselines {
  const mean = (key: keyof Baselines) => rounded(estimate(all.map((one) => one[key])).mean);
  return {
    rrf: mean('rrf'),
    equal: mean('equal'),
    bestSingle: mean('bestSingle'),
    bestStatic: mean('bestStatic'),
    bestStaticTest: mean('bestStaticTest'),
  };
}

function measure(
  dataset: string,
  splits: readonly Split[],
  baselines: readonly Baselines[],
  bestOnline: number,
): Row[] {
  const featureUris = featureUrisOf(splits);
  const gap = (key: 'equal' | 'bestStatic') => estimate(baselines.map((one) => one[key])).mean;
  return learners.flatMap(({ config, isDefault }) =>
    clickModels.map((clickModel) => {
      const curves = splits.map((split, seed) => runLearning({ config, featureUris, clickModel, split, seed, marks }));
      const at = marks.map((mark, index) => ({
        mark,
        ...estimate(curves.map(({ heldOut }) => heldOut[index]!)),
        gainCi: estimate(curves.map(({ heldOut }, seed) => heldOut[index]! - baselines[seed]!.equal)).ci,
      }));
      const byMark = (value: (one: (typeof at)[number]) => number) =>
        Object.fromEntries(at.map((one) => [String(one.mark), rounded(value(one))]));
      const online = estimate(curves.map((curve) => curve.online)).mean;
      const row: Row = {
        dataset,
        algorithm: config.algorithm,
        credit: config.credit,
        clickModel,
        isDefault,
        ndcg: byMark(({ mean }) => mean),
        ci: byMark(({ ci }) => ci),
        gainCi: byMark(({ gainCi }) => gainCi),
        gapClosed: byMark(({ mean }) => (mean - gap('equal')) / (gap('bestStatic') - gap('equal'))),
        online: rounded(online),
        regret: rounded(bestOnline - online),
      };
      say(
        `  ${config.algorithm.padEnd(18)} ${config.credit.padEnd(18)} ${clickModel.padEnd(15)} ` +
          marks
            .map((mark) => `${mark}: ${row.ndcg[mark]!.toFixed(3)} (${Math.round(100 * row.gapClosed[mark]!)} %)`)
            .join('  ') +
          `  online ${row.online.toFixed(3)}`,
      );
      return row;
    }),
  );
}

function featureUrisOf(splits: readonly Split[]): string[] {
  return splits[0]!.learning[0]!.hits[0]!.features.map(({ featureUri }) => featureUri);
}

function curveOf(rows: readonly Row[], baselines: Baselines, dataset: string): string {
  const colours: Record<ClickModel, string> = {
    perfect: '#1b7837',
    navigational: '#2166ac',
    informational: '#b2182b',
    'position-based': '#762a83',
  };
  const lines = rows
    .filter(({ isDefault }) => isDefault)
    .map(({ clickModel, ndcg, gainCi }) => ({
      name: `${clickModel} clicks`,
      colour: colours[clickModel],
      points: marks.map((mark) => ({ searches: mark, ndcg: ndcg[mark]!, ci: gainCi[mark]! })),
    }));
  const levels = [
    { name: 'RRF', ndcg: baselines.rrf },
    { name: 'equal weights', ndcg: baselines.equal },
    { name: 'best static', ndcg: baselines.bestStatic },
  ];
  return learningCurveSvg(`nDCG@10 on held-out queries of ${dataset}, default settings`, lines, levels);
}

async function run(): Promise<void> {
  if (!existsSync(options.data)) {
    say(
      `Skipped: there is no folder ${options.data}. Give one with --data: corpus.jsonl, queries.jsonl and qrels.tsv.`,
    );
    return;
  }
  const machine = describeMachine();
  const { name, documents, queries } = await prepare(options.data);
  const splits = Array.from({ length: seeds }, (_, seed) => halve(queries, seed));
  const features = queries[0]!.scores[0]!.length;
  const weights = new StaticWeights(queries, features);
  const all = splits.map((split) => weights.baselines(split));
  const baselines = meanBaselines(all);
  console.table([baselines]);
  const bestOnline = estimate(splits.map((split) => weights.onLearningHalf(split))).mean;
  const rows = measure(name, splits, all, bestOnline);
  const scenarios = measureScenarios(splits, featureUrisOf(splits), say);
  mkdirSync(options.out, { recursive: true });
  const parameters = {
    documents,
    queries: queries.length,
    halves: 'learned on and held out, another halving of the same queries for each seed',
    seeds,
    fields: options.fields.split(','),
    features: featureUrisOf(splits),
    topK: 100,
    shown: 10,
    marks,
  };
  const result = { machine, versions: installedVersions(), parameters, baselines, rows, scenarios };
  writeFileSync(path.join(options.out, 'learning.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(path.join(options.out, 'learning.svg'), curveOf(rows, baselines, name));
  say(`Written to ${path.relative(process.cwd(), options.out)}/learning.json and learning.svg`);
}

await run();
