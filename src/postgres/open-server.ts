import pg from 'pg';
import { OperatorError, UnavailableError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { columnTypes } from './pg-types.ts';
import { PoolDatabase } from './pool-database.ts';

const OLDEST_POSTGRES = 15;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 10;
/** For a server that vanished with its connections, as in a failover: it neither answers nor ends them. */
const QUERY_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
const LOOK_FOR_CLIENT_EVERY_MS = 5_000;

export interface ServerOptions {
  /** postgres://user:password@host:port/database, with the parameters that `pg` knows (sslmode …). */
  url: string;
  logger: Logger;
  /** For how long a statement may run; migrations have no limit. Default 120,000. */
  queryTimeoutMs?: number;
}

/**
 * A pool on a Postgres server.
 * @throws OperatorError when it cannot be reached or is too old, or lacks pgvector 0.7
 */
export async function openServer(options: ServerOptions): Promise<PoolDatabase> {
  const { url, logger, queryTimeoutMs = QUERY_TIMEOUT_MS } = options;
  const client = parseUrl(url);
  const database = new PoolDatabase({
    kind: 'server',
    clientConfig: {
      connectionString: url,
      types: columnTypes,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      application_name: 'attune',
    },
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it, which its types do not say
    poolConfig: { max: MAX_CONNECTIONS, onConnect: endWithUs },
    queryTimeoutMs,
    logger,
    release: async () => {},
  });
  try {
    await checkServer(database, client);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Has the server look, while a statement runs, whether anybody still waits for it. It would go on for hours otherwise, and
 * hold its locks, after the process that asked has given up or died.
 */
async function endWithUs(client: pg.ClientBase): Promise<void> {
  // some systems that Postgres runs on cannot look
  await client.query(`set client_connection_check_interval = ${LOOK_FOR_CLIENT_EVERY_MS}`).catch(() => undefined);
}

/** Where a URL leads, without its password. */
interface Target {
  name: string;
}

function parseUrl(url: string): Target {
  try {
    const { protocol } = new URL(url);
    if (protocol !== 'postgres:' && protocol !== 'postgresql:') throw new Error(protocol);
    const { host, port, database } = new pg.Client({ connectionString: url });
    return { name: `${host}:${port}/${database ?? ''}` };
  } catch {
    throw new OperatorError(
      'DATABASE_URL is not a Postgres address: write it as postgres://user:password@host:5432/database.',
    );
  }
}

interface ServerFacts {
  version: string;
  version_number: number;
  vector_installed: string | null;
  vector_available: string | null;
}

async function checkServer(database: PoolDatabase, target: Target): Promise<void> {
  const [facts] = await readFacts(database).catch((error: unknown) => {
    throw new OperatorError(
      `Cannot use the Postgres at ${target.name} (${reasonOf(error)}): check that it is running and that DATABASE_URL names the right host, user, password and database.`,
      { cause: error },
    );
  });
  if (facts) assertUsable(facts, target.name);
}

async function readFacts(database: PoolDatabase): Promise<ServerFacts[]> {
  return await database.query<ServerFacts>(`
    select current_setting('server_version') as version,
           current_setting('server_version_num')::int as version_number,
           installed_version as vector_installed, default_version as vector_available
    from (select 1) as one left join pg_available_extensions on name = 'vector'`);
}

/** @throws OperatorError with the remedy, when the server cannot hold Attune's data */
export function assertUsable(facts: ServerFacts, name: string): void {
  if (facts.version_number < OLDEST_POSTGRES * 10_000) {
    throw new OperatorError(
      `The server at ${name} runs Postgres ${facts.version}, but Attune needs ${OLDEST_POSTGRES} or newer: upgrade it or set DATABASE_URL to another one.`,
    );
  }
  if (facts.vector_available === null) {
    throw new OperatorError(
      `The Postgres at ${name} has no pgvector extension: install pgvector 0.7 or newer on it (the image pgvector/pgvector has it).`,
    );
  }
  if (facts.vector_installed !== null && isOlderThan07(facts.vector_installed)) {
    const remedy = isOlderThan07(facts.vector_available)
      ? 'install pgvector 0.7 or newer on the server, then run ALTER EXTENSION vector UPDATE in it'
      : 'run ALTER EXTENSION vector UPDATE in it';
    throw new OperatorError(
      `The database ${name} uses pgvector ${facts.vector_installed}, but Attune needs 0.7 or newer: ${remedy}.`,
    );
  }
  if (isOlderThan07(facts.vector_available)) {
    throw new OperatorError(
      `The Postgres at ${name} offers pgvector ${facts.vector_available}, but Attune needs 0.7 or newer: install that on the server.`,
    );
  }
}

function isOlderThan07(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 0 && minor < 7;
}

function reasonOf(error: unknown): string {
  const reason = error instanceof UnavailableError ? error.cause : error;
  return reason instanceof Error ? reason.message : String(reason);
}
