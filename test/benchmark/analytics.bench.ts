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
import { percentile, type Measurement } from './benchmark.ts';

const parameters = {
  ...{ interactions: 10_000_000, searches: 5_000_000, days: 30, retrievers: 20, segments: 5, users: 100_000 },
  ...{ features: 4, insertRows: 50_000, measured: 50, warmUp: 5 },
};
const HOUR_MS = 3_600_000;

/** How soon analytics answer over a log of 10 million interactions, of which a twentieth is the retriever's that is asked about. */
export async function benchmarkAnalytics(say: (line: string) => void): Promise<Measurement> {
  const directory = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  // filling takes longer than any request of a server
  const warehouse = await openWarehouse({ url: null, directory, logger: silentLogger, requestTimeoutMs: 600_000 });
  try {
    await migrateWarehouse(warehouse, silentLogger);
    const retrieverIds = Array.from({ length: parameters.retrievers }, () => randomUUID());
    const fillMs = await fill(warehouse, retrieverIds, say);
    const rows = [];
    for (const [query, ask] of questions(warehouse, retrieverIds[0]!)) rows.push(await measure(query, ask));
    return { parameters: { ...parameters, fillSeconds: Math.round(fillMs / 1_000) }, rows };
  } finally {
    await warehouse.close();
    await rm(directory, { recursive: true, force: true });
  }
}

type Question = [query: string, ask: () => Promise<unknown>];

function questions(warehouse: Warehouse, retrieverId: string): Question[] {
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

/** Through the same tables and views as the relay's batches, made by the engine itself. @returns how long it took */
async function fill(warehouse: Warehouse, retrieverIds: readonly string[], say: (line: string) => void) {
  const startedAt = performance.now();
  const { searches, interactions, insertRows } = parameters;
  const now = Math.floor(Date.now() / 1_000);
  for (let from = 0; from < interactions; from += insertRows) {
    const common = { from, retrievers: retrieverIds, now };
    const count = (total: number) => Math.max(0, Math.min(insertRows, total - from));
    await insert(warehouse, SEARCHES, { ...common, total: searches, rows: count(searches) });
    await insert(warehouse, OUTCOMES, { ...common, total: searches, rows: count(searches) });
    await insert(warehouse, INTERACTIONS, { ...common, total: interactions, rows: count(interactions) });
    if ((from / insertRows) % 20 === 19) say(`  ${from + insertRows} interactions`);
  }
  return performance.now() - startedAt;
}

interface Filling extends Record<string, unknown> {
  rows: number;
}

async function insert(warehouse: Warehouse, query: string, params: Filling): Promise<void> {
  if (params.rows === 0) return;
  await warehouse.client.command({
    query,
    query_params: params,
    clickhouse_settings: {
      ...{ insert_deduplicate: 0, wait_end_of_query: 1, max_insert_threads: '1' },
      min_insert_block_size_rows: String(parameters.insertRows),
    },
  });
}

/** Everything of a row follows from its number, by hashes that have nothing to do with each other. */
const dice = (name: string, sides: number) => `cityHash64(number, '${name}') % ${sides}`;
const RETRIEVER = `{retrievers:Array(UUID)}[${dice('retriever', parameters.retrievers)} + 1]`;
/** Rows come in the order of their time, as they do in life. */
const SECONDS_AGO = `intDiv(({total:UInt64} - number) * ${parameters.days * 86_400}, {total:UInt64} + 1)`;
const AT = `fromUnixTimestamp64Milli((toInt64({now:UInt32}) - ${SECONDS_AGO}) * 1000)`;
const SEGMENT = `concat('segment-', toString(${dice('segment', parameters.segments)}))`;
const USER = `concat('user-', toString(${dice('user', parameters.users)}))`;
const NUMBERS = 'FROM numbers({from:UInt64}, {rows:UInt64})';
const ARM = `['LEARNED', 'LEARNED', 'STATIC', 'CONTROL'][${dice('arm', 4)} + 1]`;
const REASON = `['ROLLED_OUT', 'ROLLED_OUT', 'NOT_ROLLED_OUT', 'CONTROL_GROUP'][${dice('arm', 4)} + 1]`;
const FEATURE_NUMBERS = Array.from({ length: parameters.features }, (_, n) => n);
const URIS = `[${FEATURE_NUMBERS.map((n) => `'bench://feature@v1/${n}'`).join(', ')}]`;
const eachFeature = (value: (n: number) => string) => `[${FEATURE_NUMBERS.map(value).join(', ')}]`;
const MS = `(5 + ${dice('ms', 10_000)} / 200)`;

const SEARCHES = `
  INSERT INTO executions (execution_id, namespace_id, retriever_id, retriever_version, user_id, session_id, segment,
    fusion, context_level, weight_version, seed, executed_at, hit_count, total_ms, record, arm, rollout_reason,
    rollout_revision, query, embedding_ms, fusion_ms, sampling_ms, features, feature_ms, feature_candidates,
    feature_hits, feature_shares, feature_weights, feature_means, shadow_overlaps, shadow_correlation)
  SELECT toUUID(concat(leftPad(hex(number), 8, '0'), '-0000-7000-8000-000000000000')), generateUUIDv4(0), ${RETRIEVER},
    1, ${USER}, '', ${SEGMENT}, 'LEARNED', if(${ARM} = 'LEARNED', ['PERSONAL', 'DEMOGRAPHIC', 'GLOBAL'][${dice('level', 3)} + 1], ''),
    1, '', ${AT}, if(${dice('empty', 50)} = 0, 0, 25), ${MS}, '', ${ARM}, ${REASON}, 1,
    concat('query ', toString(${dice('query', 20_000)})), 2, 0.4, 0.1, ${URIS}, ${eachFeature((n) => `${MS} / ${n + 2}`)},
    ${eachFeature(() => '100')}, ${eachFeature((n) => String(20 - 4 * n))}, ${eachFeature(() => '0.25')},
    ${eachFeature((n) => `${dice(`w${n}`, 100)} / 200`)}, ${eachFeature(() => '0.25')}, [1, 0.7, 0.6, 0.6], 0.5
  ${NUMBERS}`;

const OUTCOMES = `
  INSERT INTO outcome_minutes (retriever_id, minute, arm, reason, revision, segment, clicked, interacted, penalised,
    reciprocal_ranks, clicks, clicks_at, shadow_clicks, shadow_found, served_positions, shadow_positions,
    shadow_higher, shadow_lower)
  SELECT ${RETRIEVER}, toStartOfMinute(${AT}), ${ARM}, ${REASON}, 1, ${SEGMENT}, 1, 1, 0,
    1 / (${dice('position', 20)} + 1), 1, (CAST([${dice('position', 20)}], 'Array(UInt16)'), CAST([1], 'Array(Int64)')),
    1, 1, 1, 1, 0, 0
  ${NUMBERS} WHERE ${dice('clicked', 3)} = 0`;

const INTERACTIONS = `
  INSERT INTO interactions (interaction_id, namespace_id, retriever_id, execution_id, document_id, position, types,
    metadata, user_id, session_id, segment, occurred_at, received_at)
  SELECT generateUUIDv4(1), generateUUIDv4(0), ${RETRIEVER}, generateUUIDv4(2), toString(${dice('document', 50_000)}),
    ${dice('position', 20)}, [['CLICK', 'PURCHASE', 'VIEW', 'SKIP'][${dice('type', 4)} + 1]], '{}', ${USER}, '',
    ${SEGMENT}, ${AT}, ${AT}
  ${NUMBERS}`;
