import { afterEach, expect, test, vi } from 'vitest';
import { startAutovacuum } from '../../../src/postgres/autovacuum.ts';
import type { PoolDatabase } from '../../../src/postgres/pool-database.ts';
import { silentLogger } from '../../fixtures/postgres.ts';

afterEach(() => vi.useRealTimers());

test('a store that is never quiet is vacuumed all the same, less often', async () => {
  vi.useFakeTimers();
  let looks = 0;
  const query = async () => {
    looks += 1;
    return [];
  };
  const database = { isIdle: false, query } as unknown as PoolDatabase;
  const stop = startAutovacuum(database, silentLogger, 1_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks).toBe(0);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks).toBe(1);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(looks).toBe(2);
  stop();
});
