import pg from 'pg';
import type { Logger } from '../shared/logger.ts';
import type { PoolDatabase } from './pool-database.ts';

/**
 * Tables past Postgres's own thresholds: https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM. Rows that
 * were only ever inserted need it too: until a vacuum has marked their pages as visible to all, a look-up that the index
 * alone could answer, such as that of a lexeme's postings, fetches every row from the table.
 */
const TABLES_DUE = `
  with touched as (
    select s.schemaname as schema, s.relname as name, greatest(c.reltuples, 0) as size,
      n_dead_tup as dead, n_ins_since_vacuum as inserted, n_mod_since_analyze as changed
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  ), judged as (
    select schema, name, dead > 50 + 0.2 * size or inserted > 1000 + 0.2 * size as vacuum,
      changed > 50 + 0.1 * size as "analyze"
    from touched
  )
  select schema, name, vacuum from judged where vacuum or "analyze"`;

/** So often it waits for a quiet moment: a store that is never quiet needs it most. */
const MOST_SKIPPED = 5;

/**
 * The embedded engine has no background processes. This is its autovacuum and checkpointer: every `everyMs`, if nothing
 * else is running, tables with much change are vacuumed and analysed, one statement each so that others come between.
 * @returns the way to stop
 */
export function startAutovacuum(database: PoolDatabase, logger: Logger, everyMs: number): () => void {
  let running = false;
  let stopped = false;
  let skipped = 0;
  const timer = setInterval(() => {
    if (running) return;
    if (!database.isIdle && skipped < MOST_SKIPPED) {
      skipped += 1;
      return;
    }
    skipped = 0;
    running = true;
    vacuumDueTables(database, () => !stopped)
      .catch((error: unknown) => {
        if (!stopped) logger.warn({ err: error }, 'Could not vacuum the embedded database');
      })
      .finally(() => {
        running = false;
      });
  }, everyMs);
  timer.unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

/** Returns how many tables were due. */
export async function vacuumDueTables(database: PoolDatabase, goOn: () => boolean = () => true): Promise<number> {
  const tables = await database.query<{ schema: string; name: string; vacuum: boolean }>(TABLES_DUE);
  for (const { schema, name, vacuum } of tables) {
    if (!goOn()) return tables.length;
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    await database.query(`${vacuum ? 'vacuum analyze' : 'analyze'} ${table}`);
  }
  if (tables.length > 0 && goOn()) await database.query('checkpoint');
  return tables.length;
}
