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

/**
 * Takes rows out of the outbox, but for those that somebody else is taking.
 *
 * Not prepared, like the look-up before it: the outbox is empty one moment and full the next, and a plan that was kept from
 * when it was empty compares every row with every other. The rows to take are locked once, as an array, under any plan.
 * @returns the ids of their events
 */
export async function removeFromOutbox(tx: Queryable, kind: EventKind, rows: readonly Held[]): Promise<Set<string>> {
  const taken = await tx.query<{ ref: string }>(
    `delete from outbox where kind = $1 and id = any(array(
       select id from outbox where kind = $1 and id = any($2::bigint[]) for update skip locked))
     returning ref`,
    [kind, rows.map(({ outbox_id: id }) => id)],
  );
  return new Set(taken.map(({ ref }) => ref));
}
