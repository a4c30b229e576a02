import path from 'node:path';
import { migrateWarehouse } from './clickhouse/migrate-warehouse.ts';
import { openWarehouse } from './clickhouse/open-warehouse.ts';
import type { Warehouse } from './clickhouse/warehouse.ts';
import type { Config } from './config.ts';
import { lockDataDirectory } from './postgres/data-directory-lock.ts';
import type { Database } from './postgres/database.ts';
import { migrate } from './postgres/migrate.ts';
import { openDatabase } from './postgres/open-database.ts';
import { findTemplate } from './postgres/template.ts';
import type { OperatorError } from './shared/errors.ts';
import type { Logger } from './shared/logger.ts';

/** Both stores, open and with the schema that the code expects. */
export interface Stores {
  database: Database;
  warehouse: Warehouse;
  close(): Promise<void>;
}

export interface StoreWatch {
  logger: Logger;
  /** See EmbeddedOptions; without it a loss is only logged. */
  onLoss?: (error: OperatorError) => void;
}

/**
 * Opens both stores at once, embedded or by URL; the data directory is locked where one of them is embedded.
 * @throws OperatorError; what was opened by then is closed again
 */
export async function openStores(config: Config, watch: StoreWatch): Promise<Stores> {
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  if (config.databaseUrl === null || config.clickhouseUrl === null) {
    const lock = await lockDataDirectory(config.dataDir);
    closers.push(() => lock.release());
  }
  const opening = await Promise.allSettled([
    openMigratedDatabase(config, watch, closers),
    openMigratedWarehouse(config, watch.logger, closers),
  ]);
  const [database, warehouse] = opening;
  if (database.status === 'rejected' || warehouse.status === 'rejected') {
    await closeAll();
    throw opening.find((outcome) => outcome.status === 'rejected')?.reason;
  }
  return { database: database.value, warehouse: warehouse.value, close: closeAll };
}

async function openMigratedDatabase(config: Config, watch: StoreWatch, closers: (() => Promise<void>)[]) {
  const directory = path.join(config.dataDir, 'postgres');
  const database = await openDatabase({
    url: config.databaseUrl,
    directory,
    template: config.databaseUrl === null ? await findTemplate() : null,
    logger: watch.logger,
    onLoss: watch.onLoss,
  });
  closers.push(() => database.close());
  await migrate(database, watch.logger);
  return database;
}

async function openMigratedWarehouse(config: Config, logger: Logger, closers: (() => Promise<void>)[]) {
  const directory = path.join(config.dataDir, 'clickhouse');
  const { clickhouseUrl: url, clickhouseCluster: cluster } = config;
  const warehouse = await openWarehouse({ url, cluster, directory, logger });
  closers.push(() => warehouse.close());
  await migrateWarehouse(warehouse, logger);
  return warehouse;
}
