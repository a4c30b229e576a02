import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../../../src/postgres/migrate.ts';
import { openDatabase } from '../../../src/postgres/open-database.ts';
import type { PoolDatabase } from '../../../src/postgres/pool-database.ts';
import { onServer, silentLogger } from '../../fixtures/postgres.ts';

export type EngineName = 'embedded' | 'postgres';

/** An empty Postgres for one measurement, to be filled before a server is started on it. */
export interface Engine {
  name: EngineName;
  dataDir: string;
  /** What a server needs beside `dataDir` to find it. */
  env: Record<string, string>;
  /** Opens and migrates it; to be closed before a server is started. */
  open(): Promise<PoolDatabase>;
  dispose(): Promise<void>;
}

/** The embedded engine, and a database of its own on the server that ATTUNE_TEST_DATABASE_URL names. */
export function engineNames(): EngineName[] {
  return process.env.ATTUNE_TEST_DATABASE_URL === undefined ? ['embedded'] : ['embedded', 'postgres'];
}

export async function createEngine(name: EngineName): Promise<Engine> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'attune-bench-'));
  const created = name === 'embedded' ? null : await createDatabase();
  const url = created?.url ?? null;
  return {
    ...{ name, dataDir, env: url === null ? {} : { DATABASE_URL: url } },
    async open() {
      const database = await openDatabase({ url, directory: path.join(dataDir, 'postgres'), logger: silentLogger });
      await migrate(database, silentLogger);
      return database;
    },
    async dispose() {
      await created?.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function createDatabase() {
  const server = process.env.ATTUNE_TEST_DATABASE_URL;
  if (server === undefined) throw new Error('ATTUNE_TEST_DATABASE_URL names no Postgres server.');
  const name = `attune_bench_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(server, `drop database ${name} with (force)`) };
}
