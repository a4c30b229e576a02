import type { OutcomeDelta } from '../analytics/search-outcome.ts';
import type { PosteriorDelta } from '../learning/posterior-store.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { issuedAt } from '../search/execution-id.ts';
import type { Attributable } from '../search/attributable.ts';
import { fromRecord, type Execution } from '../search/execution.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { loadAttributables } from './attributables.postgres.ts';
import { creditExecutions, type Earned } from './credit-executions.postgres.ts';
import { interactionColumns, toInteraction, type InteractionRow } from './interaction-row.postgres.ts';
import type { Interaction } from './interaction.ts';
import type { Attribute, Outbox, OutboxBatch, PrepareAttribution } from './outbox.ts';
import { holdGenerations, readGenerations } from './posterior-generation.postgres.ts';
import type { Generations } from './posterior-generation.ts';

export interface PostgresOutboxOptions {
  clock: Clock;
  /** A fresh UUIDv7. */
  newId: () => string;
  logger: Logger;
  /**
   * After so long a relay that has not finished its batch is taken for dead, and another sends it. Were it alive after
   * all, the same rows would be sent twice under one token, which adds nothing. Default 30 s.
   */
  leaseMs?: number;
}

/** Executions are big and nobody waits for them: they take this share of a batch's places, or of one where somebody waits for the rest. */
const EXECUTION_SHARE = { alone: 1 / 4, besideInteractions: 1 / 20 };

/** The batch as it is written down; see OutboxBatch. */
interface Payload {
  executionIds: string[];
  interactionIds: string[];
  deltas: readonly PosteriorDelta[];
  /** Absent from batches that were written down before there were outcomes. */
  searchOutcomes?: readonly OutcomeDelta[];
  /** Of a batch that was put aside: its events themselves, since Postgres may have swept them. */
  replayed?: { executions: Execution[]; interactions: Interaction[] };
}

/** Events that wait, with all that sending them takes. None of it changes any more, so it is read before the transaction. */
interface Waiting {
  rows: readonly { id: number; kind: string; ref: string }[];
  interactions: readonly Interaction[];
  executions: ReadonlyMap<string, Execution>;
  /** The executions that the interactions are about. */
  touched: ReadonlyMap<string, Attributable>;
}

export function createPostgresOutbox(db: Database, options: PostgresOutboxOptions): Outbox {
  const { clock, leaseMs = 30_000 } = options;
  return {
    async claim(limit, prepare) {
      const leftBehind = await takeOver(db, clock.now(), leaseMs);
      return leftBehind ?? takeNew(db, limit, prepare, { ...options, leaseMs });
    },

    async reclaim() {
      await db.query('update outbox_batches set due_at = $1 where due_at > $1', [new Date(clock.now())]);
    },

    async complete(batchId) {
      await db.query('delete from outbox_batches where id = $1', [batchId], { prepare: true });
    },

    async release(batchId, error, retryInMs) {
      await db.query('update outbox_batches set due_at = $2, last_error = $3 where id = $1', [
        batchId,
        new Date(clock.now() + retryInMs),
        error,
      ]);
    },

    async bury(batchId, error) {
      const [row] = await db.query<{ payload: Payload }>('select payload from outbox_batches where id = $1', [batchId]);
      if (row === undefined) return;
      const { executions, interactions, deltas, searchOutcomes } = await load(db, batchId, row.payload, 0);
      await db.query(
        `with gone as (delete from outbox_batches where id = $1 returning id, attempts)
         insert into outbox_dead (id, payload, attempts, error) select id, $2::jsonb, attempts + 1, $3 from gone`,
        [batchId, JSON.stringify({ executions, interactions, deltas, searchOutcomes }), error],
      );
    },

    async backlog() {
      const [row] = await db.query<{ depth: number; oldest_batched: Date | null; first_waiting: string[] }>(BACKLOG);
      const times = row?.first_waiting.map(issuedAt) ?? [];
      if (row?.oldest_batched) times.push(row.oldest_batched.getTime());
      return { depth: Number(row?.depth ?? 0), oldestAt: times.length === 0 ? null : Math.min(...times) };
    },
  };
}

/** What an event refers to is a UUIDv7 and so tells its age. */
const BACKLOG = `
  select (select count(*) from outbox) + (select coalesce(sum(depth), 0) from outbox_batches)::bigint as depth,
    (select min(oldest_at) from outbox_batches) as oldest_batched,
    array((select ref::text from outbox where kind = 'interaction' order by id limit 1)
      union all (select ref::text from outbox where kind = 'execution' order by id limit 1)) as first_waiting`;

/** A batch whose relay died or gave it back, the oldest first. */
async function takeOver(db: Database, now: number, leaseMs: number): Promise<OutboxBatch | null> {
  const [row] = await db.query<{ id: string; payload: Payload; attempts: number }>(
    `update outbox_batches set due_at = $2, attempts = attempts + 1
     where id = (select id from outbox_batches where due_at <= $1 order by seq limit 1 for update skip locked)
     returning id, payload, attempts`,
    [new Date(now), new Date(now + leaseMs)],
    { prepare: true },
  );
  return row === undefined ? null : load(db, row.id, row.payload, row.attempts);
}

async function load(db: Queryable, id: string, payload: Payload, attempts: number): Promise<OutboxBatch> {
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
  return toBatch(id, [...executions.values()], interactions, { deltas, searchOutcomes }, attempts);
}

async function takeNew(
  db: Database,
  limit: number,
  prepare: PrepareAttribution,
  options: Required<PostgresOutboxOptions>,
): Promise<OutboxBatch | null> {
  for (;;) {
    const waiting = await findWaiting(db, limit);
    if (waiting === null) return null;
    const credited = [...waiting.touched.values()];
    const retrieverIds = [...new Set(credited.map(({ retrieverId }) => retrieverId))];
    const generations = await readGenerations(db, retrieverIds);
    const attribute = await prepare(credited, generations);
    const taken = await db.transaction(async (tx) =>
      (await holdGenerations(tx, generations, retrieverIds))
        ? take(tx, waiting, { attribute, generations }, options)
        : 'look again',
    );
    if (taken !== 'look again') return taken;
  }
}

/** Null where nothing waits. */
async function findWaiting(db: Queryable, limit: number): Promise<Waiting | null> {
  const [interactions, executions] = await Promise.all([
    db.query<Held & InteractionRow>(WAITING_INTERACTIONS, [limit], { prepare: true }),
    db.query<Held & { record: Execution | null }>(
      WAITING_EXECUTIONS,
      [Math.ceil(limit * EXECUTION_SHARE.besideInteractions), Math.ceil(limit * EXECUTION_SHARE.alone)],
      { prepare: true },
    ),
  ]);
  if (interactions.length + executions.length === 0) return null;
  const stored = interactions.filter(({ id }) => id !== null).map(toInteraction);
  return {
    rows: [...interactions.map(heldAs('interaction')), ...executions.map(heldAs('execution'))],
    interactions: stored,
    executions: new Map(
      executions.flatMap(({ record }) => (record === null ? [] : [[record.id, fromRecord(record)] as const])),
    ),
    touched: await loadAttributables(db, executionsOf(stored)),
  };
}

/** A row of the outbox; what it refers to beside it, null where that was erased. */
interface Held {
  outbox_id: number;
  ref: string;
}

const WAITING_INTERACTIONS = `
  select * from (select id as outbox_id, ref from outbox where kind = 'interaction' order by id limit $1) o
    left join lateral (select ${interactionColumns} from interactions where id = o.ref) i on true
  order by outbox_id`;

const WAITING_EXECUTIONS = `
  select o.outbox_id, o.ref, e.record from (
    select id as outbox_id, ref from outbox where kind = 'execution' order by id
      limit (select case when exists (select from outbox where kind = 'interaction') then $1::int else $2::int end)) o
    left join executions e on e.id = o.ref
  order by o.outbox_id`;

function heldAs(kind: 'interaction' | 'execution') {
  return ({ outbox_id: id, ref }: Held) => ({ id, kind, ref });
}

/** Moves what nobody else took in the meantime into a batch of ours. Null where all of it was taken. */
async function take(
  tx: Queryable,
  waiting: Waiting,
  ruling: { attribute: Attribute; generations: Generations },
  { clock, newId, leaseMs, logger }: Required<PostgresOutboxOptions>,
): Promise<OutboxBatch | null | 'look again'> {
  const taken = await removeFromOutbox(tx, waiting.rows);
  if (taken.length === 0) return null;
  const refs = new Set(refsOf(taken, 'interaction'));
  const interactions = waiting.interactions.filter(({ id }) => refs.has(id));
  const executions = refsOf(taken, 'execution').flatMap((id) => waiting.executions.get(id) ?? []);
  if (interactions.length + executions.length === 0) return 'look again';

  const touched = executionsOf(interactions).flatMap((id) => waiting.touched.get(id) ?? []);
  const { earned } = await creditExecutions(tx, touched, { ...ruling, logger });
  const batch = toBatch(newId(), executions, interactions, earned, 0);
  const payload: Payload = {
    executionIds: batch.executions.map(({ id }) => id),
    interactionIds: batch.interactions.map(({ id }) => id),
    ...earned,
  };
  const oldestAt = Math.min(
    ...executions.map(({ executedAt }) => executedAt),
    ...interactions.map(({ receivedAt }) => receivedAt),
  );
  await tx.query(
    'insert into outbox_batches (id, payload, depth, oldest_at, due_at) values ($1, $2::jsonb, $3, $4, $5)',
    [
      batch.id,
      JSON.stringify(payload),
      executions.length + interactions.length,
      new Date(oldestAt),
      new Date(clock.now() + leaseMs),
    ],
    { prepare: true },
  );
  return batch;
}

function removeFromOutbox(tx: Queryable, rows: Waiting['rows']): Promise<{ kind: string; ref: string }[]> {
  return tx.query(
    `delete from outbox where (kind, id) in (
       select kind, id from outbox where (kind, id) in (select * from unnest($1::text[], $2::bigint[]))
       for update skip locked)
     returning kind, ref`,
    [rows.map(({ kind }) => kind), rows.map(({ id }) => id)],
    { prepare: true },
  );
}

async function loadInteractions(db: Queryable, ids: readonly string[]): Promise<Interaction[]> {
  if (ids.length === 0) return [];
  const rows = await db.query<InteractionRow>(
    `select ${interactionColumns} from interactions where id = any($1::uuid[])`,
    [ids],
  );
  return rows.map(toInteraction);
}

async function loadExecutions(db: Queryable, ids: readonly string[]): Promise<Map<string, Execution>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<{ record: Execution }>('select record from executions where id = any($1::uuid[])', [ids]);
  return new Map(rows.map(({ record }) => [record.id, fromRecord(record)]));
}

/** The ids of the executions that they are about, in order. */
function executionsOf(interactions: readonly Interaction[]): string[] {
  return [...new Set(interactions.map(({ executionId }) => executionId).filter((id) => id !== null))].sort();
}

function refsOf(rows: readonly { kind: string; ref: string }[], kind: 'execution' | 'interaction'): string[] {
  return rows.filter((row) => row.kind === kind).map(({ ref }) => ref);
}

function toBatch(
  id: string,
  executions: readonly Execution[],
  interactions: readonly Interaction[],
  earned: Earned,
  attempts: number,
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

function sortById<Item extends { id: string }>(items: readonly Item[]): Item[] {
  return [...items].sort((one, other) => (one.id < other.id ? -1 : 1));
}
