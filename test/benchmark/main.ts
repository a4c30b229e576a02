// Runs the named benchmark, prints its table and writes results/NAME.json. Run: npm run bench -- NAME
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { benchmarkAnalytics } from './analytics.bench.ts';
import type { Benchmark } from './benchmark.ts';
import { benchmarkFanOut } from './fanout.bench.ts';
import { benchmarkFreshness } from './freshness.bench.ts';
import { benchmarkFusion } from './fusion.bench.ts';
import { benchmarkGrowth } from './growth.bench.ts';
import { benchmarkInstances } from './instances.bench.ts';
import { benchmarkInteractions } from './interactions.bench.ts';
import { describeMachine, installedVersions } from './machine.ts';
import { benchmarkSearch } from './search.bench.ts';
import { benchmarkStart } from './start.bench.ts';

const benchmarks = new Map<string, { about: string; run: Benchmark }>([
  ['start', { about: 'from an empty directory to the first answer; memory and size on disk', run: benchmarkStart }],
  [
    'search',
    {
      about: 'learned, weighted and RRF search beside bare queries and others; --documents 10000,100000',
      run: benchmarkSearch,
    },
  ],
  ['growth', { about: 'cost against documents, features, contexts and history', run: benchmarkGrowth }],
  ['freshness', { about: 'from a recorded click to the new weights at a subscriber', run: benchmarkFreshness }],
  ['fanout', { about: 'weights that change ten times a second, to thousands of subscribers', run: benchmarkFanOut }],
  ['interactions', { about: 'events a second that one server takes, committed', run: benchmarkInteractions }],
  ['instances', { about: 'from one of two servers to the other: weights, kill switch', run: benchmarkInstances }],
  ['fusion', { about: 'one fusion of four lists of 100 hits, by method', run: benchmarkFusion }],
  ['analytics', { about: 'every analytics query over 10 million interactions', run: benchmarkAnalytics }],
]);

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function runBenchmark(name: string, run: Benchmark, args: readonly string[]): Promise<void> {
  const machine = describeMachine();
  const measurement = await run(say, args);
  if (measurement === null) return;
  const { parameters, rows } = measurement;
  console.table(rows);
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const result = { machine, versions: installedVersions(), parameters, rows };
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
  say(`Written to test/benchmark/results/${name}.json`);
}

const [name, ...args] = process.argv.slice(2);
const chosen = benchmarks.get(name ?? '');
if (name !== undefined && chosen !== undefined) {
  await runBenchmark(name, chosen.run, args);
} else {
  say('Usage: npm run bench -- NAME\n');
  for (const [known, { about }] of benchmarks) say(`  ${known.padEnd(10)} ${about}`);
  if (name !== undefined) process.exitCode = 1;
}
