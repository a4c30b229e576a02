import type { Database, Queryable } from '../postgres/database.ts';
import type { Erasure, ErasureKind, ErasureStore, UserRows } from './erasure.ts';

interface ErasureRow {
  id: string;
  kind: ErasureKind;
  namespace_id: string;
  retriever_id: string | null;
  user_id: string;
  requested_at: Date;
  last_batch: number;
}

const COLUMNS = 'id, kind, namespace_id, retriever_id, user_id, requested_at, last_batch';

/** Personal posteriors are ClickHouse's. */
const POSTERIORS_HERE = 0;

export function createPostgresErasureStore(database: Database): ErasureStore {
  return {
    begin: (wish, leaseUntil) => database.transaction((tx) => begin(tx, wish, leaseUntil)),

    sweep: (erasure) => database.transaction((tx) => sweep(tx, erasure)),

    async isDrained({ lastBatch }) {
      const left = await database.query('select 1 from outbox_batches where seq <= $1 limit 1', [lastBatch]);
      return left.length === 0;
    },

    async retrieverIds({ namespaceId, retrieverId }) {
      const rows = await database.query<{ id: string }>(
        'select id from retrievers where namespace_id = $1 and ($2::uuid is null or id = $2)',
        [namespaceId, retrieverId],
      );
      return rows.map(({ id }) => id);
    },

    async remaining({ kind, namespaceId, userId, requestedAt }) {
      if (kind === 'preferences') return { interactions: 0, executions: 0, posteriors: POSTERIORS_HERE };
      const [row] = await database.query<{ interactions: number; executions: number }>(
        `select
           (select count(*) from interactions
            where namespace_id = $1 and user_id = $2 and received_at <= $3) as interactions,
           (select count(*) from executions
            where namespace_id = $1 and user_id = $2 and executed_at <= $3) as executions`,
        [namespaceId, userId, new Date(requestedAt)],
      );
      return {
        interactions: Number(row?.interactions ?? 0),
        executions: Number(row?.executions ?? 0),
        posteriors: POSTERIORS_HERE,
      };
    },

    async claimDue(now, leaseUntil) {
      const rows = await database.query<ErasureRow>(
        `update erasures set due_at = $2 where id in
           (select id from erasures where due_at <= $1 order by due_at limit 10 for update skip locked)
         returning ${COLUMNS}`,
        [new Date(now), new Date(leaseUntil)],
      );
      return rows.map(toErasure);
    },

    async finish(id) {
      await database.query('delete from erasures where id = $1', [id]);
    },
  };
}

type Wish = Omit<Erasure, 'lastBatch'>;
type Removal = { erasure: Erasure; removed: UserRows };

async function begin(tx: Queryable, wish: Wish, leaseUntil: number): Promise<Removal> {
  const removal = await remove(tx, wish);
  await tx.query(
    `insert into erasures (id, kind, namespace_id, retriever_id, user_id, requested_at, last_batch, due_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      wish.id,
      wish.kind,
      wish.namespaceId,
      wish.retrieverId,
      wish.userId,
      new Date(wish.requestedAt),
      removal.erasure.lastBatch,
      new Date(leaseUntil),
    ],
  );
  return removal;
}

async function sweep(tx: Queryable, wish: Wish): Promise<Removal> {
  const removal = await remove(tx, wish);
  await tx.query('update erasures set last_batch = $2 where id = $1', [wish.id, removal.erasure.lastBatch]);
  return removal;
}

async function remove(tx: Queryable, wish: Wish): Promise<Removal> {
  const removed = wish.kind === 'everything' ? await removeRows(tx, wish) : await closePersonal(tx, wish);
  // Read last: whoever held one of those rows has made its batch by now, and no other can.
  const [row] = await tx.query<{ last_batch: number }>(
    'select coalesce(max(seq), 0)::bigint as last_batch from outbox_batches',
  );
  return { erasure: { ...wish, lastBatch: Number(row?.last_batch ?? 0) }, removed };
}

/** The relay credits an execution with its row locked, so it has either credited before this, or sees it. */
async function closePersonal(tx: Queryable, wish: Wish): Promise<UserRows> {
  const { namespaceId, retrieverId, userId } = wish;
  // What is rebuilt later begins anew from here as well.
  await tx.query(
    `insert into preference_resets (retriever_id, user_id, reset_at) values ($1, $2, $3)
     on conflict (retriever_id, user_id) do update set reset_at = $3`,
    [retrieverId, userId, new Date(wish.requestedAt)],
  );
  await tx.query(
    `update executions set forgotten = 'personal'
     where namespace_id = $1 and user_id = $2 and retriever_id = $3 and forgotten is null`,
    [namespaceId, userId, retrieverId],
  );
  return { interactions: 0, executions: 0, posteriors: POSTERIORS_HERE };
}

/**
 * The outbox goes first: what the relay has taken out of it is in a batch by now, and what it has only read of it, it
 * finds gone.
 */
async function removeRows(tx: Queryable, wish: Wish): Promise<UserRows> {
  const who = [wish.namespaceId, wish.userId, new Date(wish.requestedAt)];
  const MINE = 'namespace_id = $1 and user_id = $2';
  await tx.query(
    `delete from outbox where ref in (
       select id from interactions where ${MINE} and received_at <= $3
       union all select id from executions where ${MINE} and executed_at <= $3)`,
    who,
  );
  await tx.query(
    `delete from interaction_signals where execution_id in (
         select execution_id from interactions where ${MINE} and received_at <= $3)
       and interaction_id in (select id from interactions where ${MINE} and received_at <= $3)`,
    who,
  );
  const interactions = await tx.query(`delete from interactions where ${MINE} and received_at <= $3 returning 1`, who);
  const executions = await tx.query(`delete from executions where ${MINE} and executed_at <= $3 returning 1`, who);
  await forgetReplays(tx, wish);
  await tx.query(
    `delete from preference_resets where user_id = $2 and reset_at <= $3
       and retriever_id in (select id from retrievers where namespace_id = $1)`,
    who,
  );
  await scrubDeadBatches(tx, wish);
  return { interactions: interactions.length, executions: executions.length, posteriors: POSTERIORS_HERE };
}

/** A benchmark's dataset replays searches as who made them. */
async function forgetReplays(tx: Queryable, { namespaceId, userId }: Wish): Promise<void> {
  await tx.query(
    `delete from evaluation_queries using evaluation_datasets as dataset
     where dataset.id = dataset_id and dataset.namespace_id = $1 and inputs->>'user_id' = $2`,
    [namespaceId, userId],
  );
}

/** Batches that ClickHouse refused are kept whole, for a person to look at. */
async function scrubDeadBatches(tx: Queryable, { namespaceId, userId }: Wish): Promise<void> {
  const ofOthers = (kind: string) => `
    coalesce((select jsonb_agg(event) from jsonb_array_elements(payload->'${kind}') as event
      where not (event->>'namespaceId' = $1 and event->>'userId' = $2)), '[]'::jsonb)`;
  await tx.query(
    `update outbox_dead
     set payload = payload || jsonb_build_object(
       'executions', ${ofOthers('executions')}, 'interactions', ${ofOthers('interactions')},
       'deltas', coalesce((select jsonb_agg(delta) from jsonb_array_elements(payload->'deltas') as delta
         where not (delta->'context'->>'level' = 'PERSONAL'
           and delta->'context'->>'key' in ($2, jsonb_build_array($2)::text))), '[]'::jsonb))
     where exists (select 1 from jsonb_array_elements((payload->'executions') || (payload->'interactions')) as event
       where event->>'namespaceId' = $1 and event->>'userId' = $2)`,
    [namespaceId, userId],
  );
}

function toErasure(row: ErasureRow): Erasure {
  return {
    id: row.id,
    kind: row.kind,
    namespaceId: row.namespace_id,
    retrieverId: row.retriever_id,
    userId: row.user_id,
    requestedAt: row.requested_at.getTime(),
    lastBatch: Number(row.last_batch),
  };
}
