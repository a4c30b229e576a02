/**
 * What is mutated together, and by which tests it must be held. Ports and types hold no code; what only hands on to ClickHouse
 * has tests in which an engine runs, minutes for each change.
 * @type {Readonly<Record<string, { mutate: readonly string[], tests: readonly string[] }>>}
 */
export const areas = {
  fusion: { mutate: ['src/fusion/*.ts'], tests: ['test/domain/fusion/*.test.ts'] },
  learning: {
    mutate: [
      'src/learning/*.ts',
      '!src/learning/*.clickhouse.ts',
      '!src/learning/{examination-curves,posterior-cache,posterior-reader,read-learned-weights,watch-learned-weights,weight-feed}.ts',
    ],
    tests: ['test/domain/learning/*.test.ts', 'test/domain/interactions/posterior-deltas.test.ts'],
  },
  outbox: {
    mutate: [
      'src/interactions/{outbox,take-interactions,take-executions,waiting-events,written-batch,gather-batches}.postgres.ts',
      'src/interactions/{relay,batch-sender,event-gatherer,posterior-deltas,prepare-attribution,split-earnings}.ts',
    ],
    tests: ['test/contract/outbox.test.ts', 'test/domain/interactions/*.test.ts'],
  },
  access: {
    mutate: ['src/access/*.ts', '!src/access/*-store.ts'],
    tests: ['test/contract/{access,key-watch}.test.ts', 'test/domain/access/*.test.ts'],
  },
  // their tests play the App by hand: no engine runs
  guards: {
    mutate: ['schema/while-allowed.ts', 'src/server/{origins,rate-limits,client-address}.ts'],
    tests: ['test/domain/server/*.test.ts', 'test/live/{rate-limits,transport-http,transport-websocket}.test.ts'],
  },
};

/**
 * Those that ATTUNE_MUTATION names; all where it names none.
 * @param {Readonly<Record<string, string | undefined>>} env
 */
export function chosenAreas({ ATTUNE_MUTATION: named = '' }) {
  const chosen = named === '' ? Object.keys(areas) : named.split(',');
  const unknown = chosen.filter((area) => !Object.hasOwn(areas, area));
  if (unknown.length === 0) return chosen;
  throw new Error(`ATTUNE_MUTATION names ${unknown.join(', ')}; it takes ${Object.keys(areas).join(', ')}.`);
}
