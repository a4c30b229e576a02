import { randomUUID } from 'node:crypto';
import type { Warehouse } from '../../../src/clickhouse/warehouse.ts';
import { fillLog, logShape } from '../analytics-log.ts';
import { analyticsQuestions } from '../analytics.bench.ts';
import { spread } from './posterior-growth.ts';

type Row = Record<string, string | number>;

const WARM_UP = 3;
const MEASURED = 20;
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

async function times(ask: () => Promise<unknown>): Promise<number[]> {
  const durationsMs: number[] = [];
  for (let i = 0; i < WARM_UP + MEASURED; i++) {
    const startedAt = performance.now();
    await ask();
    if (i >= WARM_UP) durationsMs.push(performance.now() - startedAt);
  }
  return durationsMs;
}
