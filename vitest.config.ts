import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would take graphql's ES module build for our files and Node its CommonJS one for Pothos and Yoga: two realms
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    globalSetup: ['test/fixtures/real-postgres.ts', 'test/fixtures/global-setup.ts'],
    // real engines share a build machine's two cores: what fails there once is tried again, and reported as such
    retry: process.env.CI === 'true' ? 1 : 0,
    // as long as a slow machine may take: what never comes is told by these, and what is slow by nobody
    testTimeout: 60_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 20_000 } },
    teardownTimeout: 20_000,
  },
});
