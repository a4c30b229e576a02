import type { Queryable } from '../postgres/database.ts';

export type EventKind = 'execution' | 'interaction';

/** A row of the outbox. */
export interface Held {
  outbox_id: number;
  /** The id of the event. */
  ref: string;
}

/** Those of one kind that have waited longest: up to $1 of them, as `o`. */
export const waitingOf = (kind: EventKind) =>
  `(select id as outbox_id, ref from outbox where kind = '${kind}' order by id limit $1) o`;

/** Takes rows out of the outbox, but for those that somebody else is taking. @returns the ids of their events */
export async function removeFromOutbox(tx: Queryable, kind: EventKind, rows: readonly Held[]): Promise<Set<string>> {
  const taken = await tx.query<{ ref: string }>(
    `delete from outbox where (kind, id) in (
       select kind, id from outbox where (kind, id) in (select $1::text, unnest($2::bigint[]))
       for update skip locked)
     returning ref`,
    [kind, rows.map(({ outbox_id: id }) => id)],
    { prepare: true },
  );
  return new Set(taken.map(({ ref }) => ref));
}
