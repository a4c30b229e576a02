import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Warehouse } from '../../../src/clickhouse/warehouse.ts';
import { fillLog, logShape } from '../analytics-log.ts';
import { analyticsQuestions } from '../analytics.bench.ts';
import { spread } from './posterior-growth.ts';

type Row = Record<string, string | number>;

const WARM_UP = 3;
const MEASURED = 20;
const SETTLE_MS = 600_000;
const QUIET_SECONDS = 5;
/** What a console asks for again and again, and what a person asks for now and then. */
const ASKED = [
  'retrieverPerformance, all of it, 24 hours',
  'retrieverPerformance, all of it, 30 days',
  'LATENCY, 7 days',
  'INTERACTIONS, 7 days of a user',
  'guardrail figures, 60 minutes',
];

/** The same questions to ever longer logs of thirty days. */
export async function growHistory(
  openFresh: () => Promise<Warehouse>,
  sizes: readonly number[],
  say: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    const warehouse = await openFresh();
    try {
      const retrieverIds = Array.from({ length: logShape.retrievers }, () => randomUUID());
      const fillMs = await fillLog(warehouse, retrieverIds, { interactions: size, searches: size / 2 }, say);
      say(`  ${size} interactions in ${Math.round(fillMs / 1_000)} s`);
      await settled(warehouse);
      say('  nothing is merged any more');
      for (const [what, ask] of analyticsQuestions(warehouse, retrieverIds[0]!)) {
        if (!ASKED.includes(what)) continue;
        rows.push({ curve: 'history', engine: 'ClickHouse', size, what, ...spread(await times(ask)) });
      }
    } finally {
      await warehouse.close();
    }
  }
  return rows;
}

/** A month's events in minutes leave merges behind that a month's events in a month do not. */
async function settled({ client }: Warehouse): Promise<void> {
  const giveUpAt = performance.now() + SETTLE_MS;
  for (let quiet = 0; quiet < QUIET_SECONDS && performance.now() < giveUpAt;) {
    const found = await client.query({
      query: 'SELECT count()::UInt32 AS merges FROM system.merges',
      format: 'JSONEachRow',
    });
    const [{ merges }] = (await found.json()) as [{ merges: number }];
    quiet = merges === 0 ? quiet + 1 : 0;
    await sleep(1_000);
  }
}

async function times(ask: () => Promise<unknown>): Promise<number[]> {
  const durationsMs: number[] = [];
  for (let i = 0; i < WARM_UP + MEASURED; i++) {
    const startedAt = performance.now();
    await ask();
    if (i >= WARM_UP) durationsMs.push(performance.now() - startedAt);
  }
  return durationsMs;
}
