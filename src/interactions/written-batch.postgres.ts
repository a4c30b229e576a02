import type { OutcomeDelta } from '../analytics/search-outcome.ts';
import type { PosteriorDelta } from '../learning/posterior-store.ts';
import type { Queryable } from '../postgres/database.ts';
import { fromRecord, type Execution } from '../search/execution.ts';
import type { Earned } from './credit-executions.postgres.ts';
import { interactionColumns, toInteraction, type InteractionRow } from './interaction-row.postgres.ts';
import type { Interaction } from './interaction.ts';
import type { OutboxBatch } from './outbox.ts';

/** A batch as it is written down; see OutboxBatch. */
export interface Payload {
  executionIds: string[];
  interactionIds: string[];
  deltas: readonly PosteriorDelta[];
  /** Absent from batches that were written down before there were outcomes. */
  searchOutcomes?: readonly OutcomeDelta[];
  /** Of a batch that was put aside: its events themselves, since Postgres may have swept them. */
  replayed?: { executions: Execution[]; interactions: Interaction[] };
}

/** @param seq its place among the others; absent: behind all of them */
export async function writeDown(tx: Queryable, batch: OutboxBatch, dueAt: number, seq?: number): Promise<void> {
  const { id, executions, interactions, deltas, searchOutcomes } = batch;
  const payload: Payload = {
    executionIds: executions.map(({ id }) => id),
    interactionIds: interactions.map(({ id }) => id),
    ...{ deltas, searchOutcomes },
  };
  const oldestAt = Math.min(
    ...executions.map(({ executedAt }) => executedAt),
    ...interactions.map(({ receivedAt }) => receivedAt),
  );
  await tx.query(
    `insert into outbox_batches (id, payload, depth, oldest_at, teaches, due_at, seq) overriding system value
     values ($1, $2::jsonb, $3, $4, $5, $6, coalesce($7, nextval(pg_get_serial_sequence('outbox_batches', 'seq'))))`,
    [
      ...[id, JSON.stringify(payload), executions.length + interactions.length],
      ...[new Date(oldestAt), deltas.length > 0, new Date(dueAt), seq ?? null],
    ],
    { prepare: true },
  );
}

/** The batch that was written down, with its events. */
export async function readBatch(db: Queryable, id: string, payload: Payload, attempts: number): Promise<OutboxBatch> {
  const { deltas, searchOutcomes = [], replayed } = payload;
  if (replayed !== undefined) {
    const executions = replayed.executions.map(fromRecord);
    const batch = toBatch(id, executions, replayed.interactions, { deltas, searchOutcomes }, attempts);
    return { ...batch, replayed: true };
  }
  const [executions, interactions] = await Promise.all([
    loadExecutions(db, payload.executionIds),
    loadInteractions(db, payload.interactionIds),
  ]);
  return toBatch(id, executions, interactions, { deltas, searchOutcomes }, attempts);
}

export function toBatch(
  id: string,
  executions: readonly Execution[],
  interactions: readonly Interaction[],
  earned: Earned,
  attempts = 0,
): OutboxBatch {
  const namespaceIds = [...new Set([...executions, ...interactions].map(({ namespaceId }) => namespaceId))];
  return {
    id,
    namespaceIds,
    executions: sortById(executions),
    interactions: sortById(interactions),
    ...earned,
    attempts,
  };
}

async function loadInteractions(db: Queryable, ids: readonly string[]): Promise<Interaction[]> {
  if (ids.length === 0) return [];
  const rows = await db.query<InteractionRow>(
    `select ${interactionColumns} from interactions where id = any($1::uuid[])`,
    [ids],
  );
  return rows.map(toInteraction);
}

async function loadExecutions(db: Queryable, ids: readonly string[]): Promise<Execution[]> {
  if (ids.length === 0) return [];
  const rows = await db.query<{ record: Execution }>('select record from executions where id = any($1::uuid[])', [ids]);
  return rows.map(({ record }) => fromRecord(record));
}

function sortById<Item extends { id: string }>(items: readonly Item[]): Item[] {
  return [...items].sort((one, other) => (one.id < other.id ? -1 : 1));
}
