import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContextRef } from '../../src/learning/context.ts';
import { openChangeHints, type ChangeHint, type ChangeHints } from '../../src/postgres/change-hints.ts';
import type { PoolDatabase } from '../../src/postgres/pool-database.ts';
import { everyone, person } from '../fixtures/outbox-batch.ts';
import { testDatabases } from '../fixtures/postgres.ts';

describe.each(testDatabases())('hints between the instances on one $name', ({ open }) => {
  let database: PoolDatabase;
  let one: ChangeHints;
  let payloads: string[];
  const heard: ChangeHint[] = [];

  beforeAll(async () => {
    database = await open();
    const ignore = () => {};
    one = await openChangeHints(database, 'one', { hint: () => expect.unreachable('its own'), missed: ignore });
    await openChangeHints(database, 'other', { hint: (hint) => heard.push(hint), missed: ignore });
    payloads = [];
    await database.listen('attune_changes', (payload) => payloads.push(payload), ignore);
  });
  afterAll(() => database.close());

  /** What the other instance hears of it, and the bytes of each notification that it came in. */
  async function announce(contexts: readonly ContextRef[] | null) {
    heard.length = 0;
    payloads.length = 0;
    await one.announce({ kind: 'weights', retrieverId: 'shop', contexts });
    // Hints come in their order: what was sent before this has come.
    const last: ChangeHint = { kind: 'rollout', namespaceId: 'n', retrieverId: 'shop' };
    await one.announce(last);
    await expect.poll(() => heard.at(-1)).toEqual(last);
    await expect.poll(() => JSON.parse(payloads.at(-1) ?? 'null') as object | null).toEqual({ from: 'one', ...last });
    return { heard: heard.slice(0, -1), bytes: payloads.slice(0, -1).map((payload) => Buffer.byteLength(payload)) };
  }

  test('few contexts are one notification, and "unknown which" is', async () => {
    const contexts = [everyone, person('ann')];
    const few = await announce(contexts);
    expect(few.heard).toEqual([{ kind: 'weights', retrieverId: 'shop', contexts }]);
    expect(few.bytes).toHaveLength(1);
    expect((await announce(null)).heard).toEqual([{ kind: 'weights', retrieverId: 'shop', contexts: null }]);
  });

  test('the 500 contexts of a large batch come in several notifications, and are told together, each of them', async () => {
    const people = Array.from({ length: 500 }, (_, n) => person(`Zoë “${n}”, ${'長'.repeat(n % 30)}`));
    const { heard, bytes } = await announce([...people, everyone]);
    expect(heard).toEqual([{ kind: 'weights', retrieverId: 'shop', contexts: [...people, everyone] }]);
    expect(bytes.length).toBeGreaterThan(3);
    for (const size of bytes) expect(size).toBeLessThanOrEqual(7_900);
  });

  test('where one context is too long for any notification, nobody knows which', async () => {
    const { heard } = await announce([everyone, person('x'.repeat(8_000))]);
    expect(heard).toEqual([{ kind: 'weights', retrieverId: 'shop', contexts: null }]);
  });
});
