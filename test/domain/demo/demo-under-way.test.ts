import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { expectsDemo, markDemoUnderWay, wantsDemo } from '../../../src/demo/demo-under-way.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'attune-demo-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

function holding(count: number): Parameters<typeof wantsDemo>[1] {
  return { list: () => Promise.resolve({ items: new Array(count).fill({}), hasNextPage: false }) };
}

const embedded = () => ({ demo: null, databaseUrl: null, dataDir });

it('is wanted in an empty embedded store only', async () => {
  expect(await wantsDemo(embedded(), holding(0), 'ns')).toBe(true);
  expect(await wantsDemo(embedded(), holding(1), 'ns')).toBe(false);
  expect(await wantsDemo({ ...embedded(), databaseUrl: 'postgres://db' }, holding(0), 'ns')).toBe(false);
  expect(await wantsDemo({ ...embedded(), demo: true, databaseUrl: 'postgres://db' }, holding(0), 'ns')).toBe(false);
});

it('can be forbidden', async () => {
  await markDemoUnderWay(dataDir);
  expect(await wantsDemo({ ...embedded(), demo: false }, holding(0), 'ns')).toBe(false);
});

it('is wanted again until it was loaded to its end', async () => {
  const done = await markDemoUnderWay(dataDir);
  expect(await wantsDemo(embedded(), holding(1), 'ns')).toBe(true);
  await markDemoUnderWay(dataDir);
  expect(await wantsDemo(embedded(), holding(1), 'ns')).toBe(true);
  await done();
  expect(await wantsDemo(embedded(), holding(1), 'ns')).toBe(false);
});

it('is expected before the stores are open where there are none yet, or where it was under way', async () => {
  expect(expectsDemo(embedded())).toBe(true);
  expect(expectsDemo({ ...embedded(), demo: false })).toBe(false);
  expect(expectsDemo({ ...embedded(), databaseUrl: 'postgres://db' })).toBe(false);
  await mkdir(path.join(dataDir, 'postgres'));
  expect(expectsDemo(embedded())).toBe(false);
  await markDemoUnderWay(dataDir);
  expect(expectsDemo(embedded())).toBe(true);
});
