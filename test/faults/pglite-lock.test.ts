import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDirectory } from '../../src/postgres/data-directory-lock.ts';
import { startChild, type Child } from '../fixtures/child-process.ts';

let directory: string;
let children: Child[];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'attune-lock-'));
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await rm(directory, { recursive: true, force: true });
});

function startHolder(): Child {
  const child = startChild('lock-holder.ts', [directory]);
  children.push(child);
  return child;
}

test('a directory that another process holds is refused with its pid and the remedy', async () => {
  const holder = startHolder();
  await holder.printed(1);
  await expect(lockDataDirectory(directory)).rejects.toMatchObject({
    name: 'OperatorError',
    message: `The data directory ${directory} is in use by another Attune process (pid ${holder.pid}); stop it or set ATTUNE_DATA_DIR to another folder.`,
  });
});

test('the lock of a killed process is free at once', async () => {
  const holder = startHolder();
  await holder.printed(1);
  await holder.kill();
  const lock = await lockDataDirectory(directory);
  await lock.release();
});

test('of several processes that start together exactly one gets the directory', async () => {
  const starters = Array.from({ length: 4 }, startHolder);
  await Promise.all(starters.map((starter) => starter.printed(1)));
  const outcomes = starters.map(({ lines }) => lines[0]!);
  expect(outcomes.filter((outcome) => outcome === 'locked')).toHaveLength(1);
  expect(outcomes.filter((outcome) => /in use by another Attune process/.test(outcome))).toHaveLength(3);
});

test('a released directory can be locked again, a held one not even by its own process', async () => {
  const first = await lockDataDirectory(directory);
  await expect(lockDataDirectory(directory)).rejects.toThrow(`(pid ${process.pid})`);
  await first.release();
  const second = await lockDataDirectory(directory);
  await second.release();
});

test('a directory that cannot be made is refused in one sentence', async () => {
  const file = path.join(directory, 'file');
  await writeFile(file, '');
  await expect(lockDataDirectory(path.join(file, 'below'))).rejects.toMatchObject({
    name: 'OperatorError',
    message: expect.stringMatching(/cannot be written \(.*\); set ATTUNE_DATA_DIR/) as string,
  });
});
