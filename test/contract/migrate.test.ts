import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate, MIGRATIONS_DIRECTORY } from '../../src/postgres/migrate.ts';
import type { PoolDatabase } from '../../src/postgres/pool-database.ts';
import type { Logger } from '../../src/shared/logger.ts';
import { silentLogger, testDatabases } from '../fixtures/postgres.ts';

describe.each(testDatabases())('migrations on $name', ({ open }) => {
  let db: PoolDatabase;
  let directory: string;
  let said: { fields: object; message: string }[];
  let logger: Logger;

  beforeEach(async () => {
    db = await open();
    directory = await mkdtemp(path.join(tmpdir(), 'attune-migrations-'));
    await cp(MIGRATIONS_DIRECTORY, directory, { recursive: true });
    said = [];
    logger = { ...silentLogger, info: (fields, message) => void said.push({ fields, message }) };
  });
  afterEach(async () => {
    await db.close();
    await rm(directory, { recursive: true });
  });

  const addMigration = (name: string, sql: string) =>
    writeFile(path.join(directory, `${name}.sql`), `-- Up Migration\n${sql}\n`);
  const tableExists = async (name: string) => {
    const [row] = await db.query<{ found: boolean }>('select to_regclass($1) is not null as found', [name]);
    return row!.found;
  };

  test('nothing is done or said when the schema is current', async () => {
    await migrate(db, logger, directory);
    expect(said).toEqual([]);
  });

  test('what is pending is applied once and told', async () => {
    await addMigration('9001_pears', 'create table pears (n integer);');
    await migrate(db, logger, directory);
    await migrate(db, logger, directory);
    expect(await tableExists('pears')).toBe(true);
    expect(said).toEqual([{ fields: { migrations: ['9001_pears'] }, message: 'Migrated the database' }]);
  });

  test('a migration that fails leaves nothing of itself or of those before it', async () => {
    await addMigration('9001_pears', 'create table pears (n integer);');
    await addMigration('9002_broken', 'create table plums (n integer); select 1 / 0;');
    await expect(migrate(db, logger, directory)).rejects.toMatchObject({ code: '22012' });
    expect(await tableExists('pears')).toBe(false);
    await rm(path.join(directory, '9002_broken.sql'));
    await migrate(db, logger, directory);
    expect(await tableExists('pears')).toBe(true);
  });

  test('a schema newer than the code is refused with the remedy', async () => {
    await addMigration('9001_pears', 'create table pears (n integer);');
    await migrate(db, logger, directory);
    await expect(migrate(db, logger)).rejects.toMatchObject({
      name: 'OperatorError',
      message:
        'The database is newer than this version of Attune (it knows migration 9001_pears): update Attune, or use another database.',
    });
  });

  test('several servers that start at once apply a migration once', async () => {
    await addMigration('9001_pears', 'create table pears (n integer); insert into pears values (1);');
    // embedded there is one process and so one starter
    const starters = db.kind === 'embedded' ? 1 : 4;
    await Promise.all(Array.from({ length: starters }, () => migrate(db, logger, directory)));
    expect(await db.query('select count(*) as n from pears')).toEqual([{ n: 1 }]);
    expect(said).toHaveLength(1);
  });
});
