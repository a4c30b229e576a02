import type { ClickHouseClient } from '@clickhouse/client';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { onCluster } from './cluster-ddl.ts';
import { sqlStatements } from './sql-statements.ts';
import type { Warehouse } from './warehouse.ts';
import { explainFailure } from './warehouse-error.ts';

const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('./migrations', import.meta.url));

/**
 * Brings the schema up to this version of the code, forward only. ClickHouse has neither transactions nor locks for
 * schema changes, so every statement of a migration must be repeatable (IF NOT EXISTS and the like): a file that broke
 * off, or that two servers apply at once, is simply run again.
 * @throws OperatorError when the schema is newer than the code, or a migration fails
 */
export async function migrateWarehouse(
  warehouse: Warehouse,
  logger: Logger,
  directory = MIGRATIONS_DIRECTORY,
): Promise<void> {
  const { client } = warehouse;
  try {
    await run(warehouse, HISTORY);
    const known = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
    const applied = await appliedMigrations(client);
    const unknown = applied.filter((name) => !known.includes(name));
    if (unknown.length > 0) {
      throw new OperatorError(
        `The ClickHouse database is newer than this version of Attune (it knows migration ${unknown.join(', ')}): update Attune, or use another database.`,
      );
    }
    const pending = known.filter((name) => !applied.includes(name));
    for (const name of pending) await apply(warehouse, name, await readFile(path.join(directory, name), 'utf8'));
    if (pending.length > 0) logger.info({ migrations: pending }, 'Migrated the warehouse');
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const failure = explainFailure(error);
    const reason = failure instanceof Error ? failure.message : String(failure);
    throw new OperatorError(`The ClickHouse database could not be migrated: ${reason}`, { cause: error });
  }
}

/** The same name may be there twice, when two servers migrated at once. */
const HISTORY = `
  CREATE TABLE IF NOT EXISTS schema_migrations (name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
  ENGINE = MergeTree ORDER BY name`;

async function appliedMigrations(client: ClickHouseClient): Promise<string[]> {
  const result = await client.query({
    query: 'SELECT DISTINCT name FROM schema_migrations ORDER BY name',
    format: 'JSONEachRow',
  });
  return (await result.json<{ name: string }>()).map(({ name }) => name);
}

async function apply(warehouse: Warehouse, name: string, script: string): Promise<void> {
  for (const statement of sqlStatements(script)) await run(warehouse, statement);
  await warehouse.client.insert({ table: 'schema_migrations', values: [{ name }], format: 'JSONEachRow' });
}

async function run({ client, cluster }: Warehouse, statement: string): Promise<void> {
  const query = cluster === null ? statement : onCluster(statement.trim(), cluster);
  await client.command({ query, clickhouse_settings: { wait_end_of_query: 1 } });
}
