import { TupleParam } from '@clickhouse/client';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import { explainFailure } from '../clickhouse/warehouse-error.ts';
import { contextName } from './context.ts';
import { fadeOf, meanGrowth } from './decay.ts';
import type { ArmTotals, ContextTotals, PosteriorStore } from './posterior-store.ts';

/** What adding and taking back the same fractions leaves behind; no reward is as small. */
const DUST = 1e-9;
/** In place of a feature URI, in the row of the GLOBAL context that makes its generation the one that is read. */
export const PUBLISHED = '!';
/** Before the basis, in place of a feature URI, in rows that hold evidence. */
export const EVIDENCE_PREFIX = '#';

/**
 * One statement over one table that is not partitioned, so that version and totals come from the same state: a batch is
 * in both or in neither. The row with the version is asked for by the same pairs; a duplicate does no harm.
 */
const READ = `
  SELECT level, context_key, feature_uri, half_life_hours, epoch, generation,
    sum(rewards) AS rewards, sum(failures) AS failures, sum(interactions) AS interactions, sum(batches) AS batches,
    sumForEachMerge(evidence) AS evidence, toUnixTimestamp64Milli(max(changed_at)) AS changed_at
  FROM posteriors
  WHERE retriever_id = {retriever:UUID} AND (level, context_key) IN {contexts:Array(Tuple(String, String))}
  GROUP BY level, context_key, feature_uri, half_life_hours, epoch, generation`;

/** A row of READ; 64-bit integers arrive as strings. */
interface PosteriorRow {
  level: string;
  context_key: string;
  feature_uri: string;
  half_life_hours: number;
  epoch: number;
  generation: number;
  rewards: number;
  failures: number;
  interactions: string;
  batches: string;
  evidence: number[];
  changed_at: string;
}

export function createClickHousePosteriorStore(warehouse: Warehouse): PosteriorStore {
  return {
    async read(retrieverId, contexts, signal) {
      signal?.throwIfAborted();
      const pairs = [new TupleParam(['GLOBAL', '']), ...contexts.map(({ level, key }) => new TupleParam([level, key]))];
      const rows = await query(warehouse, { retriever: retrieverId, contexts: pairs }, signal);
      const global = rows.filter(({ level }) => level === 'GLOBAL');
      const published = global.filter(({ feature_uri: uri }) => uri === PUBLISHED).map((row) => row.generation);
      const generation = Math.max(0, ...published);
      const byContext = groupByContext(rows.filter((row) => row.generation === generation));
      // Of every half-life and generation that there ever was, so that it only grows.
      const version = global.reduce((sum, row) => sum + Number(row.batches), 0);
      return {
        version,
        totals: contexts.map((context) => toTotals(byContext.get(contextName(context)))),
      };
    },
  };
}

async function query(warehouse: Warehouse, params: Record<string, unknown>, signal: AbortSignal | undefined) {
  try {
    const result = await warehouse.client.query({
      query: READ,
      query_params: params,
      format: 'JSONEachRow',
      ...(signal && { abort_signal: signal }),
    });
    return await result.json<PosteriorRow>();
  } catch (error) {
    signal?.throwIfAborted();
    throw explainFailure(error);
  }
}

function groupByContext(rows: readonly PosteriorRow[]): Map<string, PosteriorRow[]> {
  const byContext = new Map<string, PosteriorRow[]>();
  for (const row of rows) {
    const name = contextName({ level: row.level, key: row.context_key });
    const group = byContext.get(name);
    if (group === undefined) byContext.set(name, [row]);
    else group.push(row);
  }
  return byContext;
}

/** Null for a context without a signal: none came, or all were taken back. */
function toTotals(rows: readonly PosteriorRow[] = []): ContextTotals | null {
  const changedAt = Math.max(0, ...rows.map((row) => Number(row.changed_at)));
  const arms = new Map<string, ArmTotals>();
  const evidence = new Map<string, number[]>();
  let interactions = 0;
  let faded = 0;
  for (const row of rows) {
    const fade = fadeOf({ halfLifeHours: row.half_life_hours, epoch: row.epoch }, changedAt);
    if (row.feature_uri === PUBLISHED) continue;
    if (row.feature_uri === '') {
      interactions += Number(row.interactions);
      faded += fade * grownOf(row, changedAt);
    } else if (row.feature_uri.startsWith(EVIDENCE_PREFIX)) addEvidence(evidence, row, fade);
    else addArm(arms, row, fade);
  }
  for (const [featureUri, { rewards, failures }] of arms) {
    arms.set(featureUri, { rewards: withoutDust(rewards), failures: withoutDust(failures) });
  }
  const hasSignal = [...arms.values()].some(({ rewards, failures }) => rewards > 0 || failures > 0);
  if (!hasSignal && interactions <= 0) return null;
  return {
    interactions: Math.max(0, interactions),
    ...(rows.some((row) => row.half_life_hours > 0) && { faded: Math.max(0, faded) }),
    changedAt,
    arms,
    evidence: [...evidence].map(([basis, sums]) => ({ basis, sums })),
  };
}

/** The interactions by their growth; those that were counted before it was kept, as if they had come evenly. */
function grownOf(row: PosteriorRow, changedAt: number): number {
  const unknown = Number(row.interactions) - row.failures;
  const stamp = { halfLifeHours: row.half_life_hours, epoch: row.epoch };
  return row.rewards + (unknown === 0 ? 0 : unknown * meanGrowth(stamp, changedAt));
}

function addArm(arms: Map<string, ArmTotals>, row: PosteriorRow, fade: number): void {
  const { rewards, failures } = arms.get(row.feature_uri) ?? { rewards: 0, failures: 0 };
  arms.set(row.feature_uri, { rewards: rewards + fade * row.rewards, failures: failures + fade * row.failures });
}

function addEvidence(evidence: Map<string, number[]>, row: PosteriorRow, fade: number): void {
  const basis = row.feature_uri.slice(EVIDENCE_PREFIX.length);
  const sums = evidence.get(basis) ?? row.evidence.map(() => 0);
  evidence.set(
    basis,
    sums.map((sum, index) => sum + fade * (row.evidence[index] ?? 0)),
  );
}

const withoutDust = (sum: number) => (sum < DUST ? 0 : sum);
