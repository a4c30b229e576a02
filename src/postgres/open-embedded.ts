import { constants, existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { OperatorError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { startAutovacuum } from './autovacuum.ts';
import { columnTypes } from './pg-types.ts';
import { startPglite } from './pglite-engine.ts';
import { PoolDatabase } from './pool-database.ts';

/** The engine has one session; more connections than this would only wait in another queue. */
const MAX_CONNECTIONS = 10;
const IDLE_IN_TRANSACTION_MS = 10_000;
const AUTOVACUUM_EVERY_MS = 60_000;

export interface EmbeddedOptions {
  /** Where the data lives, made when missing; the caller holds its lock (data-directory-lock.ts). null: in memory. */
  directory: string | null;
  /** A data directory to copy where there is none yet (template.ts): quicker than to initialise one. Default: none. */
  template?: string | null;
  logger: Logger;
  /** Called once when the engine crashes: nothing works after that until the process is started again. */
  onLoss?: (error: OperatorError) => void;
  /** A transaction left waiting this long is rolled back, since it blocks everyone. Default 10,000. */
  idleInTransactionMs?: number;
}

/**
 * PGlite in a worker thread behind a `pg.Pool`.
 * @throws OperatorError when it does not start
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<PoolDatabase> {
  const { directory, logger, template = null } = options;
  const finishFirstStart = directory === null ? async () => {} : await prepareDirectory(directory, template);
  let stopAutovacuum = (): void => {};
  const engine = await startPglite(
    { directory, idleInTransactionMs: options.idleInTransactionMs ?? IDLE_IN_TRANSACTION_MS },
    (error) => {
      stopAutovacuum();
      logger.error({ err: error }, error.message);
      options.onLoss?.(error);
    },
  );
  await finishFirstStart();

  const database = new PoolDatabase({
    kind: 'embedded',
    // ssl is given so that PGSSLMODE of the environment, meant for servers, is not asked
    clientConfig: {
      stream: () => engine.connect(),
      user: 'postgres',
      database: 'postgres',
      ssl: false,
      types: columnTypes,
    },
    poolConfig: { max: MAX_CONNECTIONS, idleTimeoutMillis: 0 },
    logger,
    async release() {
      stopAutovacuum();
      await engine.stop();
    },
  });
  stopAutovacuum = startAutovacuum(database, logger, AUTOVACUUM_EVERY_MS);
  return database;
}

/**
 * Initialising a data directory takes seconds and leaves half of one when killed. A file next to the directory says
 * that it is under way: found at a start, what is there never held data and is made anew.
 * @returns what to call once the database has been up
 */
async function prepareDirectory(directory: string, template: string | null): Promise<() => Promise<void>> {
  const underWay = `${directory}.initialising`;
  if (existsSync(underWay)) await rm(directory, { recursive: true, force: true });
  if (!(await isMissingOrEmpty(directory))) return async () => {};
  await mkdir(dirname(directory), { recursive: true });
  await writeFile(underWay, '');
  if (template !== null) await cp(template, directory, { recursive: true, mode: constants.COPYFILE_FICLONE });
  return () => rm(underWay);
}

async function isMissingOrEmpty(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return true;
  // what cannot be listed is for the engine to refuse
  return await readdir(directory).then(
    (entries) => entries.length === 0,
    () => false,
  );
}
