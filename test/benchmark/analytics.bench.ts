import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClickHouseAnalyticsStore } from '../../src/analytics/analytics-store.clickhouse.ts';
import { retrieverPerformance } from '../../src/analytics/retriever-performance.ts';
import { retrieverSignals, type AnalyticsDeps, type SignalType } from '../../src/analytics/retriever-signals.ts';
import { migrateWarehouse } from '../../src/clickhouse/migrate-warehouse.ts';
import { openWarehouse } from '../../src/clickhouse/open-warehouse.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import type { Retriever } from '../../src/retrievers/retriever.ts';
import { createClickHouseRolloutFigures } from '../../src/rollouts/rollout-figures.clickhouse.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { silentLogger } from '../fixtures/postgres.ts';
import { fillLog, logShape } from './analytics-log.ts';
import { percentile, type Measurement } from './benchmark.ts';

const parameters = { interactions: 10_000_000, searches: 5_000_000, ...logShape, measured: 50, warmUp: 5 };
const HOUR_MS = 3_600_000;

/** How soon analytics answer over a log of 10 million interactions, of which a twentieth is the retriever's that is asked about. */
export async function benchmarkAnalytics(say: (line: string) => void): Promise<Measurement> {
  const directory = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  // filling takes longer than any request of a server
  const warehouse = await openWarehouse({ url: null, directory, logger: silentLogger, requestTimeoutMs: 600_000 });
  try {
    await migrateWarehouse(warehouse, silentLogger);
    const retrieverIds = Array.from({ length: parameters.retrievers }, () => randomUUID());
    const fillMs = await fillLog(warehouse, retrieverIds, parameters, say);
    const rows = [];
    for (const [query, ask] of analyticsQuestions(warehouse, retrieverIds[0]!)) rows.push(await measure(query, ask));
    return { parameters: { ...parameters, fillSeconds: Math.round(fillMs / 1_000) }, rows };
  } finally {
    await warehouse.close();
    await rm(directory, { recursive: true, force: true });
  }
}

type Question = [query: string, ask: () => Promise<unknown>];

export function analyticsQuestions(warehouse: Warehouse, retrieverId: string): Question[] {
  const deps: AnalyticsDeps = {
    analytics: createClickHouseAnalyticsStore(warehouse),
    retrievers: { get: () => Promise.resolve([{ id: retrieverId } as Retriever]) },
    clock: systemClock,
  };
  const figures = createClickHouseRolloutFigures(warehouse);
  const signals = (signalType: SignalType, more: object = {}) =>
    retrieverSignals(deps, 'n', { retrieverId, signalType, hours: 168, segment: null, userId: null, ...more });
  const performance = async (hours: number, segment: string | null = null) => {
    const one = await retrieverPerformance(deps, 'n', { retrieverId, hours, segment });
    const parts = Object.values(one).filter((part) => typeof part === 'function');
    await Promise.all(parts.map((part: () => Promise<unknown>) => part()));
  };
  const summary = async (hours: number) =>
    (await retrieverPerformance(deps, 'n', { retrieverId, hours, segment: null })).summary();
  return [
    ['retrieverPerformance, its rates, 24 hours', () => summary(24)],
    ['retrieverPerformance, its rates, 30 days', () => summary(720)],
    ['retrieverPerformance, all of it, 24 hours', () => performance(24)],
    ['retrieverPerformance, all of it, 7 days', () => performance(168)],
    ['retrieverPerformance, all of it, 30 days', () => performance(720)],
    ['retrieverPerformance, all of it, 7 days of a segment', () => performance(168, 'segment-1')],
    ['LEARNED_WEIGHTS, 7 days', () => signals('LEARNED_WEIGHTS')],
    ['LEARNED_WEIGHTS, 7 days of a user', () => signals('LEARNED_WEIGHTS', { userId: 'user-20' })],
    ['LEARNED_WEIGHTS, 30 days', () => signals('LEARNED_WEIGHTS', { hours: 720 })],
    ['INTERACTIONS, 7 days', () => signals('INTERACTIONS')],
    ['INTERACTIONS, 7 days of a user', () => signals('INTERACTIONS', { userId: 'user-20' })],
    ['LATENCY, 7 days', () => signals('LATENCY')],
    ['ZERO_RESULTS, 7 days', () => signals('ZERO_RESULTS')],
    [
      'guardrail figures, 60 minutes',
      () => figures.figures(retrieverId, { since: systemClock.now() - HOUR_MS, fromRevision: 1 }),
    ],
    ['sample ratio', () => figures.units(retrieverId, 1)],
    ['shadow report, 7 days', () => figures.shadow(retrieverId, systemClock.now() - 168 * HOUR_MS)],
  ];
}

async function measure(query: string, ask: () => Promise<unknown>): Promise<Record<string, string | number>> {
  const durationsMs: number[] = [];
  for (let i = 0; i < parameters.warmUp + parameters.measured; i++) {
    const startedAt = performance.now();
    await ask();
    if (i >= parameters.warmUp) durationsMs.push(performance.now() - startedAt);
  }
  return { query, p50Ms: percentile(durationsMs, 50), p95Ms: percentile(durationsMs, 95) };
}
