import { ClickHouseError, type ClickHouseClient } from '@clickhouse/client';
import { OperatorError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { startEmbeddedClickHouse } from './embedded-clickhouse.ts';
import { onCluster } from './cluster-ddl.ts';
import { checkCluster } from './cluster.ts';
import type { Warehouse } from './warehouse.ts';
import { createWarehouseClient } from './warehouse-client.ts';
import { explainFailure } from './warehouse-error.ts';

const DEFAULT_DATABASE = 'attune';
const OLDEST = { major: 25, minor: 8 };

export interface OpenWarehouseOptions {
  /** CLICKHOUSE_URL, as http(s)://user:password@host:port/database; null means embedded, in `directory`. */
  url: string | null;
  /** ATTUNE_CLICKHOUSE_CLUSTER: the tables are made on every replica of it. Left out or null: on the one server. */
  cluster?: string | null;
  /** Of the embedded engine; made when missing. */
  directory: string;
  logger: Logger;
  /** Default 10 s. */
  requestTimeoutMs?: number;
}

/**
 * Opens the warehouse that the configuration asks for, and its database, which is made when missing. Its tables are
 * migrate-warehouse.ts's affair.
 * @throws OperatorError when it cannot be used
 */
export async function openWarehouse(options: OpenWarehouseOptions): Promise<Warehouse> {
  const { url, directory, logger, requestTimeoutMs, cluster = null } = options;
  if (url !== null) {
    const client = await connect(url, cluster, requestTimeoutMs);
    return { kind: 'server', cluster, client, close: () => client.close() };
  }
  const embedded = await startEmbeddedClickHouse({ directory, logger });
  try {
    const client = await connect(embedded.url, null, requestTimeoutMs);
    return {
      kind: 'embedded',
      cluster: null,
      client,
      async close() {
        await client.close();
        await embedded.stop();
      },
    };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

async function connect(url: string, cluster: string | null, requestTimeoutMs?: number): Promise<ClickHouseClient> {
  const target = parseUrl(url);
  await checkServer(target, cluster);
  return createWarehouseClient({ url, database: target.database, requestTimeoutMs, replicated: cluster !== null });
}

interface Target {
  url: string;
  /** Without the password, for messages. */
  address: string;
  database: string;
}

function parseUrl(url: string): Target {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new OperatorError(
      'CLICKHOUSE_URL is not a ClickHouse address: write it as http://user:password@host:8123/database.',
    );
  }
  const { origin, pathname } = new URL(url);
  const database = pathname.replace(/^\/+|\/+$/g, '') || DEFAULT_DATABASE;
  if (!/^[\w-]+$/.test(database)) {
    throw new OperatorError(
      `CLICKHOUSE_URL names the database "${database}": use letters, digits, _ and - only, as in ${origin}/attune.`,
    );
  }
  return { url, address: origin, database };
}

async function checkServer({ url, address, database }: Target, cluster: string | null): Promise<void> {
  // a database that is always there
  const client = createWarehouseClient({ url, database: 'system' });
  try {
    const found = await client.query({
      query:
        'SELECT version() AS version, (SELECT count() FROM system.databases WHERE name = {database:String}) AS known',
      query_params: { database },
      format: 'JSONEachRow',
    });
    const [row] = await found.json<{ version: string; known: string }>();
    checkVersion(row?.version ?? '');
    if (cluster !== null) await checkCluster(client, cluster);
    if (Number(row?.known) === 0) {
      const create = `CREATE DATABASE IF NOT EXISTS \`${database}\``;
      await client.command({ query: cluster === null ? create : onCluster(create, cluster) });
    }
  } catch (error) {
    throw operatorError(error, address);
  } finally {
    await client.close();
  }
}

function checkVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return;
  throw new OperatorError(
    `The ClickHouse server is version ${version}: Attune needs ${OLDEST.major}.${OLDEST.minor} or newer.`,
  );
}

function operatorError(error: unknown, address: string): unknown {
  if (error instanceof OperatorError) return error;
  if (error instanceof ClickHouseError) {
    const reason = error.message.split('\n')[0]?.trim() ?? '';
    return new OperatorError(`ClickHouse at ${address} refused the connection that CLICKHOUSE_URL names: ${reason}`, {
      cause: error,
    });
  }
  const failure = explainFailure(error);
  const reason = failure instanceof Error ? failure.message : String(failure);
  return new OperatorError(
    `Cannot use the ClickHouse at ${address}: ${reason.replace(/\.$/, '')}; check CLICKHOUSE_URL, and that the server is up.`,
    { cause: error },
  );
}
