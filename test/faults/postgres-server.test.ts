import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertUsable, openServer } from '../../src/postgres/open-server.ts';
import type { PoolDatabase } from '../../src/postgres/pool-database.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';
import { startTcpRelay } from '../fixtures/tcp-relay.ts';

const open = (url: string) => openServer({ url, logger: silentLogger });

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a server that cannot be used is refused in one sentence', () => {
  test('when nothing answers, without the password in it', async () => {
    const port = await freePort();
    await expect(open(`postgres://user:sesame@127.0.0.1:${port}/shop`)).rejects.toMatchObject({
      name: 'OperatorError',
      message: `Cannot use the Postgres at 127.0.0.1:${port}/shop (connect ECONNREFUSED 127.0.0.1:${port}): check that it is running and that DATABASE_URL names the right host, user, password and database.`,
    });
  });

  test.each(['mysql://host/db', 'not a url', 'host:5432'])('when %s is no Postgres address', async (url) => {
    await expect(open(url)).rejects.toThrow(/^DATABASE_URL is not a Postgres address: write it as postgres:\/\//);
  });

  const usable = { version: '17.2', version_number: 170_002, vector_installed: null, vector_available: '0.8.0' };
  test.each([
    [{ version: '14.9', version_number: 140_009 }, /runs Postgres 14\.9, but Attune needs 15 or newer: upgrade it/],
    [{ vector_available: null }, /has no pgvector extension: install pgvector 0\.7 or newer/],
    [{ vector_available: '0.6.2' }, /offers pgvector 0\.6\.2, but Attune needs 0\.7/],
    [{ vector_installed: '0.5.0' }, /uses pgvector 0\.5\.0, but .*: run ALTER EXTENSION vector UPDATE in it\.$/],
    [
      { vector_installed: '0.5.0', vector_available: '0.5.0' },
      /install pgvector 0\.7 or newer on the server, then run/,
    ],
  ])('when it is %o', (facts, message) => {
    expect(() => assertUsable({ ...usable, ...facts }, 'host:5432/db')).toThrow(message);
  });

  test('but not when all is well', () => {
    for (const installed of [null, '0.7.0', '0.10.1', '1.0.0']) {
      expect(() =>
        assertUsable({ ...usable, vector_installed: installed, vector_available: '1.0.0' }, ''),
      ).not.toThrow();
    }
  });
});

const servers = testDatabases().filter(({ name }) => name === 'Postgres');

describe.each(servers)('when connections to $name are cut', (server) => {
  let db: PoolDatabase;
  beforeAll(async () => {
    db = await server.open();
  });
  afterAll(() => db.close());

  /** Ends every session of the database but the asking one; returns how many. */
  async function cutOthers(): Promise<number> {
    const rows = await db.query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    return rows.length;
  }

  test('a listener comes back, says so, and hears again', async () => {
    const heard: string[] = [];
    let reconnects = 0;
    const stop = await db.listen(
      'news',
      (payload) => void heard.push(payload),
      () => void reconnects++,
    );
    expect(await cutOthers()).toBeGreaterThan(0);
    await expect.poll(() => reconnects, { timeout: 10_000 }).toBe(1);
    await db.query("select pg_notify('news', 'after')");
    await expect.poll(() => heard).toEqual(['after']);
    await stop();
  });

  test('a transaction fails with the reason, and the next one works', async () => {
    const cut = db.transaction(async (tx) => {
      await tx.query('select 1');
      await cutOthers();
      await tx.query('select 1');
    });
    await expect(cut).rejects.toMatchObject({ name: 'UnavailableError', cause: { code: '57P01' } });
    expect(await db.transaction((tx) => tx.query('select 1 as one'))).toEqual([{ one: 1 }]);
  });

  const urlOfDatabase = async () => {
    const [{ name } = { name: '' }] = await db.query<{ name: string }>('select current_database() as name');
    const url = new URL(process.env.ATTUNE_TEST_DATABASE_URL!);
    url.pathname = `/${name}`;
    return url.href;
  };

  test('a server that vanished without a word is given up, and one that took its place serves', async () => {
    const network = await startTcpRelay(await urlOfDatabase());
    const far = await openServer({ url: network.url, logger: silentLogger, queryTimeoutMs: 300 });
    const transaction = far.transaction(async (tx) => {
      await tx.query('select 1');
      network.silence();
      await tx.query('select 1');
    });
    await expect(transaction).rejects.toMatchObject({ name: 'UnavailableError', store: 'Postgres' });
    expect(await far.query('select 1 as one')).toEqual([{ one: 1 }]);
    network.refuse(true);
    network.cut();
    await expect(far.query('select 1')).rejects.toMatchObject({ name: 'UnavailableError' });
    await far.close();
    await network.close();
  });

  test('a statement that was given up ends on the server too, and lets go of what it has locked', async () => {
    const impatient = await openServer({ url: await urlOfDatabase(), logger: silentLogger, queryTimeoutMs: 300 });
    await expect(impatient.query('select pg_sleep(3600)')).rejects.toMatchObject({ name: 'UnavailableError' });
    const sleeping = () =>
      db.query("select pid from pg_stat_activity where query like 'select pg_sleep(3600)%' and state = 'active'");
    await expect.poll(sleeping).toEqual([]);
    await impatient.close();
  });

  test('idle connections of the pool are replaced without a word to the caller', async () => {
    await Promise.all(Array.from({ length: 5 }, () => db.query('select pg_sleep(0.05)')));
    expect(await cutOthers()).toBeGreaterThanOrEqual(4);
    await expect.poll(() => db.query('select 1 as one').catch(() => [])).toEqual([{ one: 1 }]);
  });
});
