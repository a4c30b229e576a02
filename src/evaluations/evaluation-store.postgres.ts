import { v7 as uuidv7 } from 'uuid';
import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { Lesson } from '../learning/warm-start.ts';
import type { Database } from '../postgres/database.ts';
import { invariant } from '../shared/invariant.ts';
import { isUuid } from '../shared/uuid.ts';
import type { EvaluationStore } from './evaluation-store.ts';
import type { Evaluation, EvaluationStatus, QueryResult } from './evaluation.ts';
import type { FrozenWeights } from './frozen-weights.ts';
import type { MetricsAtK } from './ranking-metrics.ts';

interface EvaluationRow {
  id: string;
  namespace_id: string;
  dataset_id: string;
  dataset_version: number;
  retriever_id: string;
  retriever_version: number;
  fusion: FusionMethod | null;
  k_values: number[];
  hit_limit: number;
  held_out_only: boolean;
  status: EvaluationStatus;
  weight_version: string | null;
  query_count: number;
  done_count: number;
  failed_count: number;
  took_ms: number;
  metrics: MetricsAtK[] | null;
  error: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

/** All but the frozen weights, which may be many: only a runner needs them. */
const COLUMNS = `id, namespace_id, dataset_id, dataset_version, retriever_id, retriever_version, fusion, k_values,
  hit_limit, held_out_only, status, weight_version, query_count, done_count, failed_count, took_ms, metrics, error,
  created_at, started_at, finished_at`;

const OURS = `id = $1 and runner = $2 and status = 'RUNNING'`;

/** Of two runners that look at once, the second skips what the first has locked. */
const CLAIM = `
  update evaluations
  set status = 'RUNNING', runner = $1, lease_until = now() + make_interval(secs => $2), attempts = attempts + 1
  where id = (
    select id from evaluations
    where status in ('QUEUED', 'RUNNING') and (lease_until is null or lease_until < now())
    order by id limit 1 for update skip locked
  )
  returning ${COLUMNS}, frozen_weights, attempts`;

/** One statement, so that the count is of the results that are there. */
const SAVE = `
  with ours as (
    update evaluations
    set lease_until = now() + make_interval(secs => $8), attempts = 0, done_count = done_count + 1,
      failed_count = failed_count + (case when $6::text is null then 0 else 1 end), took_ms = took_ms + $7
    where ${OURS} and not exists (select from evaluation_results where evaluation_id = $1 and position = $3)
    returning ${COLUMNS}
  ), saved as (
    insert into evaluation_results (evaluation_id, position, ranking, metrics, error, took_ms, lesson)
    select id, $3, $4::text[], $5::jsonb, $6, $7, $9::jsonb from ours
  )
  select * from ours`;

export function createPostgresEvaluationStore(database: Database): EvaluationStore {
  const select = async (sql: string, values: readonly unknown[]) =>
    (await database.query<EvaluationRow>(sql, values)).map(toEvaluation);
  const one = async (sql: string, values: readonly unknown[]) => (await select(sql, values))[0] ?? null;
  return {
    ...runnersPart(database, one),

    async create(namespaceId, spec) {
      const sql = `
        insert into evaluations (id, namespace_id, dataset_id, dataset_version, retriever_id, retriever_version, fusion,
          k_values, hit_limit, held_out_only, status, query_count)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'QUEUED', $11) returning ${COLUMNS}`;
      const { datasetId, datasetVersion, retrieverId, retrieverVersion, fusion } = spec;
      const names = [uuidv7(), namespaceId, datasetId, datasetVersion, retrieverId, retrieverVersion, fusion];
      const created = await one(sql, [...names, spec.kValues, spec.limit, spec.heldOutOnly, spec.queryCount]);
      invariant(created, 'an insert returns its row');
      return created;
    },

    async get(namespaceId, ids) {
      const valid = ids.filter(isUuid);
      if (valid.length === 0) return [];
      const sql = `select ${COLUMNS} from evaluations where namespace_id = $1 and id = any($2::uuid[])`;
      return select(sql, [namespaceId, valid]);
    },

    async list(namespaceId, { retrieverId, datasetId }, { limit, after }) {
      if ([retrieverId, datasetId].some((id) => id !== null && !isUuid(id))) return { items: [], hasNextPage: false };
      const sql = `
        select ${COLUMNS} from evaluations
        where namespace_id = $1 and ($2::uuid is null or id < $2) and ($3::uuid is null or retriever_id = $3)
          and ($4::uuid is null or dataset_id = $4)
        order by id desc limit $5`;
      const found = await select(sql, [namespaceId, after, retrieverId, datasetId, limit + 1]);
      return { items: found.slice(0, limit), hasNextPage: found.length > limit };
    },

    async countOpen(namespaceId) {
      const sql = `select count(*) as open from evaluations where namespace_id = $1 and status in ('QUEUED', 'RUNNING')`;
      const [row] = await database.query<{ open: number }>(sql, [namespaceId]);
      return row?.open ?? 0;
    },

    async results(evaluationId) {
      const sql = `
        select position, ranking, metrics, error, took_ms from evaluation_results
        where evaluation_id = $1 order by position`;
      const rows = await database.query<Omit<QueryResult, 'tookMs'> & { took_ms: number }>(sql, [evaluationId]);
      return rows.map(({ took_ms: tookMs, ...result }) => ({ ...result, tookMs }));
    },

    async lessons(evaluationId) {
      const sql = `
        select lesson from evaluation_results
        where evaluation_id = $1 and lesson is not null order by position`;
      return (await database.query<{ lesson: Lesson }>(sql, [evaluationId])).map(({ lesson }) => lesson);
    },

    async cancel(namespaceId, id) {
      if (!isUuid(id)) return null;
      const sql = `
        update evaluations set status = 'CANCELLED', finished_at = now()
        where namespace_id = $1 and id = $2 and status in ('QUEUED', 'RUNNING') returning ${COLUMNS}`;
      return one(sql, [namespaceId, id]);
    },
  };
}

type RunnersPart = Pick<EvaluationStore, 'claim' | 'begin' | 'save' | 'complete' | 'release' | 'fail' | 'releaseAll'>;

function runnersPart(
  database: Database,
  one: (sql: string, values: readonly unknown[]) => Promise<Evaluation | null>,
): RunnersPart {
  return {
    async claim(runner, leaseMs) {
      type Row = EvaluationRow & { frozen_weights: FrozenWeights | null; attempts: number };
      const [row] = await database.query<Row>(CLAIM, [runner, leaseMs / 1_000]);
      if (row === undefined) return null;
      return { evaluation: toEvaluation(row), frozen: row.frozen_weights, attempts: row.attempts };
    },

    begin: (id, runner, frozen) =>
      one(
        `update evaluations set started_at = coalesce(started_at, now()), frozen_weights = $3, weight_version = $4
         where ${OURS} returning ${COLUMNS}`,
        [id, runner, frozen === null ? null : JSON.stringify(frozen), frozen?.version ?? null],
      ),

    async save(id, runner, { position, ranking, metrics, error, tookMs, lesson }, leaseMs) {
      const values = [id, runner, position, ranking, JSON.stringify(metrics), error, tookMs, leaseMs / 1_000];
      return one(SAVE, [...values, lesson === null ? null : JSON.stringify(lesson)]);
    },

    complete: (id, runner, metrics) =>
      one(
        `update evaluations set status = 'COMPLETED', metrics = $3, finished_at = now() where ${OURS} returning ${COLUMNS}`,
        [id, runner, JSON.stringify(metrics)],
      ),

    release: (id, runner, retryInMs) =>
      one(
        `update evaluations set runner = null, lease_until = now() + make_interval(secs => $3)
         where ${OURS} returning ${COLUMNS}`,
        [id, runner, retryInMs / 1_000],
      ),

    fail: (id, runner, error) =>
      one(
        `update evaluations set status = 'FAILED', error = $3, finished_at = now() where ${OURS} returning ${COLUMNS}`,
        [id, runner, error],
      ),

    async releaseAll() {
      await database.query(`update evaluations set runner = null, lease_until = null where status = 'RUNNING'`);
    },
  };
}

function toEvaluation(row: EvaluationRow): Evaluation {
  return {
    id: row.id,
    namespaceId: row.namespace_id,
    datasetId: row.dataset_id,
    datasetVersion: row.dataset_version,
    retrieverId: row.retriever_id,
    retrieverVersion: row.retriever_version,
    fusion: row.fusion,
    kValues: row.k_values,
    limit: row.hit_limit,
    heldOutOnly: row.held_out_only,
    status: row.status,
    weightVersion: row.weight_version,
    queryCount: row.query_count,
    doneCount: row.done_count,
    failedCount: row.failed_count,
    tookMs: row.took_ms,
    metrics: row.metrics,
    error: row.error,
    createdAt: row.created_at.getTime(),
    startedAt: row.started_at?.getTime() ?? null,
    finishedAt: row.finished_at?.getTime() ?? null,
  };
}
