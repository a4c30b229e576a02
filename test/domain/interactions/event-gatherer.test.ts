import { expect, test } from 'vitest';
import type { OutboxBatch } from '../../../src/interactions/outbox.ts';
import type { Execution } from '../../../src/search/execution.ts';
import { batch, gate, settled, stage } from './relay-stage.ts';

test('what goes to the log with others teaches no second time', async () => {
  const sent: OutboxBatch[] = [];
  const delta = { arms: [] } as unknown as OutboxBatch['deltas'][number];
  const { relay } = stage([{ ...batch('a'), deltas: [delta] }], {
    eventLog: { teach: async () => {}, append: async (one) => void sent.push(one) },
  });
  await relay.drain(5_000);
  expect(sent).toMatchObject([{ id: 'a', deltas: [] }]);
});

test('what fills an insert does not wait for more, and is not sent with what is too much for it', async () => {
  const { relay, seen } = stage([batch('a', 3_000), batch('b', 1_999), batch('c', 2), batch('d', 1)], {
    gatherMs: 3_600_000,
  });
  relay.wake();
  await settled();
  expect(seen.taught).toEqual(['a', 'b', 'c', 'd']);
  expect(seen.appended).toEqual(['a+b']);
  await relay.drain(5_000);
  expect(seen.appended).toEqual(['a+b', 'c+d']);
});

test('teaches no more while too much of what has taught waits for the log', async () => {
  const { opened, open } = gate();
  const { relay, seen } = stage(
    Array.from({ length: 12 }, (_, index) => batch(String(index), 5_000)),
    { limit: 5_000, eventLog: { teach: async ({ id }) => void seen.taught.push(id), append: () => opened } },
  );
  relay.wake();
  await settled();
  expect(seen.taught.length).toBeGreaterThan(4);
  expect(seen.taught.length).toBeLessThan(10);
  open();
  await expect.poll(() => seen.completed.length).toBeGreaterThan(0);
  await relay.drain(5_000);
  expect(seen.taught).toHaveLength(12);
});

test('sends executions when it looks for all that waits, until none does', async () => {
  const { relay, seen, executions } = stage([]);
  const many = { ...batch('many', 0), executions: Array.from({ length: 250 }, () => ({}) as Execution) };
  executions.push(many, { ...many, id: 'more', executions: [] });
  relay.wake();
  await settled();
  expect(seen.appended).toEqual([]);
  relay.sweep();
  await settled();
  expect(seen).toMatchObject({ appended: ['many', 'more'], completed: ['many', 'more'], taught: [], announced: [] });
});

test('interactions do not wait behind all the executions that wait, nor these behind them', async () => {
  const { relay, seen, executions } = stage([batch('a'), batch('b', 5_000)], { gatherMs: 3_600_000 });
  const full = (id: string) => ({ ...batch(id, 0), executions: Array.from({ length: 250 }, () => ({}) as Execution) });
  executions.push(full('one'), full('two'));
  await relay.drain(5_000);
  expect(seen.appended).toEqual(['a', 'one', 'b', 'two']);
});

test('keeps what it could not gather, and sends it later', async () => {
  const { relay, outbox, seen } = stage([batch('a'), batch('b')]);
  const { gather } = outbox;
  let failures = 2;
  outbox.gather = async (batches) => {
    if (failures-- > 0) throw new Error('no connection');
    return gather(batches);
  };
  relay.wake();
  await expect.poll(() => seen.completed).toEqual(['a+b']);
});

test('leaves to others what they have taken over', async () => {
  const { relay, outbox, seen } = stage([batch('a'), batch('b')]);
  outbox.gather = async () => null;
  expect(await relay.drain(5_000)).toBe(true);
  expect(seen.appended).toEqual([]);
});

test('a lesson that arrives is no sign that the log is well again', async () => {
  const { relay, seen, waiting } = stage([batch('a')], {
    backoff: { baseMs: 3_600_000, capMs: 3_600_000 },
    gatherMs: 1,
    eventLog: { teach: async ({ id }) => void seen.taught.push(id), append: () => Promise.reject(new Error('full')) },
  });
  relay.wake();
  await expect.poll(() => seen.released.length).toBe(1);
  waiting.splice(0, 1, batch('b'));
  relay.wake();
  await expect.poll(() => seen.taught).toEqual(['a', 'b']);
  expect((await relay.status()).lastError).toBe('full');
  expect(seen.logged).toHaveLength(1);
});

test('tells which batches have taught and are on their way', async () => {
  const { opened, open } = gate();
  const asked: (readonly string[] | undefined)[] = [];
  const { relay, outbox, seen } = stage([batch('a'), batch('b')], {
    gatherMs: 3_600_000,
    eventLog: { teach: async () => {}, append: () => opened },
  });
  outbox.backlog = async (taught) => {
    asked.push(taught);
    return { depth: 0, oldestAt: null, oldestUnlearnedAt: null };
  };
  relay.wake();
  await settled();
  await relay.status();
  relay.sweep();
  await settled();
  await relay.status();
  open();
  await expect.poll(() => seen.completed).toEqual(['a+b']);
  await settled();
  await relay.status();
  expect(asked).toEqual([['a', 'b'], ['a', 'b'], []]);
});
