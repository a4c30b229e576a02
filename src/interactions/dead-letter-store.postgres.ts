import type { Database } from '../postgres/database.ts';
import { isUuid } from '../shared/uuid.ts';
import type { DeadLetter, DeadLetterStore } from './dead-letter-store.ts';

interface DeadLetterRow extends Omit<DeadLetter, 'buriedAt'> {
  buried_ms: number;
}

const COLUMNS = `id, attempts, error, (extract(epoch from buried_at) * 1000)::float8 as buried_ms,
  jsonb_array_length(payload -> 'executions') as executions,
  jsonb_array_length(payload -> 'interactions') as interactions`;

/**
 * Back into the outbox with all its rows, since Postgres may have swept them by now, and its old id, by which the log
 * knows what it has of the batch. The payload of outbox_batches: see outbox.postgres.ts.
 */
const REPLAY = `
  with gone as (
    delete from outbox_dead where $1::uuid[] is null or id = any($1::uuid[]) returning id, payload, error)
  insert into outbox_batches (id, payload, depth, oldest_at, attempts, due_at)
  select id,
    jsonb_build_object(
      'executionIds', '[]'::jsonb,
      'interactionIds', '[]'::jsonb,
      'deltas', payload -> 'deltas',
      -- sums, of which nobody can see whose they are: they are in, unless it was they that were refused
      'searchOutcomes', case when error like '%for outcome_minutes:%'
        then coalesce(payload -> 'searchOutcomes', '[]'::jsonb) else '[]'::jsonb end,
      'replayed', jsonb_build_object(
        'executions', payload -> 'executions', 'interactions', payload -> 'interactions')),
    jsonb_array_length(payload -> 'executions') + jsonb_array_length(payload -> 'interactions'),
    now(), 0, to_timestamp(0)
  from gone
  returning id`;

export function createPostgresDeadLetterStore(db: Database): DeadLetterStore {
  return {
    async count() {
      const [row] = await db.query<{ count: number }>('select count(*)::int as count from outbox_dead');
      return row?.count ?? 0;
    },

    async list({ limit, after }) {
      const rows = await db.query<DeadLetterRow>(
        `select ${COLUMNS} from outbox_dead where $1::uuid is null or id < $1 order by id desc limit $2`,
        [after, limit + 1],
      );
      const items = rows.slice(0, limit).map(({ buried_ms, ...row }) => ({ ...row, buriedAt: buried_ms }));
      return { items, hasNextPage: rows.length > limit };
    },

    async replay(ids) {
      const rows = await db.query<{ id: string }>(REPLAY, [ids === null ? null : ids.filter(isUuid)]);
      return rows.map(({ id }) => id);
    },
  };
}
