import { describe, expect, test, vi } from 'vitest';
import { LatestValue } from '../../../src/shared/latest-value.ts';

describe('LatestValue', () => {
  test('a reader that waits gets a value as it comes', async () => {
    const slot = new LatestValue<number>(() => undefined);
    const reading = slot.next();
    slot.push(1);
    expect(await reading).toEqual({ done: false, value: 1 });
  });

  test('a slow reader gets the newest value and misses those between', async () => {
    const slot = new LatestValue<number>(() => undefined);
    for (let value = 1; value <= 10_000; value += 1) slot.push(value);
    expect(await slot.next()).toEqual({ done: false, value: 10_000 });
    const reading = slot.next();
    slot.push(10_001);
    expect(await reading).toEqual({ done: false, value: 10_001 });
  });

  test('return ends a read that is pending, and says so once', async () => {
    const onEnd = vi.fn();
    const slot = new LatestValue<number>(onEnd);
    const reading = slot.next();
    await slot.return();
    await slot.return();
    expect(await reading).toEqual({ done: true, value: undefined });
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  test('what is pushed after the end is ignored', async () => {
    const slot = new LatestValue<number>(() => undefined);
    slot.end();
    slot.push(1);
    expect(await slot.next()).toEqual({ done: true, value: undefined });
  });

  test('it can be iterated', async () => {
    const slot = new LatestValue<number>(() => undefined);
    slot.push(7);
    const seen: number[] = [];
    for await (const value of slot) {
      seen.push(value);
      if (value === 7) slot.push(8);
      else slot.end();
    }
    expect(seen).toEqual([7, 8]);
  });
});
