import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const { CI, ATTUNE_TEST_DATABASE_URL, ATTUNE_TEST_POSTGRES } = process.env;

/** As test/fixtures/real-postgres.ts sees it: one is given, or will be started. */
const hasPostgres = CI === 'true' || ATTUNE_TEST_POSTGRES === '1' || ATTUNE_TEST_DATABASE_URL !== undefined;

const live = (...names: string[]) => names.map((name) => `test/live/${name}.test.ts`);

/** Whole servers whose stores matter: on the embedded engines, and on the real pair as well. */
const onBoth = [
  ...live('learned-weights', 'rollout', 'analytics', 'evaluation', 'rebuild', 'operations', 'client'),
  'test/examples/tutorial.test.ts',
  'test/faults/{shutdown,evaluation-kill,server-kill}.test.ts',
];
/** The long ones among them, once: on the real pair where there is one, which takes half of the time. */
const onEither = [
  ...live('fuzz', 'flood', 'experiments', 'examination', 'warm-start', 'replay', 'search-preview', 'api-keys'),
  ...live('two-instances'),
  'test/examples/rollout.test.ts',
  'test/faults/{clickhouse-away,forced-drops}.test.ts',
];

/** How any of the tests are run. */
export function project(name: string, test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration {
  return {
    // Vite would take graphql's ES module build for our files and Node its CommonJS one for Pothos and Yoga: two realms
    resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
    test: {
      name,
      pool: 'forks',
      // real engines share a build machine's two cores: what fails there once is tried again, and reported as such
      retry: CI === 'true' ? 1 : 0,
      // as long as a slow machine may take: what never comes is told by these, and what is slow by nobody
      testTimeout: 60_000,
      hookTimeout: 90_000,
      expect: { poll: { timeout: 20_000 } },
      ...test,
    },
  };
}

const parts = ['test/*.test.ts', 'test/{contract,domain,schema}/**/*.test.ts'];
/** Nothing in them waits for another process, but for stores that serve several at once: two files at a time even on two cores. */
const inProcess = project('parts', { include: parts, maxWorkers: Math.max(2, availableParallelism() - 1) });
/** Whole servers, whose processes share the cores already; after the parts. */
const servers = { sequence: { groupOrder: 1 } };
const embedded = project('embedded', {
  ...servers,
  include: ['test/**/*.test.ts'],
  exclude: [...parts, ...(hasPostgres ? onEither : [])],
});
const realPair = project('real pair', {
  ...servers,
  include: [...onEither, ...onBoth],
  env: { ATTUNE_TEST_PAIR: 'real' },
  setupFiles: ['test/fixtures/drop-stores.ts'],
});

/** Once a run. */
export const shared = {
  teardownTimeout: 20_000,
  globalSetup: ['test/fixtures/real-postgres.ts', 'test/fixtures/global-setup.ts'],
};

export default defineConfig({
  test: {
    ...shared,
    projects: [inProcess, embedded, ...(hasPostgres ? [realPair] : [])],
  },
});
