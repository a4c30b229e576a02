import process from 'node:process';
import { areas, chosenAreas } from './areas.mjs';

const chosen = chosenAreas(process.env);

/**
 * How much of the code the tests hold: each is changed a little, and a test must fail. `npm run mutation`, outside of CI, as it
 * takes hours; `ATTUNE_MUTATION=fusion,access` names areas.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: chosen.flatMap((area) => areas[area]?.mutate ?? []),
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  plugins: ['@stryker-mutator/vitest-runner'],
  coverageAnalysis: 'perTest',
  // changed messages and texts of SQL say little of what tests hold, and are half of all changes
  mutator: { excludedMutations: ['StringLiteral'] },
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 20_000,
  tempDirName: '.stryker-tmp',
  ignorePatterns: ['.attune', 'src/console/dist', 'src/client/dist', 'reports', 'test/benchmark/results'],
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `reports/mutation/${chosen.join('-')}.json` },
  thresholds: { high: 90, low: 80, break: 80 },
};
