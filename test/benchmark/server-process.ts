import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { asking, processAdminKey, startCommand, urlOf } from '../fixtures/attune-process.ts';
import { onServer } from '../fixtures/postgres.ts';
import { cpuSeconds, descendantsSeconds, mainThreadSeconds, parentOf } from './cpu-time.ts';

/** Attune as it is run, in a process of its own, so that what measures it takes none of its one thread. */
export interface ServerProcess {
  url: string;
  adminKey: string;
  ask: ReturnType<typeof asking>;
  /** CPU taken so far, in seconds, by who took it. */
  cpu(): CpuTimes;
  stop(): Promise<void>;
}

export interface CpuTimes {
  /** The thread that runs Attune. */
  main: number;
  /** The other threads of its process: the embedded Postgres, garbage collection, file and network. */
  threads: number;
  clickHouse: number;
  /** A server of Postgres on this machine, whoever it works for; 0 where it is embedded or elsewhere. */
  postgres: number;
}

/** The pairs of stores that a benchmark is run on, by name, as environment variables. */
export function storesToMeasure(): Map<string, Record<string, string>> {
  const { ATTUNE_TEST_DATABASE_URL: database, ATTUNE_TEST_CLICKHOUSE_URL: clickHouse } = process.env;
  const stores = new Map<string, Record<string, string>>([['embedded', {}]]);
  if (database !== undefined) {
    const name = clickHouse === undefined ? 'Postgres, embedded ClickHouse' : 'Postgres, ClickHouse';
    stores.set(name, { DATABASE_URL: database, ...(clickHouse !== undefined && { CLICKHOUSE_URL: clickHouse }) });
  }
  return stores;
}

/**
 * A server without limits of rate; where DATABASE_URL names one of Postgres, on a database of its own there, which is gone
 * when it has stopped. ATTUNE_BENCH_NODE_OPTIONS goes to its Node: `--cpu-prof --cpu-prof-dir=DIR` shows what it is busy with.
 */
export async function startServerProcess(env: Record<string, string>): Promise<ServerProcess> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'attune-benchmark-'));
  const database = env['DATABASE_URL'] === undefined ? null : await createDatabase(env['DATABASE_URL']);
  const server = startCommand(['start'], {
    dataDir,
    env: {
      ...{ ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0', ATTUNE_METRICS_TOKEN: processAdminKey },
      ...env,
      ...(database !== null && { DATABASE_URL: database.url }),
    },
    nodeOptions: process.env.ATTUNE_BENCH_NODE_OPTIONS?.split(' ') ?? [],
  });
  const url = await urlOf(server);
  return {
    url,
    adminKey: processAdminKey,
    ask: asking(url),
    cpu() {
      const main = mainThreadSeconds(server.pid);
      return {
        main,
        threads: cpuSeconds([server.pid]) - main,
        clickHouse: descendantsSeconds(server.pid),
        postgres: database === null ? 0 : database.cpuSeconds(),
      };
    },
    async stop() {
      server.signal('SIGTERM');
      await server.ended;
      await database?.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function createDatabase(serverUrl: string) {
  const name = `attune_benchmark_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const postmaster = isHere ? await postmasterOf(url.href) : 0;
  return {
    url: url.href,
    cpuSeconds: () => descendantsSeconds(postmaster),
    async drop() {
      await onServer(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function postmasterOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = parentOf(rows[0]!.pid);
  await client.end();
  return postmaster;
}
