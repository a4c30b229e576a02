import { ClickHouseError, type ClickHouseSettings } from '@clickhouse/client';
import { outcomeRow, summedColumns } from '../analytics/log-columns.clickhouse.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import { explainFailure } from '../clickhouse/warehouse-error.ts';
import { EVIDENCE_PREFIX } from '../learning/posterior-store.clickhouse.ts';
import type { PosteriorDelta } from '../learning/posterior-store.ts';
import type { Execution } from '../search/execution.ts';
import { RowsRefusedError, type EventLog } from './event-log.ts';
import type { Interaction } from './interaction.ts';
import { withoutLogged } from './logged-rows.clickhouse.ts';
import type { OutboxBatch } from './outbox.ts';

/**
 * Once per token, and whole: the rows of an insert stay in one block (an insert of several blocks could be cut off
 * between two), the materialised view checks the token for itself (so that a retry reaches a view that a crash left
 * behind its table), and the answer comes when all of it is done.
 */
export const INSERT_SETTINGS: ClickHouseSettings = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  async_insert: 0,
  wait_end_of_query: 1,
  max_insert_threads: '1',
  input_format_parallel_parsing: 0,
  // NaN is null in JSON: it must not become 0
  input_format_null_as_default: 0,
};

/** What ClickHouse answers when the rows are at fault, besides the CANNOT_PARSE… family. */
const ROWS_AT_FAULT = new Set([
  'ARGUMENT_OUT_OF_BOUND',
  'CANNOT_CONVERT_TYPE',
  'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
  'INCORRECT_DATA',
  'TOO_LARGE_STRING_SIZE',
  'TYPE_MISMATCH',
  'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
  'VIOLATED_CONSTRAINT',
]);

export function createClickHouseEventLog(warehouse: Warehouse): EventLog {
  // on a cluster two inserts into one table at once would only refuse each other: see clickhouse/cluster.ts
  const inTurn = warehouse.cluster === null ? atOnce : oneAfterAnother();

  return {
    teach: async (batch) => insert(batch, 'posterior_deltas', deltaRows(batch)),

    async append(given) {
      const batch = given.replayed ? await withoutLogged(warehouse, given) : given;
      const deltas = deltaRows(batch);
      // Lessons that were not taught before come last: who sees their version finds the events behind it, and where these are
      // refused they teach nothing.
      await allOf([
        insert(batch, 'executions', batch.executions.map(executionRow)),
        insert(batch, 'interactions', batch.interactions.map(interactionRow)),
        insert(batch, 'outcome_minutes', batch.searchOutcomes.map(outcomeRow)),
      ]);
      await insert(batch, 'posterior_deltas', deltas);
    },
  };

  async function insert(batch: OutboxBatch, table: string, rows: readonly object[]): Promise<void> {
    if (rows.length > 0) await inTurn(table, () => send(batch, table, rows));
  }

  async function send(batch: OutboxBatch, table: string, rows: readonly object[]): Promise<void> {
    try {
      await warehouse.client.insert({
        table,
        values: rows,
        format: 'JSONEachRow',
        clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: `${batch.id}:${table}` },
      });
    } catch (error) {
      throw isRowsFault(error)
        ? new RowsRefusedError(`ClickHouse refuses the rows for ${table}: ${error.message}`, { cause: error })
        : explainFailure(error);
    }
  }
}

type Work = () => Promise<void>;

function atOnce(_table: string, work: Work): Promise<void> {
  return work();
}

function oneAfterAnother(): (table: string, work: Work) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return (table, work) => {
    const done = (last.get(table) ?? Promise.resolve()).then(work);
    last.set(
      table,
      done.catch(() => undefined),
    );
    return done;
  };
}

/** A batch counts as refused only when everything else of it is in: then what is put aside lacks just what was refused. */
async function allOf(inserts: readonly Promise<void>[]): Promise<void> {
  const failures = (await Promise.allSettled(inserts)).flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  if (failures.length === 0) return;
  const refusals = failures.filter((failure) => failure instanceof RowsRefusedError);
  if (refusals.length < failures.length) throw failures.find((failure) => !(failure instanceof RowsRefusedError));
  throw new RowsRefusedError(refusals.map(({ message }) => message).join(' '), { cause: failures[0] });
}

function isRowsFault(error: unknown): error is ClickHouseError {
  if (!(error instanceof ClickHouseError)) return false;
  const type = error.type ?? '';
  return type.startsWith('CANNOT_PARSE') || ROWS_AT_FAULT.has(type);
}

function executionRow(execution: Execution): object {
  return {
    execution_id: execution.id,
    namespace_id: execution.namespaceId,
    retriever_id: execution.retrieverId,
    retriever_version: execution.retrieverVersion,
    user_id: execution.userId ?? '',
    session_id: execution.sessionId ?? '',
    segment: execution.segment ?? '',
    fusion: execution.fusion,
    context_level: execution.contextLevel ?? '',
    weight_version: Number(execution.weightVersion ?? 0),
    seed: execution.seed ?? '',
    executed_at: Math.round(execution.executedAt),
    hit_count: execution.hits.length,
    total_ms: execution.timing.totalMs,
    ...summedColumns(execution),
    record: JSON.stringify(execution),
  };
}

function interactionRow(interaction: Interaction): object {
  return {
    interaction_id: interaction.id,
    namespace_id: interaction.namespaceId,
    retriever_id: interaction.retrieverId,
    execution_id: interaction.executionId,
    document_id: interaction.documentId ?? '',
    position: interaction.position,
    types: interaction.interactionTypes,
    metadata: JSON.stringify(interaction.metadata),
    user_id: interaction.userId ?? '',
    session_id: interaction.sessionId ?? '',
    segment: interaction.segment ?? '',
    occurred_at: Math.round(interaction.occurredAt),
    received_at: Math.round(interaction.receivedAt),
    trains: interaction.trains,
  };
}

/**
 * A row an arm; one, with an empty feature URI, that counts the context's interactions and this batch, as rewards the
 * interactions by their growth and as failures how many that tells of; one of evidence.
 */
function deltaRows({ id, deltas }: OutboxBatch): object[] {
  return deltas.flatMap((delta) => {
    const context = {
      retriever_id: delta.retrieverId,
      level: delta.context.level,
      context_key: delta.context.key,
      half_life_hours: delta.decay.halfLifeHours,
      epoch: delta.decay.epoch,
      generation: delta.generation ?? 0,
      batch_id: id,
      ...(delta.changedAt !== undefined && { at: Math.round(delta.changedAt) }),
    };
    const count = {
      ...context,
      feature_uri: '',
      rewards: finite(delta.grown ?? 0, delta),
      failures: delta.grown === undefined ? 0 : finite(delta.interactions, delta),
      interactions: finite(delta.interactions, delta),
      batches: 1,
    };
    const arms = delta.arms.map(({ featureUri, rewards, failures }) => ({
      ...context,
      feature_uri: featureUri,
      rewards: finite(rewards, delta),
      failures: finite(failures, delta),
      interactions: 0,
      batches: 0,
    }));
    const evidence = {
      ...context,
      feature_uri: `${EVIDENCE_PREFIX}${delta.evidence.basis}`,
      rewards: 0,
      failures: 0,
      interactions: 0,
      batches: 0,
      evidence: delta.evidence.sums.map((sum) => finite(sum, delta)),
    };
    return [count, ...arms, evidence];
  });
}

/** A sum that NaN or infinity enters stays so for good. */
function finite(value: number, { retrieverId, context }: PosteriorDelta): number {
  if (Number.isFinite(value)) return value;
  throw new RowsRefusedError(`A delta of retriever ${retrieverId} at ${context.level} is ${value}.`);
}
