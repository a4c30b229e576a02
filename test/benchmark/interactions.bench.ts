import type { Measurement } from './benchmark.ts';
import { measureLoad, prepareEvents, sendAll, shop, type Load } from './interaction-load.ts';
import { startServerProcess, storesToMeasure } from './server-process.ts';
import { startWorker } from './worker.ts';

const parameters = { ...shop, warmUpSeconds: 4, seconds: 15 };
const steady = (aSecond: number): Load => ({
  ...{ how: `a hundred a call, ${aSecond} a second`, clients: 16, batch: 100, aSecond },
});
const loads: Load[] = [
  { how: 'a thousand a call', clients: 4, batch: 1_000 },
  { how: 'one a call', clients: 64, batch: 1 },
  ...[2_000, 4_000, 6_000, 8_000].map(steady),
];

/**
 * Events a second that one server takes and has committed when it answers: a thousand a call, and one a call by many clients,
 * as many as it takes, and a hundred a call at rates that it may keep up with; and how far the way to ClickHouse is behind
 * meanwhile. Server, clients and stores are processes of their own, which share
 * this machine's cores: the shares say who was busy (100: one core), and the microseconds who has to do how much for an event. On the embedded engines, and on the pair of servers that
 * ATTUNE_TEST_DATABASE_URL and ATTUNE_TEST_CLICKHOUSE_URL name; ATTUNE_BENCH_STORES picks one by its first letters.
 */
export async function benchmarkInteractions(say: (line: string) => void): Promise<Measurement> {
  const rows: Measurement['rows'] = [];
  for (const [stores, env] of storesToMeasure()) {
    if (!stores.startsWith(process.env.ATTUNE_BENCH_STORES ?? '')) continue;
    for (const load of loads) {
      rows.push({ stores, ...(await benchmarkLoad(env, load, say)) });
      say(`  ${stores}, ${load.how}: ${JSON.stringify(rows.at(-1))}`);
    }
  }
  return { parameters, rows };
}

/** On a server of its own, so that no load inherits what the one before has left behind; warm, as one that runs for days. */
async function benchmarkLoad(
  env: Record<string, string>,
  load: Load,
  say: (line: string) => void,
): Promise<Measurement['rows'][number]> {
  const server = await startServerProcess(env);
  const clients = startWorker('./http-clients.mjs');
  try {
    await prepareEvents(server, clients, say);
    await sendAll(server, clients, load, parameters.warmUpSeconds);
    return await measureLoad(server, clients, load, parameters.seconds);
  } finally {
    await clients.stop();
    await server.stop();
  }
}
