import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Warehouse } from '../../../src/clickhouse/warehouse.ts';
import { evidenceOf, evidenceBasis } from '../../../src/learning/evidence.ts';
import type { ContextRef } from '../../../src/learning/context.ts';
import { PosteriorCache } from '../../../src/learning/posterior-cache.ts';
import { createClickHousePosteriorStore } from '../../../src/learning/posterior-store.clickhouse.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { silentLogger } from '../../fixtures/postgres.ts';
import { percentile } from '../benchmark.ts';

type Row = Record<string, string | number>;

const FEATURES = ['a', 'b', 'c', 'd'].map((name) => `bench://feature@v1/${name}`);
const INSERT_CONTEXTS = 50_000;
const LOOK_UPS = 200;
/** Contexts that a search asks for together. */
const TOUCH_AT_ONCE = 500;
/** Never waited for less: a look-up is measured to its end. */
const PATIENCE_MS = 60_000;

/**
 * Contexts of ever more users, each with a posterior of four features and its evidence: how long a look-up takes that the
 * cache does not have, one that it has, and how much memory the process has taken once more of them were asked for than it
 * keeps.
 */
export async function growContexts(
  warehouse: Warehouse,
  sizes: readonly number[],
  say: (line: string) => void,
): Promise<Row[]> {
  const retrieverId = randomUUID();
  const rows: Row[] = [];
  let filled = 0;
  for (const size of sizes) {
    await fillContexts(warehouse, retrieverId, filled, size);
    filled = size;
    say(`  ${size} contexts`);
    const what = (name: string) => ({ curve: 'contexts', engine: 'ClickHouse', size, what: name });
    const { missMs, hitMs } = await measureLookUps(warehouse, retrieverId, size);
    rows.push({ ...what('posterior look-up, not in memory'), ...spread(missMs) });
    rows.push({ ...what('posterior look-up, in memory'), ...spread(hitMs) });
    rows.push({ ...what('memory of the posterior cache'), ...(await measureMemory(warehouse, retrieverId, size)) });
  }
  return rows;
}

/** Look-ups of contexts that are not in memory, and of the same ones again. */
export async function measureLookUps(warehouse: Warehouse, retrieverId: string, users: number) {
  const cache = openCache(warehouse);
  const contexts = Array.from({ length: LOOK_UPS }, (_, n) => contextsOf(Math.floor((n * users) / LOOK_UPS)));
  const timed = async (asked: ContextRef[]) => {
    const startedAt = performance.now();
    const { complete } = await cache.read(retrieverId, asked);
    if (!complete) throw new Error('the posteriors did not come in time');
    return performance.now() - startedAt;
  };
  const missMs: number[] = [];
  const hitMs: number[] = [];
  for (const asked of contexts) missMs.push(await timed(asked));
  for (const asked of contexts) hitMs.push(await timed(asked));
  return { missMs, hitMs };
}

async function measureMemory(warehouse: Warehouse, retrieverId: string, users: number): Promise<Row> {
  const cache = openCache(warehouse);
  const before = heapMb();
  const touched = Math.min(users, 100_000);
  for (let from = 0; from < touched; from += TOUCH_AT_ONCE) {
    const asked = Array.from({ length: TOUCH_AT_ONCE }, (_, n) => contextsOf(from + n)[0]!);
    await cache.read(retrieverId, asked);
  }
  return { touched, kept: cache.known(retrieverId).length, heapMb: Math.max(0, heapMb() - before) };
}

function openCache(warehouse: Warehouse): PosteriorCache {
  const store = createClickHousePosteriorStore(warehouse);
  return new PosteriorCache({ store, logger: silentLogger, clock: systemClock, patienceMs: PATIENCE_MS });
}

const contextsOf = (user: number): ContextRef[] => [
  { level: 'PERSONAL', key: `user-${user}` },
  { level: 'GLOBAL', key: '' },
];

/** Of users `from` to `to`, as a relay's batches would leave them behind. */
async function fillContexts(warehouse: Warehouse, retrieverId: string, from: number, to: number): Promise<void> {
  const sums = evidenceOf([], [], FEATURES).sums.length;
  for (let at = from; at < to; at += INSERT_CONTEXTS) {
    await warehouse.client.command({
      query: FILL,
      query_params: {
        ...{ retriever: retrieverId, from: at, rows: Math.min(INSERT_CONTEXTS, to - at), sums },
        uris: ['', ...FEATURES, `#${evidenceBasis(FEATURES)}`],
      },
      clickhouse_settings: { insert_deduplicate: 0, wait_end_of_query: 1, max_insert_threads: '1' },
    });
  }
}

const FILL = `
  INSERT INTO posterior_deltas (retriever_id, level, context_key, feature_uri, rewards, failures, interactions, batches,
    half_life_hours, epoch, evidence, batch_id)
  SELECT {retriever:UUID}, if(number = 0, 'GLOBAL', 'PERSONAL'), if(number = 0, '', concat('user-', toString(number))), uri,
    if(uri = '' OR startsWith(uri, '#'), 0, 1 + cityHash64(number, uri) % 7), if(uri = '' OR startsWith(uri, '#'), 0, 2),
    if(uri = '', 6, 0), if(uri = '', 1, 0), 0, 0,
    if(startsWith(uri, '#'), arrayMap(i -> (cityHash64(number, i) % 1000) / 100, range({sums:UInt32})), []), generateUUIDv4()
  FROM numbers({from:UInt64}, {rows:UInt64}) ARRAY JOIN {uris:Array(String)} AS uri`;

export function spread(valuesMs: readonly number[]): { p50Ms: number; p99Ms: number } {
  return { p50Ms: percentile(valuesMs, 50), p99Ms: percentile(valuesMs, 99) };
}

/** Of what is in use: the collector runs first, which Node only offers by a flag. */
function heapMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return Math.round(process.memoryUsage().heapUsed / 2 ** 20);
}
