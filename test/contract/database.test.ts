import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Queryable } from '../../src/postgres/database.ts';
import type { PoolDatabase } from '../../src/postgres/pool-database.ts';
import { decodeVector, encodeVector, encodeVectors } from '../../src/postgres/vector-codec.ts';
import { testDatabases } from '../fixtures/postgres.ts';

const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof pg.DatabaseError ? error.code : String(error)),
  );

/** Collects what a listener hears. */
function inbox() {
  const heard: string[] = [];
  return { heard, add: (payload: string) => void heard.push(payload) };
}

const ignore = (): void => {};

describe.each(testDatabases())('a database on $name', ({ open }) => {
  let db: PoolDatabase;

  beforeAll(async () => {
    db = await open();
    await db.query('create table things (id integer primary key, name text not null)');
  });

  afterAll(() => db.close());

  const count = async (on: Queryable = db): Promise<number> => {
    const [row] = await on.query<{ n: number }>('select count(*) as n from things');
    return row!.n;
  };

  describe('types', () => {
    const one = async (sql: string, ...values: unknown[]): Promise<unknown> => {
      const [row] = await db.query<{ value: unknown }>(`select ${sql} as value`, values);
      return row!.value;
    };

    test('a bigint is a number, and a BigInt where a number would round it', async () => {
      expect(await one('$1::bigint', Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
      expect(await one("'-9007199254740993'::bigint")).toBe(-9007199254740993n);
    });

    test('a bigint array holds numbers, BigInts and nulls', async () => {
      expect(await one('array[1, null, 9007199254740993]::bigint[]')).toEqual([1, null, 9007199254740993n]);
    });

    test('the types of other users of pg are left as they are', () => {
      expect(pg.types.getTypeParser(pg.types.builtins.INT8)('7')).toBe('7');
    });

    test('a timestamptz keeps its milliseconds both ways', async () => {
      const at = new Date('2026-02-28T23:59:59.987Z');
      expect(await one('$1::timestamptz', at)).toEqual(at);
    });

    test('jsonb sent as JSON text arrives parsed', async () => {
      const value = { list: [1, 'two', null], ключ: '\u{1F680}' };
      expect(await one('$1::jsonb', JSON.stringify(value))).toEqual(value);
    });

    test('bytea, text arrays with nulls and quotes, doubles and booleans survive', async () => {
      expect(await one('$1::bytea', Buffer.from([0, 255, 10]))).toEqual(Buffer.from([0, 255, 10]));
      expect(await one('$1::text[]', ['a "b"', null, '{,}', ''])).toEqual(['a "b"', null, '{,}', '']);
      expect(await one('$1::float8', 0.1 + 0.2)).toBe(0.1 + 0.2);
      expect(await one('$1::boolean', false)).toBe(false);
    });
  });

  describe('vectors', () => {
    const ask = async (sql: string, values: unknown[]) => (await db.query<Record<string, string>>(sql, values))[0]!;

    test('one vector survives in binary, to the last bit of a float', async () => {
      const vector = Float32Array.of(1, -0.1, 3e-38, 16_777_217, Math.fround(Math.PI));
      const { v } = await ask('select $1::vector as v', [encodeVector(vector)]);
      expect(decodeVector(v!)).toEqual(vector);
    });

    test('a list of vectors keeps its order and may mix dimensions', async () => {
      const rows = await db.query<{ v: string }>(
        'select v from unnest($1::vector[]) with ordinality as u (v, n) order by n',
        [encodeVectors([Float32Array.of(1), Float32Array.of(2, 3)])],
      );
      expect(rows.map(({ v }) => v)).toEqual(['[1]', '[2,3]']);
    });

    test('an empty list of vectors is an empty array', async () => {
      expect(await ask('select cardinality($1::vector[]) as n', [encodeVectors([])])).toEqual({ n: 0 });
    });

    test('NaN, infinities and a wrong dimension are refused', async () => {
      expect(await codeOf(db.query('select $1::vector', [encodeVector(Float32Array.of(Number.NaN))]))).toBe('22000');
      expect(await codeOf(db.query('select $1::vector', [encodeVector(Float32Array.of(-Infinity))]))).toBe('22000');
      expect(await codeOf(db.query('select $1::vector(3)', [encodeVector(Float32Array.of(1, 2))]))).toBe('22000');
      expect(() => encodeVector(new Float32Array(0))).toThrow(RangeError);
    });

    test('distances work on what was sent', async () => {
      const { d } = await ask('select $1::vector <=> $2::vector as d', [
        encodeVector(Float32Array.of(1, 0)),
        encodeVector(Float32Array.of(0, 1)),
      ]);
      expect(d).toBe(1);
    });
  });

  describe('errors', () => {
    test.each([
      ['select 1 from nowhere', '42P01'],
      ['selec', '42601'],
      ['select 1 / 0', '22012'],
      ["select 'x'::integer", '22P02'],
      ['insert into things values (1, null)', '23502'],
    ])('%s fails with %s and the database goes on', async (sql, code) => {
      expect(await codeOf(db.query(sql))).toBe(code);
      expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
    });

    test('a unique violation names its constraint', async () => {
      await expect(db.query("insert into things values (2, 'a'), (2, 'b')")).rejects.toMatchObject({
        code: '23505',
        constraint: 'things_pkey',
      });
    });

    test('a parameter that cannot be sent fails alone', async () => {
      const cyclic: Record<string, unknown> = {};
      cyclic.self = cyclic;
      await expect(db.query('select $1::jsonb', [cyclic])).rejects.toThrow(/circular/);
      expect(await db.query('select $1::text as t', ['next'])).toEqual([{ t: 'next' }]);
    });
  });

  describe('transactions', () => {
    test('what is committed stays', async () => {
      const before = await count();
      const result = await db.transaction(async (tx) => {
        await tx.query("insert into things values (10, 'kept')");
        return 'done';
      });
      expect(result).toBe('done');
      expect(await count()).toBe(before + 1);
    });

    test('a throw rolls back and is rethrown as it was', async () => {
      const before = await count();
      const reason = new Error('no');
      await expect(
        db.transaction(async (tx) => {
          await tx.query("insert into things values (11, 'dropped')");
          throw reason;
        }),
      ).rejects.toBe(reason);
      expect(await count()).toBe(before);
    });

    test('a transaction whose failed statement was ignored does not pass for committed', async () => {
      const before = await count();
      const ignoring = db.transaction(async (tx) => {
        await tx.query("insert into things values (12, 'dropped')");
        await tx.query('select 1 / 0').catch(ignore);
      });
      await expect(ignoring).rejects.toThrow(/rolled back/);
      expect(await count()).toBe(before);
    });

    test('a statement after the end of its transaction is refused', async () => {
      const ended = await db.transaction((tx) => Promise.resolve(tx));
      await expect(ended.query("insert into things values (13, 'late')")).rejects.toThrow(/has ended/);
    });

    test('statements that are not waited for run in their order', async () => {
      const rows = await db.transaction(async (tx) => {
        await tx.query('create temporary table steps (n integer generated always as identity, step integer)');
        await Promise.all(
          Array.from({ length: 20 }, (_, step) => tx.query('insert into steps (step) values ($1)', [step])),
        );
        const steps = await tx.query<{ step: number }>('select step from steps order by n');
        await tx.query('drop table steps');
        return steps;
      });
      expect(rows.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, step) => step));
    });

    test('others see nothing of a transaction that is not committed', async () => {
      const before = await count();
      let seen: Promise<number> | undefined;
      await db
        .transaction(async (tx) => {
          await tx.query("insert into things values (14, 'secret')");
          // embedded, this waits for the end of the transaction
          seen = count();
          await setImmediate();
          await tx.query("insert into things values (15, 'secret')");
          throw new Error('changed my mind');
        })
        .catch(ignore);
      expect(await seen).toBe(before);
    });

    test('increments of many transactions at once are all counted', async () => {
      await db.query("insert into things values (16, '0')");
      await Promise.all(
        Array.from({ length: 25 }, () =>
          db.transaction(async (tx) => {
            const [row] = await tx.query<{ name: string }>('select name from things where id = 16 for update');
            await tx.query('update things set name = $1 where id = 16', [String(Number(row!.name) + 1)]);
          }),
        ),
      );
      expect(await db.query('select name from things where id = 16')).toEqual([{ name: '25' }]);
    });
  });

  describe('many sessions', () => {
    test('every one of 50 parallel queries gets its own answer', async () => {
      const asked = Array.from({ length: 50 }, (_, n) => n);
      const answers = await Promise.all(
        asked.map((n) =>
          n % 7 === 6
            ? codeOf(db.query('select $1::integer / 0', [n]))
            : db.query(`select $1::integer as n, $2::text as t, ${n} as literal`, [n, `t${n}`]),
        ),
      );
      expect(answers).toEqual(asked.map((n) => (n % 7 === 6 ? '22012' : [{ n, t: `t${n}`, literal: n }])));
    });

    test('transactions and plain queries interleave without mixing', async () => {
      const inTransactions = Array.from({ length: 20 }, (_, n) =>
        db.transaction(async (tx) => {
          const [first] = await tx.query<{ n: number }>('select $1::integer as n', [n]);
          const [second] = await tx.query<{ t: string }>('select $1::text as t', [`t${n}`]);
          return [first!.n, second!.t];
        }),
      );
      const plain = Array.from({ length: 20 }, async (_, n) => {
        const [row] = await db.query<{ n: number; t: string }>('select $1::integer as n, $2::text as t', [n, `t${n}`]);
        return [row!.n, row!.t];
      });
      const expected = Array.from({ length: 20 }, (_, n) => [n, `t${n}`]);
      expect(await Promise.all(inTransactions)).toEqual(expected);
      expect(await Promise.all(plain)).toEqual(expected);
    });

    test('a result of many megabytes and a parameter of as many arrive whole', async () => {
      const rows = await db.query<{ n: number; t: string }>(
        "select n, repeat('x', 1000) as t from generate_series(1, 10000) n",
      );
      expect(rows).toHaveLength(10_000);
      expect(rows.every(({ n, t }, index) => n === index + 1 && t.length === 1000)).toBe(true);
      const [row] = await db.query<{ size: number }>('select length($1::text) as size', ['é'.repeat(4_000_000)]);
      expect(row!.size).toBe(4_000_000);
    });
  });

  describe('notifications', () => {
    test('a listener hears what other sessions send, in order, on its channel only', async () => {
      const { heard, add } = inbox();
      const stop = await db.listen('news "quoted"', add, ignore);
      await db.query("select pg_notify('other', 'not this')");
      for (const payload of ['first', 'second', ''])
        await db.query('select pg_notify($1, $2)', ['news "quoted"', payload]);
      await expect.poll(() => heard).toEqual(['first', 'second', '']);
      await stop();
    });

    test('a notification is sent when its transaction commits, and not when it rolls back', async () => {
      const { heard, add } = inbox();
      const stop = await db.listen('outcome', add, ignore);
      const notify = (tx: Queryable, payload: string) => tx.query('select pg_notify($1, $2)', ['outcome', payload]);
      await db
        .transaction(async (tx) => {
          await notify(tx, 'rolled back');
          throw new Error('no');
        })
        .catch(ignore);
      await db.transaction((tx) => notify(tx, 'committed'));
      await expect.poll(() => heard).toEqual(['committed']);
      await stop();
    });

    test('a listener that stops hears no more, and the others go on', async () => {
      const leaving = inbox();
      const staying = inbox();
      const stopLeaving = await db.listen('shared', leaving.add, ignore);
      const stopStaying = await db.listen('shared', staying.add, ignore);
      await db.query("select pg_notify('shared', '1')");
      await expect.poll(() => [leaving.heard, staying.heard]).toEqual([['1'], ['1']]);
      await stopLeaving();
      await db.query("select pg_notify('shared', '2')");
      await expect.poll(() => staying.heard).toEqual(['1', '2']);
      expect(leaving.heard).toEqual(['1']);
      await stopStaying();
    });
  });

  test('closing twice is closing once, and queries after it fail', async () => {
    const other = await open();
    const stop = await other.listen('anything', ignore, ignore);
    await Promise.all([other.close(), other.close()]);
    await stop();
    await expect(other.query('select 1')).rejects.toThrow(/after calling end/);
  });
});
