import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbedded } from '../../src/postgres/open-embedded.ts';
import { startChild } from '../fixtures/child-process.ts';
import { silentLogger } from '../fixtures/postgres.ts';

let parent: string;
let directory: string;

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'attune-kill-'));
  directory = path.join(parent, 'postgres');
});

afterEach(() => rm(parent, { recursive: true, force: true }));

test('no row whose commit was acknowledged is lost when the process is killed, round after round', async () => {
  let acknowledged = 0;
  for (const rowsBeforeKill of [40, 1, 150]) {
    const writer = startChild('row-writer.ts', [directory]);
    await writer.printed(rowsBeforeKill);
    await writer.kill();
    // whole lines only: the last may have been cut
    acknowledged = Math.max(acknowledged, ...writer.lines.slice(0, -1).map(Number));
  }
  const database = await openEmbedded({ directory, logger: silentLogger });
  const [row] = await database.query<{ rows: number; last: number }>(
    'select count(*) as rows, max(n) as last from written',
  );
  await database.close();
  expect(acknowledged).toBeGreaterThan(150);
  expect(row!.last).toBeGreaterThanOrEqual(acknowledged);
  expect(row!.rows).toBe(row!.last);
});

test('a first start that was killed half way is begun anew', async () => {
  const started = startChild('row-writer.ts', [directory]);
  await expect.poll(() => existsSync(`${directory}.initialising`), { timeout: 20_000 }).toBe(true);
  await started.kill();
  // what a kill in the midst of it leaves, whenever this one came
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'PG_VERSION'), '18\n');
  const database = await openEmbedded({ directory, logger: silentLogger });
  expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  await database.close();
  expect(existsSync(`${directory}.initialising`)).toBe(false);
});

test('a directory that holds something else than a database is refused in one sentence, and left alone', async () => {
  await rm(directory, { recursive: true, force: true });
  const file = path.join(parent, 'postgres');
  await writeFile(file, 'not a directory');
  await expect(openEmbedded({ directory: file, logger: silentLogger })).rejects.toMatchObject({
    name: 'OperatorError',
    message: expect.stringMatching(/does not start \(.*\): .*ATTUNE_DATA_DIR/) as string,
  });
  expect(existsSync(file)).toBe(true);
});
