import type { Queryable } from '../postgres/database.ts';

/** Rows a delete statement takes at once: no long one holds up the others, or is cut off and has done nothing. */
const BATCH = 5_000;

/** What grows old, and by which column. Each has an index that begins with it. */
const AGES = {
  executions: 'executed_at',
  interactions: 'id',
  interaction_signals: 'execution_id',
  learning_counts: 'window_start',
};

/**
 * Deletes the rows of a table that are older, oldest first; returns how many. Ends where a rebuild of learned weights
 * begins, since that tells by what is here what has been attributed again.
 * @param before as the column has it: a time, or the first id of one
 */
export async function expireRows(db: Queryable, table: keyof typeof AGES, before: Date | string): Promise<number> {
  const age = AGES[table];
  const sql = `
    delete from ${table}
    where ctid = any(array(select ctid from ${table} where ${age} < $1 order by ${age} limit $2))
      and not exists (select from posterior_generations where progress is not null)
    returning 1`;
  let expired = 0;
  for (;;) {
    const deleted = await db.query(sql, [before, BATCH]);
    expired += deleted.length;
    if (deleted.length < BATCH) return expired;
  }
}
