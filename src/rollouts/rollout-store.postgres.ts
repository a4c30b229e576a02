import type { Database, Queryable } from '../postgres/database.ts';
import { NotFoundError } from '../shared/errors.ts';
import { isUuid } from '../shared/uuid.ts';
import type { RolloutChange, RolloutNews, RolloutStore } from './rollout-store.ts';
import { untouchedRollout, type Kill, type Rollout, type RolloutEvent, type RolloutSettings } from './rollout.ts';

interface RolloutRow {
  retriever_id: string;
  namespace_id: string;
  settings: RolloutSettings | null;
  killed: Kill | null;
  held: boolean | null;
  breached: string[] | null;
  compared_from: number | null;
  revision: number | null;
}

interface EventRow {
  id: string;
  retriever_id: string;
  revision: number;
  kind: RolloutEvent['kind'];
  actor: string;
  reason: string | null;
  details: Record<string, unknown>;
  at: Date;
}

const COLUMNS = 'o.settings, o.killed, o.held, o.breached, o.compared_from, o.revision';
/** Of every retriever that is not deleted, with or without a row of its own. */
const SELECT = `
  select r.id as retriever_id, r.namespace_id, ${COLUMNS}
  from retrievers r left join rollouts o on o.retriever_id = r.id
  where r.deleted_at is null`;
const SELECT_EVENTS = `
  select e.id, e.retriever_id, e.revision, e.kind, e.actor, e.reason, e.details, e.at
  from rollout_events e`;

/** Repeating it leaves the row, and so its revision, as it is. */
const SET_OPT_OUT = `
  insert into rollout_opt_outs (retriever_id, user_id, opted_out, changed_at, revision) values ($1, $2, $3, $4, $5)
  on conflict (retriever_id, user_id) do update
    set opted_out = excluded.opted_out, changed_at = excluded.changed_at, revision = excluded.revision
    where rollout_opt_outs.opted_out <> excluded.opted_out`;

export function createPostgresRolloutStore(database: Database): RolloutStore {
  return {
    change: (namespaceId, retrieverId, at, change) =>
      database.transaction(async (tx) => {
        const first = await nextRevision(tx);
        const current = await getOne(tx, namespaceId, retrieverId);
        const changed = change(current);
        return changed === null ? current : write(tx, changed, first, at);
      }),

    setOptOut: (namespaceId, retrieverId, userId, optedOut, at) =>
      database.transaction(async (tx) => {
        const revision = await nextRevision(tx);
        await getOne(tx, namespaceId, retrieverId);
        await tx.query(SET_OPT_OUT, [retrieverId, userId, optedOut, new Date(at), revision]);
      }),

    async get(namespaceId, retrieverIds) {
      const valid = retrieverIds.filter((id) => isUuid(id));
      if (valid.length === 0) return [];
      const rows = await database.query<RolloutRow>(`${SELECT} and r.namespace_id = $1 and r.id = any($2::uuid[])`, [
        namespaceId,
        valid,
      ]);
      return rows.map(toRollout);
    },

    since: (known) => readNews(database, known),

    async events(namespaceId, retrieverId, { limit, after }) {
      if (!isUuid(retrieverId)) return { items: [], hasNextPage: false };
      const rows = await database.query<EventRow>(
        `${SELECT_EVENTS} join retrievers r on r.id = e.retriever_id
         where r.namespace_id = $1 and e.retriever_id = $2 and e.revision < coalesce(
           (select revision from rollout_events where id = $3 and retriever_id = $2), 9223372036854775807)
         order by e.revision desc limit $4`,
        [namespaceId, retrieverId, after, limit + 1],
      );
      return { items: rows.slice(0, limit).map(toEvent), hasNextPage: rows.length > limit };
    },

    async revisionOf(retrieverId, eventId) {
      if (!isUuid(eventId)) return null;
      const [row] = await database.query<{ revision: number }>(
        'select revision from rollout_events where id = $1 and retriever_id = $2',
        [eventId, retrieverId],
      );
      return row === undefined ? null : Number(row.revision);
    },

    async eventsAfter(retrieverId, revision, limit) {
      const rows = await database.query<EventRow>(
        `${SELECT_EVENTS} where e.retriever_id = $1 and e.revision > $2 order by e.revision limit $3`,
        [retrieverId, revision, limit],
      );
      return rows.map(toEvent);
    },

    async claimGuarded(notSince, now) {
      const rows = await database.query<RolloutRow>(
        `update rollouts o set checked_at = $2 from retrievers r
         where r.id = o.retriever_id and r.deleted_at is null and jsonb_array_length(o.settings->'guardrails') > 0
           and (o.checked_at is null or o.checked_at <= $1)
         returning o.retriever_id, r.namespace_id, ${COLUMNS}`,
        [new Date(notSince), new Date(now)],
      );
      return rows.map((row) => ({ namespaceId: row.namespace_id, rollout: toRollout(row) }));
    },
  };
}

async function readNews(database: Database, known: number): Promise<RolloutNews> {
  // Read first: whatever is committed after it is read again next time.
  const [clock] = await database.query<{ revision: number }>('select revision from rollout_clock');
  const revision = clock?.revision ?? 0;
  if (revision <= known) return { revision: known, rollouts: [], optOuts: [] };
  const [rollouts, optOuts] = await Promise.all([
    database.query<RolloutRow>(`${SELECT} and o.revision > $1`, [known]),
    database.query<{ retriever_id: string; user_id: string; opted_out: boolean }>(
      // who never opted out need not be known of
      'select retriever_id, user_id, opted_out from rollout_opt_outs where revision > $1 and (opted_out or $1 > 0)',
      [known],
    ),
  ]);
  return {
    revision,
    rollouts: rollouts.map(toRollout),
    optOuts: optOuts.map((row) => ({
      retrieverId: row.retriever_id,
      userId: row.user_id,
      optedOut: row.opted_out,
    })),
  };
}

/** Taken first of all in a transaction: from here on to its end no other change is made. */
async function nextRevision(tx: Queryable): Promise<number> {
  const [row] = await tx.query<{ revision: number }>(
    'update rollout_clock set revision = revision + 1 returning revision',
  );
  return Number(row?.revision);
}

/** Every event has a revision of its own; the rollout's is the last of them. */
async function write(
  tx: Queryable,
  { next, events, restarts }: RolloutChange,
  first: number,
  at: number,
): Promise<Rollout> {
  let revision = first;
  for (const [index, event] of events.entries()) {
    if (index > 0) revision = await nextRevision(tx);
    await tx.query(
      `insert into rollout_events (revision, retriever_id, kind, actor, reason, details, at)
       values ($1, $2, $3, $4, $5, $6::jsonb, $7)`,
      [revision, next.retrieverId, event.kind, event.actor, event.reason, JSON.stringify(event.details), new Date(at)],
    );
  }
  const comparedFrom = restarts ? revision : next.comparedFrom;
  await tx.query(
    `insert into rollouts (retriever_id, settings, killed, held, breached, compared_from, revision)
     values ($1, $2::jsonb, $3::jsonb, $4, $5, $6, $7)
     on conflict (retriever_id) do update set settings = excluded.settings, killed = excluded.killed,
       held = excluded.held, breached = excluded.breached, compared_from = excluded.compared_from,
       revision = excluded.revision`,
    [
      next.retrieverId,
      JSON.stringify(settingsOf(next)),
      next.killed === null ? null : JSON.stringify(next.killed),
      next.held,
      next.breached,
      comparedFrom,
      revision,
    ],
  );
  return { ...next, comparedFrom, revision };
}

function settingsOf(rollout: Rollout): RolloutSettings {
  const { shadowMode, rolloutPct, controlPct, staticFusion, excludedUsers, guardrails } = rollout;
  return { shadowMode, rolloutPct, controlPct, staticFusion, excludedUsers, guardrails };
}

/** @throws NotFoundError RETRIEVER_NOT_FOUND */
async function getOne(tx: Queryable, namespaceId: string, retrieverId: string): Promise<Rollout> {
  const rows = isUuid(retrieverId)
    ? await tx.query<RolloutRow>(`${SELECT} and r.namespace_id = $1 and r.id = $2`, [namespaceId, retrieverId])
    : [];
  const [row] = rows;
  if (row !== undefined) return toRollout(row);
  throw new NotFoundError(
    `There is no retriever ${JSON.stringify(retrieverId.slice(0, 100))} in this namespace; retrieverId is the id that createRetriever returned.`,
    'RETRIEVER_NOT_FOUND',
    ['input', 'retrieverId'],
  );
}

function toRollout(row: RolloutRow): Rollout {
  const untouched = untouchedRollout(row.retriever_id);
  if (row.settings === null) return untouched;
  return {
    ...untouched,
    ...row.settings,
    killed: row.killed,
    held: row.held ?? false,
    breached: row.breached ?? [],
    comparedFrom: Number(row.compared_from ?? 0),
    revision: Number(row.revision),
  };
}

function toEvent(row: EventRow): RolloutEvent {
  return {
    id: row.id,
    retrieverId: row.retriever_id,
    revision: Number(row.revision),
    kind: row.kind,
    actor: row.actor,
    reason: row.reason,
    details: row.details,
    at: row.at.getTime(),
  };
}
