import type { Database, Queryable } from '../postgres/database.ts';
import { ValidationError } from '../shared/errors.ts';
import { groupCalls } from '../shared/group-calls.ts';
import { invariant } from '../shared/invariant.ts';
import { firstUuidAt, isUuid } from '../shared/uuid.ts';
import { countClaims } from './count-claims.postgres.ts';
import { expireRows } from './expire-rows.postgres.ts';
import { interactionColumns, toInteraction, type InteractionRow } from './interaction-row.postgres.ts';
import type { InteractionStore, NewInteraction, RecordedInteraction } from './interaction-store.ts';
import { saysAsMuch, signalsOf, type Interaction, type InteractionFilter, type Signal } from './interaction.ts';

/** An event lost to a concurrent one is settled in the next round; more than this would be a fault of ours. */
const MAX_ROUNDS = 5;
const GROUP_SIZE = 1_000;
/** Embedded, there is one session, and more at once would only wait for each other. */
const GROUPS_AT_ONCE = { embedded: 1, server: 4 };

export function createPostgresInteractionStore(db: Database): InteractionStore {
  return {
    record: groupCalls((events: readonly NewInteraction[]) => record(db, events), {
      maxItems: GROUP_SIZE,
      concurrency: GROUPS_AT_ONCE[db.kind],
    }),

    async list(namespaceId, filter, { limit, after }) {
      const namesNothing = [filter.retrieverId, filter.executionId].some((id) => id !== null && !isUuid(id));
      if (namesNothing) return { items: [], hasNextPage: false };
      const { conditions, values } = conditionsOf(namespaceId, filter, after);
      const rows = await db.query<InteractionRow>(
        `select ${interactionColumns} from interactions where ${conditions.join(' and ')}
         order by id desc limit ${limit + 1}`,
        values,
      );
      return { items: rows.slice(0, limit).map(toInteraction), hasNextPage: rows.length > limit };
    },

    async receivedSince({ namespaceId, retrieverId, from }, except, limit) {
      const rows = await db.query<InteractionRow>(
        `select ${interactionColumns} from interactions
         where namespace_id = $1 and retriever_id = $2 and id >= $3::uuid and id <> all($4::uuid[])
         order by id limit $5`,
        [namespaceId, retrieverId, firstUuidAt(from), except, limit],
      );
      return rows.map(toInteraction);
    },

    async expire(before) {
      const oldestId = firstUuidAt(before);
      await expireRows(db, 'interaction_signals', oldestId);
      await expireRows(db, 'learning_counts', new Date(before));
      return expireRows(db, 'interactions', oldestId);
    },
  };
}

/**
 * Writes what can be written, then finds out what the rest repeats. An event that repeats another of the same call
 * waits until that one is written, and one that lost its idempotency key to a concurrent call finds the winner in the
 * next round.
 */
async function record(db: Database, events: readonly NewInteraction[]): Promise<RecordedInteraction[]> {
  const settled = new Map<Interaction, Interaction>();
  const open = () => events.filter((event) => !settled.has(event));
  for (let round = 0; round < MAX_ROUNDS && settled.size < events.length; round++) {
    for (const [event, stored] of await findByKey(db, open())) settled.set(event, stored);
    const written = await write(db, open());
    for (const event of open()) {
      const stored = written.get(event.id);
      if (stored !== undefined) settled.set(event, stored);
    }
    // A key goes before signals: it names the very event, also one that was written just now.
    for (const [event, stored] of await findByKey(db, open())) settled.set(event, stored);
    for (const [event, stored] of await findBySignals(db, open())) settled.set(event, stored);
  }
  return events.map((event) => {
    const interaction = settled.get(event);
    invariant(interaction !== undefined, `interaction ${event.id} is neither stored nor a duplicate`);
    return { interaction, duplicate: interaction.id !== event.id };
  });
}

async function findByKey(db: Queryable, events: readonly Interaction[]): Promise<Map<Interaction, Interaction>> {
  const keyed = events.filter(({ idempotencyKey }) => idempotencyKey !== null);
  if (keyed.length === 0) return new Map();
  const rows = await db.query<InteractionRow>(
    `select ${interactionColumns} from interactions where (namespace_id, idempotency_key) in
       (select * from unnest($1::uuid[], $2::text[]))`,
    [keyed.map(({ namespaceId }) => namespaceId), keyed.map(({ idempotencyKey }) => idempotencyKey)],
    { prepare: true },
  );
  const byKey = new Map(rows.map(toInteraction).map((stored) => [keyOf(stored), stored]));
  return mapWhere(keyed, (event) => byKey.get(keyOf(event)));
}

interface HeldKey {
  execution_id: string;
  document_id: string;
  type: string;
}

interface HeldSignal extends HeldKey {
  duration_ms: number | null;
  depth: number | null;
  interaction_id: string;
}

/** The events whose every signal is stored, each with the event that holds its first one; also what is stored itself. */
async function findBySignals(db: Queryable, events: readonly Interaction[]): Promise<Map<Interaction, Interaction>> {
  if (events.length === 0) return new Map();
  const signals = signalRows(events);
  const held = await db.query<HeldSignal>(
    `select execution_id, document_id, type, duration_ms, depth, interaction_id from interaction_signals
     where (execution_id, document_id, type) in (select * from unnest($1::uuid[], $2::text[], $3::text[]))`,
    [
      signals.map(({ executionId }) => executionId),
      signals.map(({ documentId }) => documentId),
      signals.map(({ type }) => type),
    ],
  );
  const holders = new Map(held.map((row) => [heldKey(row), row]));
  const holderOf = mapWhere(events, (event) => {
    const found = signalRows([event]).map((signal) => {
      const holder = holders.get(signalKey(signal));
      const isSaid = holder && saysAsMuch({ durationMs: holder.duration_ms, depth: holder.depth }, signal);
      return isSaid ? holder.interaction_id : undefined;
    });
    return found.includes(undefined) ? undefined : (found[0] ?? event.id);
  });
  const rows = await db.query<InteractionRow>(
    `select ${interactionColumns} from interactions where id = any($1::uuid[])`,
    [[...holderOf.values()]],
  );
  const byId = new Map(rows.map((row) => [row.id, toInteraction(row)]));
  return mapWhere(events, (event) => byId.get(holderOf.get(event) ?? ''));
}

/** Returns the events that are now stored, by id. */
async function write(db: Database, events: readonly NewInteraction[]): Promise<Map<string, Interaction>> {
  const { writable, signals } = withoutRepeats(events);
  if (writable.length === 0) return new Map();
  return db.transaction(async (tx) => {
    // Every writer takes signals first, counts second and keys third, each in one order: no two can wait for each other.
    const carriers = await insertSignals(tx, signals);
    const fresh = writable.filter(({ id, executionId }) => executionId === null || carriers.has(id));
    if (fresh.length === 0) return new Map();
    const ruled = await withinCaps(tx, fresh);
    const stored = await insertInteractions(tx, ruled);
    const lost = fresh.filter(({ id }) => !stored.has(id)).map(({ id }) => id);
    if (lost.length > 0) {
      await tx.query(
        `delete from interaction_signals where interaction_id = any($1::uuid[]) and execution_id = any($2::uuid[])`,
        [lost, fresh.map(({ executionId }) => executionId).filter((id) => id !== null)],
      );
    }
    return new Map(ruled.filter(({ id }) => stored.has(id)).map((event) => [event.id, event]));
  });
}

/** Decides which of the events train, and marks the signals of those that do not. */
async function withinCaps(tx: Queryable, events: readonly NewInteraction[]): Promise<Interaction[]> {
  const beyond = await countClaims(
    tx,
    events.map(({ claim = null }) => claim),
  );
  const ruled = events.map(({ claim: _, ...event }, place) => ({ ...event, trains: !beyond.has(place) }));
  const withheld = ruled.filter(({ trains }) => !trains);
  if (withheld.length > 0) {
    await tx.query(
      `update interaction_signals set trains = false
       where interaction_id = any($1::uuid[]) and execution_id = any($2::uuid[])`,
      [withheld.map(({ id }) => id), withheld.map(({ executionId }) => executionId)],
    );
  }
  return ruled;
}

interface SignalRow extends Signal {
  executionId: string;
  interactionId: string;
}

/**
 * Leaves out events whose key an earlier one of the same call has, and gives each signal to the first of those that carry
 * it and say the most of it.
 */
function withoutRepeats(events: readonly NewInteraction[]): { writable: NewInteraction[]; signals: SignalRow[] } {
  const keys = new Set<string>();
  const signals = new Map<string, SignalRow>();
  const writable = events.filter((event) => {
    if (event.idempotencyKey !== null && keys.has(keyOf(event))) return false;
    const fresh = signalRows([event]).filter((signal) => {
      const known = signals.get(signalKey(signal));
      return known === undefined || !saysAsMuch(known, signal);
    });
    if (event.idempotencyKey !== null) keys.add(keyOf(event));
    for (const signal of fresh) signals.set(signalKey(signal), signal);
    return true;
  });
  return { writable, signals: [...signals].sort(byKey).map(([, signal]) => signal) };
}

/**
 * Returns the ids of the events that brought at least one signal not seen before, or one that says more than what is
 * there, which is raised to it.
 */
async function insertSignals(tx: Queryable, signals: readonly SignalRow[]): Promise<Set<string>> {
  if (signals.length === 0) return new Set();
  const [written] = await tx.query<{ some: HeldKey[] | null }>(
    `with written as (
       insert into interaction_signals as known
         (execution_id, document_id, type, duration_ms, depth, occurred_at, interaction_id)
       select execution_id, document_id, type, duration_ms, depth, to_timestamp(occurred_ms / 1000), interaction_id
       from unnest($1::uuid[], $2::text[], $3::text[], $4::float8[], $5::float8[], $6::float8[], $7::uuid[])
         as s(execution_id, document_id, type, duration_ms, depth, occurred_ms, interaction_id)
       on conflict (execution_id, document_id, type) do update
         set duration_ms = greatest(known.duration_ms, excluded.duration_ms), depth = greatest(known.depth, excluded.depth)
         where excluded.duration_ms > coalesce(known.duration_ms, -1) or excluded.depth > coalesce(known.depth, -1)
       returning execution_id, document_id, type
     )
     ${SOME_OR_ALL}`,
    [
      signals.map(({ executionId }) => executionId),
      signals.map(({ documentId }) => documentId),
      signals.map(({ type }) => type),
      signals.map(({ durationMs }) => durationMs),
      signals.map(({ depth }) => depth ?? null),
      signals.map(({ occurredAt }) => occurredAt ?? null),
      signals.map(({ interactionId }) => interactionId),
    ],
    { prepare: true },
  );
  invariant(written !== undefined, 'a case is a row');
  if (written.some === null) return new Set(signals.map(({ interactionId }) => interactionId));
  const brought = new Map(signals.map((signal) => [signalKey(signal), signal.interactionId]));
  const ids = written.some.map((row) => brought.get(heldKey(row)));
  return new Set(ids.filter((id) => id !== undefined));
}

/** Which rows were written; null for all of them, as nearly always, so that they need not be sent. */
const SOME_OR_ALL = `
  select case when (select count(*) from written) < cardinality($1::uuid[])
    then (select coalesce(json_agg(written), '[]') from written) end as some`;

/** Inserts events and their outbox rows; returns the ids of those whose idempotency key was free. */
async function insertInteractions(tx: Queryable, events: readonly Interaction[]): Promise<Set<string>> {
  const sorted = events.map((event) => [keyOf(event), event] as const).sort(byKey);
  const column = (pick: (event: Interaction) => unknown) => sorted.map(([, event]) => pick(event));
  const [written] = await tx.query<{ some: { ref: string }[] | null }>(
    `with stored as (
       insert into interactions (id, namespace_id, retriever_id, execution_id, document_id, position, types, metadata,
         user_id, session_id, segment, idempotency_key, occurred_at, received_at, trains)
       select e.id, e.namespace_id, e.retriever_id, e.execution_id, e.document_id, e.position, e.types::text[],
         e.metadata::jsonb, e.user_id, e.session_id, e.segment, e.idempotency_key,
         to_timestamp(e.occurred_ms / 1000), to_timestamp(e.received_ms / 1000), e.trains
       from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], $7::text[], $8::text[],
         $9::text[], $10::text[], $11::text[], $12::text[], $13::float8[], $14::float8[], $15::boolean[])
         as e(id, namespace_id, retriever_id, execution_id, document_id, position, types, metadata,
           user_id, session_id, segment, idempotency_key, occurred_ms, received_ms, trains)
       on conflict do nothing returning id
     ), written as (
       insert into outbox (kind, ref) select 'interaction', id from stored returning ref
     )
     ${SOME_OR_ALL}`,
    [
      column(({ id }) => id),
      column(({ namespaceId }) => namespaceId),
      column(({ retrieverId }) => retrieverId),
      column(({ executionId }) => executionId),
      column(({ documentId }) => documentId),
      column(({ position }) => position),
      // The names of types hold nothing that an array literal would have to quote.
      column(({ interactionTypes }) => `{${interactionTypes.join(',')}}`),
      column(({ metadata }) => JSON.stringify(metadata)),
      column(({ userId }) => userId),
      column(({ sessionId }) => sessionId),
      column(({ segment }) => segment),
      column(({ idempotencyKey }) => idempotencyKey),
      column(({ occurredAt }) => occurredAt),
      column(({ receivedAt }) => receivedAt),
      column(({ trains }) => trains),
    ],
    { prepare: true },
  );
  invariant(written !== undefined, 'a case is a row');
  return new Set(written.some?.map(({ ref }) => ref) ?? events.map(({ id }) => id));
}

function conditionsOf(
  namespaceId: string,
  filter: InteractionFilter,
  after: string | null,
): { conditions: string[]; values: unknown[] } {
  const values: unknown[] = [namespaceId];
  const conditions = ['namespace_id = $1'];
  const where = (value: unknown, condition: (parameter: string) => string) => {
    if (value !== null) conditions.push(condition(`$${values.push(value)}`));
  };
  if (after !== null && !isUuid(after)) {
    throw new ValidationError('after is not a cursor of this list: pass endCursor on as it came.', 'INVALID_CURSOR', [
      'after',
    ]);
  }
  where(filter.retrieverId, (p) => `retriever_id = ${p}::uuid`);
  where(filter.executionId, (p) => `execution_id = ${p}::uuid`);
  where(filter.userId, (p) => `user_id = ${p}`);
  where(filter.sessionId, (p) => `session_id = ${p}`);
  where(filter.documentId, (p) => `document_id = ${p}`);
  where(filter.types, (p) => `types && ${p}::text[]`);
  where(after, (p) => `id < ${p}::uuid`);
  return { conditions, values };
}

function signalRows(events: readonly Interaction[]): SignalRow[] {
  return events.flatMap((event) => {
    const { id: interactionId, executionId } = event;
    return executionId === null ? [] : signalsOf(event).map((signal) => ({ ...signal, executionId, interactionId }));
  });
}

/** Neither an id nor a type has a space. */
function signalKey({ executionId, documentId, type }: SignalRow): string {
  return `${executionId} ${type} ${documentId}`;
}

function heldKey(row: HeldKey): string {
  return `${row.execution_id} ${row.type} ${row.document_id}`;
}

function keyOf({ namespaceId, idempotencyKey }: Interaction): string {
  return `${namespaceId} ${idempotencyKey ?? ''}`;
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function mapWhere<Key, Value>(keys: readonly Key[], valueOf: (key: Key) => Value | undefined): Map<Key, Value> {
  const map = new Map<Key, Value>();
  for (const key of keys) {
    const value = valueOf(key);
    if (value !== undefined) map.set(key, value);
  }
  return map;
}
