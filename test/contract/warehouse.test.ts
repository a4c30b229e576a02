import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedConfig } from '../../src/clickhouse/embedded-config.ts';
import { startEmbeddedClickHouse } from '../../src/clickhouse/embedded-clickhouse.ts';
import { locateChdb } from '../../src/clickhouse/locate-chdb.ts';
import { migrateWarehouse } from '../../src/clickhouse/migrate-warehouse.ts';
import { openWarehouse } from '../../src/clickhouse/open-warehouse.ts';
import { sqlStatements } from '../../src/clickhouse/sql-statements.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { OperatorError } from '../../src/shared/errors.ts';
import { embeddedUrl, freshDatabaseUrl, silentLogger, testWarehouses } from '../fixtures/clickhouse.ts';

const knownMigrations = readdirSync(path.join(import.meta.dirname, '../../src/clickhouse/migrations')).sort();

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'attune warehouse é '));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const open = (url: string | null, folder = 'store') =>
  openWarehouse({ url, directory: path.join(directory, folder), logger: silentLogger });

async function failureOf(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OperatorError);
  return (error as OperatorError).message;
}

describe.each(testWarehouses())('warehouse on $name', ({ open: openMigrated }) => {
  let warehouse: Warehouse;
  beforeAll(async () => {
    warehouse = await openMigrated();
  });
  afterAll(() => warehouse.close());

  async function select(query: string): Promise<Record<string, unknown>[]> {
    return (await warehouse.client.query({ query, format: 'JSONEachRow' })).json();
  }

  test('64-bit integers keep all of their digits', async () => {
    expect(await select('SELECT 18446744073709551615 AS n')).toEqual([{ n: '18446744073709551615' }]);
  });

  test('every request is bounded in time at the server too', async () => {
    expect(await select("SELECT getSetting('max_execution_time')::String AS s")).toEqual([{ s: '10' }]);
  });

  test('migrating again, and several servers at once, changes nothing', async () => {
    const tables = () =>
      select('SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name');
    const before = await tables();
    await Promise.all(Array.from({ length: 4 }, () => migrateWarehouse(warehouse, silentLogger)));
    expect(await tables()).toEqual(before);
    expect(before.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'executions',
        'interactions',
        'posterior_deltas',
        'posteriors',
        'posteriors_of_deltas',
        'schema_migrations',
      ]),
    );
  });

  test('servers that migrate an empty database at once both succeed', async () => {
    const other = await openMigrated();
    for (const table of [
      'posteriors_of_deltas',
      'posteriors',
      'posterior_deltas',
      'interactions',
      'executions',
      'schema_migrations',
    ]) {
      await other.client.command({ query: `DROP TABLE ${table} SYNC` });
    }
    await Promise.all(Array.from({ length: 4 }, () => migrateWarehouse(other, silentLogger)));
    await other.client.command({ query: 'SELECT * FROM posteriors_of_deltas' });
    await other.close();
  });

  test('a migration that failed halfway is repeated, and later ones wait for it', async () => {
    const migrations = path.join(directory, 'migrations');
    await mkdir(migrations);
    for (const applied of knownMigrations) await writeFile(path.join(migrations, applied), 'SELECT 1');
    await writeFile(
      path.join(migrations, '0998_broken.sql'),
      'CREATE TABLE IF NOT EXISTS half (n UInt8) ENGINE = MergeTree ORDER BY n; CREATE NONSENSE',
    );
    const third = 'CREATE TABLE IF NOT EXISTS third (n UInt8) ENGINE = MergeTree ORDER BY n';
    await writeFile(path.join(migrations, '0999_third.sql'), third);
    const other = await openMigrated();
    expect(await failureOf(migrateWarehouse(other, silentLogger, migrations))).toMatch(
      /could not be migrated: Syntax error/,
    );
    await expect(other.client.command({ query: 'SELECT * FROM third' })).rejects.toThrow(/third/);
    await writeFile(
      path.join(migrations, '0998_broken.sql'),
      'CREATE TABLE IF NOT EXISTS half (n UInt8) ENGINE = MergeTree ORDER BY n',
    );
    await migrateWarehouse(other, silentLogger, migrations);
    await other.client.command({ query: 'SELECT * FROM half, third' });
    await other.close();
  });

  test('a schema that a newer version made is left alone', async () => {
    const other = await openMigrated();
    await other.client.insert({
      table: 'schema_migrations',
      values: [{ name: '0999_later.sql' }],
      format: 'JSONEachRow',
    });
    expect(await failureOf(migrateWarehouse(other, silentLogger))).toMatch(
      /newer than this version of Attune \(it knows migration 0999_later\.sql\): update Attune/,
    );
    await other.close();
  });
});

describe('opening by URL', () => {
  test('nobody there is one sentence without the password', async () => {
    const message = await failureOf(open('http://attune:hunter2@127.0.0.1:1/attune'));
    expect(message).toMatch(/http:\/\/127\.0\.0\.1:1: .*cannot be reached \(ECONNREFUSED\); check CLICKHOUSE_URL/);
    expect(message).not.toContain('hunter2');
  });

  test('a wrong password is told as such', async () => {
    const url = new URL(await embeddedUrl());
    url.password = 'wrong';
    expect(await failureOf(open(url.href))).toMatch(/refused the connection.*Authentication failed/);
  });

  test.each(['ftp://host', 'nonsense', ''])('%j is no address', async (url) => {
    expect(await failureOf(open(url))).toMatch(/CLICKHOUSE_URL is not a ClickHouse address/);
  });

  test('a server that is too old is named with its version', async () => {
    const old = createServer((_request, response) => response.end('{"version":"24.3.1.1","known":"1"}\n'));
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    const message = await failureOf(open(`http://127.0.0.1:${(old.address() as AddressInfo).port}/`));
    old.close();
    expect(message).toBe('The ClickHouse server is version 24.3.1.1: Attune needs 25.8 or newer.');
  });

  test('something that is not ClickHouse is told as such', async () => {
    const web = createServer((_request, response) => response.writeHead(404).end('<html>not here</html>'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const message = await failureOf(open(`http://127.0.0.1:${(web.address() as AddressInfo).port}/`));
    web.close();
    expect(message).toMatch(/check CLICKHOUSE_URL/);
  });

  test('the database in the URL is made when missing', async () => {
    const url = freshDatabaseUrl(await embeddedUrl());
    const warehouse = await open(`${url}-new/`);
    const result = await warehouse.client.query({ query: 'SELECT currentDatabase() AS name', format: 'JSONEachRow' });
    const [{ name }] = (await result.json()) as [{ name: string }];
    await warehouse.client.command({ query: 'DROP DATABASE {name:Identifier} SYNC', query_params: { name } });
    await warehouse.close();
    expect(`/${name}`).toBe(`${new URL(url).pathname}-new`);
  });

  test.each(['a/b', 'a%20b', "o'dd", 'a`b'])('%s is no name for a database', async (name) => {
    expect(await failureOf(open(`http://127.0.0.1:1/${name}`))).toMatch(/use letters, digits, _ and - only/);
  });
});

describe('the embedded engine', () => {
  test('keeps what it was told over a restart, and its configuration to its owner', async () => {
    const first = await open(null);
    expect(first.kind).toBe('embedded');
    await migrateWarehouse(first, silentLogger);
    await first.close();
    const second = await open(null);
    const result = await second.client.query({
      query: 'SELECT name FROM schema_migrations ORDER BY name',
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual(knownMigrations.map((name) => ({ name })));
    await second.close();
    expect((await stat(path.join(directory, 'store', 'config.xml'))).mode & 0o777).toBe(0o600);
  });

  test('shows nothing to a local program that does not have its password', async () => {
    const url = new URL(await embeddedUrl());
    url.username = '';
    url.password = '';
    const stranger = createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
    for (const query of [
      "SELECT * FROM system.tables WHERE database LIKE 'attune%'",
      "SELECT * FROM file('/etc/passwd', 'LineAsString', 's String')",
      "SELECT * FROM url('http://127.0.0.1:1', 'LineAsString', 's String')",
      'CREATE DATABASE stranger',
      'SELECT * FROM system.users',
    ]) {
      const answer = await stranger.query({ query, format: 'JSONEachRow' }).then(
        (result) => result.json(),
        (error: unknown) => String(error),
      );
      if (typeof answer === 'string') expect(answer).toContain('Not enough privileges');
      else expect(answer).toEqual([]);
    }
    await stranger.close();
  });

  test('a directory that another process works in is refused', async () => {
    const folder = path.join(directory, 'shared');
    const first = await startEmbeddedClickHouse({ directory: folder, logger: silentLogger });
    const message = await failureOf(startEmbeddedClickHouse({ directory: folder, logger: silentLogger }));
    await first.stop();
    expect(message).toContain(`The data directory ${folder} is in use by another process`);
  });

  test('a directory that cannot be made is named', async () => {
    await writeFile(path.join(directory, 'file'), '');
    expect(await failureOf(open(null, 'file/inside'))).toMatch(/cannot write to .*file\/inside \(ENOTDIR/);
  });

  test('an engine that fails to start is quoted', async () => {
    await mkdir(path.join(directory, 'blocked'));
    await writeFile(path.join(directory, 'blocked', 'data'), 'a file where the engine wants a folder');
    expect(await failureOf(open(null, 'blocked'))).toMatch(
      /did not start: it ended with exit code 1: .*File exists \[".*data"\]; mend that, .*CLICKHOUSE_URL/,
    );
  });

  test.each([
    ['win32-x64', true, 'win32-x64'],
    ['linux-x64', false, 'linux-x64 without glibc'],
    ['linux-riscv64', true, 'linux-riscv64'],
  ])('%s (glibc: %s) is no platform of its', async (name, hasGlibc, said) => {
    expect(await failureOf(locateChdb({ name, hasGlibc }))).toBe(
      `The embedded ClickHouse does not run on ${said}: set CLICKHOUSE_URL to a ClickHouse server (25.8 or newer).`,
    );
  });

  test('is configured by well-formed XML, whatever its folder is called', () => {
    expect(embeddedConfig({ file: '/tmp/<a> & b/config.xml', password: 'x' })).toContain(
      '<users_config>/tmp/&lt;a&gt; &amp; b/config.xml</users_config>',
    );
  });
});

describe('splitting a script into statements', () => {
  test('semicolons in texts, identifiers and comments do not end a statement', () => {
    const script = `-- first; not a statement
      SELECT ';', 'it''s; \\'; --' AS "a;b", \`c;d\` /* ; */ FROM t; -- trailing;
      ;
      SELECT 2`;
    expect(sqlStatements(script)).toEqual([`SELECT ';', 'it''s; \\'; --' AS "a;b", \`c;d\`   FROM t`, 'SELECT 2']);
  });
});
