import pg from 'pg';
import type { Logger } from '../shared/logger.ts';
import type { PoolDatabase } from './pool-database.ts';

/** Tables past Postgres's own thresholds: https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM */
const TABLES_DUE = `
  select s.schemaname as schema, s.relname as name, s.n_dead_tup > 50 + 0.2 * greatest(c.reltuples, 0) as vacuum
  from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  where s.n_dead_tup > 50 + 0.2 * greatest(c.reltuples, 0)
     or s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0)`;

/**
 * The embedded engine has no background processes. This is its autovacuum and checkpointer: every `everyMs`, if nothing
 * else is running, tables with much change are vacuumed and analysed, one statement each so that others come between.
 * @returns the way to stop
 */
export function startAutovacuum(database: PoolDatabase, logger: Logger, everyMs: number): () => void {
  let running = false;
  let stopped = false;
  const timer = setInterval(() => {
    if (running || !database.isIdle) return;
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
