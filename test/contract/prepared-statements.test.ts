import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PoolDatabase } from '../../src/postgres/pool-database.ts';
import { testDatabases } from '../fixtures/postgres.ts';

interface Kept {
  name: string;
  generic_plans: number;
  custom_plans: number;
}

describe.each(testDatabases())('prepared statements on $name', ({ open }) => {
  let db: PoolDatabase;

  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());

  const prepared = <Row extends object>(sql: string, ...values: unknown[]) =>
    db.query<Row>(sql, values, { prepare: true });
  const kept = (text: string) =>
    db.query<Kept>(
      'select name, generic_plans, custom_plans from pg_prepared_statements where statement = $1 order by name',
      [text],
    );

  test('answer on every connection, whichever of them parsed the text', async () => {
    const text = 'select $1::integer + 1 as n, pg_sleep(0.01)';
    const asked = Array.from({ length: 40 }, (_, n) => n);
    const answers = await Promise.all(asked.map((n) => prepared<{ n: number }>(text, n)));
    expect(answers.map(([row]) => row?.n)).toEqual(asked.map((n) => n + 1));
  });

  test('are parsed once by a connection, and planned once where the values do not matter', async () => {
    const text = 'select count(*) as n from pg_class where oid = $1::integer';
    for (let n = 0; n < 12; n++) await prepared(text, n);
    const statements = await kept(text);
    expect(statements).toHaveLength(1);
    expect(statements[0]).toMatchObject({ custom_plans: 5, generic_plans: 7 });
  });

  test('work in a transaction, and leave it usable where one fails there', async () => {
    const divide = 'select 12 / $1::integer as n';
    const broken = db.transaction((tx) => tx.query(divide, [0], { prepare: true }));
    await expect(broken).rejects.toMatchObject({ code: '22012' });
    expect(await db.transaction((tx) => tx.query(divide, [4], { prepare: true }))).toEqual([{ n: 3 }]);
  });

  test('that could not be parsed can be tried again', async () => {
    const text = 'select count(*) as n from late where id = $1';
    await expect(prepared(text, 1)).rejects.toMatchObject({ code: '42P01' });
    await db.query('create table late (id integer)');
    expect(await prepared(text, 1)).toEqual([{ n: 0 }]);
  });

  test('follow an index and a column that their table gets', async () => {
    await db.query('create table growing (id integer)');
    const text = 'select id from growing where id = $1';
    expect(await prepared(text, 7)).toEqual([]);
    await db.query('alter table growing add column name text');
    await db.query('create index on growing (id)');
    await db.query("insert into growing values (7, 'seven')");
    expect(await prepared(text, 7)).toEqual([{ id: 7 }]);
  });

  test('of which there are many are not all kept', async () => {
    const texts = Array.from({ length: 130 }, (_, n) => `select $1::integer as column_${n}`);
    for (const [n, text] of texts.entries()) expect(await prepared(text, n)).toEqual([{ [`column_${n}`]: n }]);
    const [count] = await db.query<{ n: number }>(
      "select max(n) as n from (select count(*) as n from pg_prepared_statements group by split_part(name, '_', 2)) c",
    );
    expect(count?.n).toBe(100);
  });
});
