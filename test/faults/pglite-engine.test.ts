import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { vacuumDueTables } from '../../src/postgres/autovacuum.ts';
import { startPglite, type PgliteEngine } from '../../src/postgres/pglite-engine.ts';
import type { PgliteStream } from '../../src/postgres/pglite-stream.ts';
import type { PoolDatabase } from '../../src/postgres/pool-database.ts';
import type { OperatorError } from '../../src/shared/errors.ts';
import { openTestDatabase } from '../fixtures/postgres.ts';

/** The one thing known to end the engine: it has no way to receive COPY data. */
const LETHAL = 'copy namespaces from stdin';

const READY_OUTSIDE_OF_TRANSACTION = 'Z\0\0\0\u0005I';

describe('an engine that crashes', () => {
  let db: PoolDatabase;
  let losses: OperatorError[];

  beforeEach(async () => {
    losses = [];
    db = await openTestDatabase({ onLoss: (error) => void losses.push(error) });
  });
  afterEach(() => db.close());

  test('fails the queries that run and wait, and those that come later, with what to do', async () => {
    const running = [db.query(LETHAL), ...Array.from({ length: 20 }, () => db.query('select pg_sleep(0.01)'))];
    const outcomes = await Promise.allSettled(running);
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : 'fulfilled'));
    expect(reasons.every((reason) => /^OperatorError: .*has stopped \(FATAL: .*restart Attune/.test(reason))).toBe(
      true,
    );
    await expect(db.query('select 1')).rejects.toMatchObject({ name: 'OperatorError' });
    expect(losses).toHaveLength(1);
  });

  test('fails the transaction that is open, with the same words', async () => {
    const transaction = db.transaction(async (tx) => {
      await tx.query('select 1');
      await tx.query(LETHAL);
    });
    await expect(transaction).rejects.toThrow(/restart Attune/);
  });

  test('does not keep the database from closing', async () => {
    await db.listen(
      'anything',
      () => {},
      () => {},
    );
    await expect(db.query(LETHAL)).rejects.toThrow();
    await db.close();
  });
});

describe('a transaction that is left idle', () => {
  test('is rolled back for the sake of the others, and its next statement says so', async () => {
    const db = await openTestDatabase({ idleInTransactionMs: 50 });
    await db.query('create table idle_test (n integer)');
    const idle = db.transaction(async (tx) => {
      await tx.query('insert into idle_test values (1)');
      // answered only once this transaction has been given up
      await db.query('select 1');
      await tx.query('insert into idle_test values (2)');
    });
    await expect(idle).rejects.toMatchObject({ code: '25P03' });
    expect(await db.query('select n from idle_test')).toEqual([]);
    await db.close();
  });

  test('is rolled back when its connection goes away', async () => {
    const db = await openTestDatabase();
    await db.query('create table idle_test (n integer)');
    const gone = db.withClient(async (client) => {
      await client.query('begin');
      await client.query('insert into idle_test values (1)');
      (client as unknown as { connection: { stream: PgliteStream } }).connection.stream.destroy(new Error('cut'));
      await client.query('select 1');
    });
    await expect(gone).rejects.toThrow();
    expect(await db.query('select n from idle_test')).toEqual([]);
    await db.close();
  });
});

describe('connections to one engine', () => {
  let engine: PgliteEngine;

  beforeAll(async () => {
    engine = await startPglite({ directory: null, idleInTransactionMs: 10_000 }, () => {});
  });
  afterAll(() => engine.stop());

  /** A connection on the level of bytes, past its start-up. */
  async function connect() {
    const stream = engine.connect().connect();
    const received: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => received.push(chunk));
    await once(stream, 'connect');
    stream.write(startup());
    await expect.poll(() => Buffer.concat(received).toString('latin1')).toContain(READY_OUTSIDE_OF_TRANSACTION);
    received.length = 0;
    return { stream, text: () => Buffer.concat(received).toString('latin1') };
  }

  test('a statement parsed for one client is never bound for another, however their bytes interleave', async () => {
    const [a, b] = await Promise.all([connect(), connect()]);
    const forA = Buffer.concat([parse("select 'answer for a'"), bind(), execute(), sync()]);
    const forB = Buffer.concat([parse("select 'answer for b'"), bind(), execute(), sync()]);
    const cut = parse("select 'answer for a'").length;
    a.stream.write(forA.subarray(0, cut + 3));
    b.stream.write(forB.subarray(0, cut - 4));
    await new Promise(setImmediate);
    b.stream.write(forB.subarray(cut - 4));
    await expect.poll(b.text).toContain(READY_OUTSIDE_OF_TRANSACTION);
    a.stream.write(forA.subarray(cut + 3));
    await expect.poll(a.text).toContain(READY_OUTSIDE_OF_TRANSACTION);
    expect(a.text()).toContain('answer for a');
    expect(b.text()).toContain('answer for b');
    expect(a.text() + b.text()).not.toContain('ERROR');
  });

  test('between Flush and Sync nobody else is served', async () => {
    const [a, b] = await Promise.all([connect(), connect()]);
    a.stream.write(Buffer.concat([parse("select 'answer for a'"), flush()]));
    await expect.poll(a.text).not.toBe('');
    b.stream.write(Buffer.concat([parse("select 'answer for b'"), bind(), execute(), sync()]));
    await new Promise(setImmediate);
    expect(b.text()).toBe('');
    a.stream.write(Buffer.concat([bind(), execute(), sync()]));
    await expect.poll(b.text).toContain('answer for b');
    expect(a.text()).toContain('answer for a');
  });

  test('a client that goes away between Flush and Sync leaves no transaction behind', async () => {
    const [a, b] = await Promise.all([connect(), connect()]);
    a.stream.write(Buffer.concat([parse('begin'), bind(), execute(), flush()]));
    await expect.poll(a.text).toContain('BEGIN');
    a.stream.destroy();
    b.stream.write(Buffer.concat([parse("select 'outside'"), bind(), execute(), sync()]));
    await expect.poll(b.text).toContain('outside');
    expect(b.text()).toContain(READY_OUTSIDE_OF_TRANSACTION);
  });

  test('a client that asks for TLS is told no', async () => {
    const stream = engine.connect().connect();
    await once(stream, 'connect');
    stream.write(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    const [answer] = (await once(stream, 'data')) as [Buffer];
    expect(answer.toString()).toBe('N');
    stream.destroy();
  });

  test('the first query of a client may fail', async () => {
    const { stream, text } = await connect();
    stream.write(Buffer.concat([parse('select nonsense'), bind(), execute(), sync()]));
    await expect.poll(text).toContain('C42703');
    await expect.poll(text).toContain(READY_OUTSIDE_OF_TRANSACTION);
    stream.destroy();
  });
});

test.each([
  ['dead', 'delete from churn where n <= 900'],
  ['new', 'insert into churn select n from generate_series(1, 2000) n'],
])('tables with many %s rows are vacuumed once, and left alone after that', async (_kind, change) => {
  const db = await openTestDatabase();
  await db.query('create table churn as select n from generate_series(1, 1000) n');
  await db.query('vacuum analyze churn');
  await db.query(change);
  await db.query('select pg_stat_force_next_flush()');
  await expect.poll(() => vacuumDueTables(db)).toBeGreaterThan(0);
  await db.query('select pg_stat_force_next_flush()');
  const [row] = await db.query(`
    select vacuum_count, n_dead_tup, relallvisible = relpages as all_visible
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid where s.relname = 'churn'`);
  expect(row).toEqual({ vacuum_count: 2, n_dead_tup: 0, all_visible: true });
  expect(await vacuumDueTables(db)).toBe(0);
  await db.close();
});

function message(type: string, ...parts: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const header = Buffer.alloc(5);
  header.write(type, 0);
  header.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([header, body]);
}

const none = Buffer.from([0, 0]);
const parse = (sql: string) => message('P', '', sql, none);
const bind = () => message('B', '', '', none, none, none);
const execute = () => message('E', '', Buffer.alloc(4));
const sync = () => message('S');
const flush = () => message('H');

function startup(): Buffer {
  const body = Buffer.from('\0\u0003\0\0user\0postgres\0database\0postgres\0\0');
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([length, body]);
}
