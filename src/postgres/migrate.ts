import { readdir } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { OperatorError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { PoolDatabase } from './pool-database.ts';

export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('./migrations', import.meta.url));
const MIGRATIONS_TABLE = 'schema_migrations';

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Brings the schema up to this version of the code: forward only, all pending files in one transaction, under a lock,
 * so that several servers may start at once.
 * @throws OperatorError when the schema is newer than the code, or the role may not change it
 */
export async function migrate(database: PoolDatabase, logger: Logger, directory = MIGRATIONS_DIRECTORY): Promise<void> {
  const known = (await readdir(directory)).map((file) => basename(file, extname(file)));
  const applied = await appliedMigrations(database);
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new OperatorError(
      `The database is newer than this version of Attune (it knows migration ${unknown.join(', ')}): update Attune, or use another database.`,
    );
  }
  if (known.every((name) => applied.includes(name))) return;
  const names = await applyPending(database, directory);
  if (names.length > 0) logger.info({ migrations: names }, 'Migrated the database');
}

async function appliedMigrations(database: PoolDatabase): Promise<string[]> {
  try {
    const rows = await database.query<{ name: string }>(`select name from ${MIGRATIONS_TABLE} order by id`);
    return rows.map(({ name }) => name);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return [];
    throw error;
  }
}

/** Returns the names of what was applied: nothing, when another server was faster. */
async function applyPending(database: PoolDatabase, directory: string): Promise<string[]> {
  await checkPrivilege(database);
  // loaded only when needed: an ordinary start finds nothing to migrate
  const { runner } = await import('node-pg-migrate');
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  try {
    const done = await database.withClient((client) =>
      runner({
        dbClient: client,
        dir: directory,
        direction: 'up',
        migrationsTable: MIGRATIONS_TABLE,
        singleTransaction: true,
        advisoryLockMode: 'wait',
        logger: silent,
      }),
    );
    return done.map(({ name }) => name);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE) {
      throw mayNotSetUp(error.message, { cause: error });
    }
    throw error;
  }
}

/** Asked before, since the runner wraps what its own table is refused with in words and a stack. */
async function checkPrivilege(database: PoolDatabase): Promise<void> {
  const [found] = await database.query<{ schema: string | null; allowed: boolean | null }>(
    "select current_schema() as schema, has_schema_privilege(current_schema(), 'create') as allowed",
  );
  if (found?.allowed !== true) throw mayNotSetUp(`permission denied for schema ${found?.schema ?? 'public'}`);
}

function mayNotSetUp(reason: string, options?: ErrorOptions): OperatorError {
  return new OperatorError(
    `The role of DATABASE_URL may not set the schema up (${reason}): grant it the right to create tables, and run CREATE EXTENSION vector in the database as a superuser.`,
    options,
  );
}
