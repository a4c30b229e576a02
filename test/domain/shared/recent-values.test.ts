import { expect, test } from 'vitest';
import { RecentValues } from '../../../src/shared/recent-values.ts';

test('values come in order, whether they wait or are waited for', async () => {
  const values = new RecentValues<number>(3, () => undefined);
  values.push(1);
  values.push(2);
  expect(await values.next()).toEqual({ done: false, value: 1 });
  expect(await values.next()).toEqual({ done: false, value: 2 });
  const waiting = values.next();
  values.push(3);
  expect(await waiting).toEqual({ done: false, value: 3 });
});

test('a slow reader misses the oldest', async () => {
  const values = new RecentValues<number>(3, () => undefined);
  for (let value = 0; value < 10; value++) values.push(value);
  expect(await values.next()).toEqual({ done: false, value: 7 });
});

test('it ends once, also under a pending read, and takes nothing afterwards', async () => {
  let ends = 0;
  const values = new RecentValues<number>(3, () => (ends += 1));
  const waiting = values.next();
  await values.return();
  values.end();
  values.push(1);
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await values.next()).toEqual({ done: true, value: undefined });
  expect(ends).toBe(1);
});
