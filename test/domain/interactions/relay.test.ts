import { expect, test } from 'vitest';
import { RowsRefusedError } from '../../../src/interactions/event-log.ts';
import type { Rng } from '../../../src/shared/rng.ts';
import { batch, gate, logThat, NOW, settled, stage } from './relay-stage.ts';

test('teaches and tells of every batch, then sends their events together, until nothing waits', async () => {
  const { relay, seen } = stage([batch('a'), batch('b'), batch('c')]);
  expect(await relay.drain(5_000)).toBe(true);
  expect(seen).toMatchObject({
    taught: ['a', 'b', 'c'],
    announced: ['a', 'b', 'c'],
    appended: ['a+b+c'],
    completed: ['a+b+c'],
    ...{ released: [], buried: [], logged: [] },
  });
  expect(seen.limits).toHaveLength(4);
});

test('tells of a batch when it has taught, and crosses it out when its events are in the log', async () => {
  const order: string[] = [];
  const { relay, outbox } = stage([batch('a')], {
    eventLog: { teach: async () => void order.push('taught'), append: async () => void order.push('in the log') },
    onBatch: () => void order.push('told'),
  });
  outbox.complete = async () => void order.push('crossed out');
  await relay.drain(5_000);
  expect(order).toEqual(['taught', 'told', 'in the log', 'crossed out']);
});

test('what was tried before goes whole, and waits for no other', async () => {
  const { relay, seen } = stage([batch('a'), batch('again', 1, 1), batch('b')], { gatherMs: 3_600_000 });
  relay.wake();
  await settled();
  expect(seen).toMatchObject({ taught: ['a', 'b'], appended: ['again'], completed: ['again'] });
  expect(seen.announced).toEqual(['a', 'again', 'b']);
});

test('takes its time between two batches that teach, but for a first one and where more wait than it takes', async () => {
  const { relay, seen, waiting } = stage([batch('a', 7), batch('b', 6), batch('c')], { paceMs: 3_600_000, limit: 7 });
  relay.wake();
  await settled();
  expect(seen.taught).toEqual(['a', 'b']);
  expect(waiting).toHaveLength(1);
});

test('does not rest while batches wait that were left behind', async () => {
  const left = [batch('a', 1, 1), batch('b', 1, 3), batch('c')];
  const { relay, seen, waiting } = stage(left, { paceMs: 3_600_000, gatherMs: 3_600_000 });
  relay.wake();
  await settled();
  expect(seen.appended).toEqual(['a', 'b']);
  expect(seen.taught).toEqual(['c']);
  waiting.push(batch('d'));
  relay.wake();
  await settled();
  expect(seen.taught).toEqual(['c']);
});

test('sleeps until it is woken, and then looks again', async () => {
  const { relay, seen, waiting } = stage([]);
  await settled();
  expect(seen.limits).toEqual([]);
  relay.wake();
  await settled();
  waiting.push(batch('late'));
  await settled();
  expect(seen.taught).toEqual([]);
  relay.wake();
  await settled();
  expect(seen.taught).toEqual(['late']);
});

test('takes more at a time while as many wait, up to a bound, and as few as before when they do not', async () => {
  const sizes = [1_000, 2_000, 4_000, 5_000, 5_000, 4_999, 10];
  const { relay, seen } = stage(sizes.map((size, index) => batch(String(index), size)));
  await relay.drain(5_000);
  expect(seen.limits).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 1_000, 1_000]);
});

test('takes a batch of executions for no sign that fewer interactions wait', async () => {
  const { relay, seen } = stage([batch('a', 1_000), batch('b', 2_000), batch('executions', 0, 1), batch('c', 1)]);
  await relay.drain(5_000);
  expect(seen.limits).toEqual([1_000, 2_000, 4_000, 4_000, 1_000]);
});

test('takes as many as it is told to, however many wait', async () => {
  const { relay, seen } = stage([batch('a', 7), batch('b', 7)], { limit: 7 });
  await relay.drain(5_000);
  expect(seen.limits).toEqual([7, 7, 7]);
});

test('claims the next batch while one is on its way, and no third one', async () => {
  const { opened, open } = gate();
  const { relay, seen } = stage([batch('a'), batch('b'), batch('c')], {
    eventLog: logThat(async ({ id }) => {
      seen.taught.push(id);
      await opened;
    }),
  });
  for (let n = 0; n < 3; n++) relay.wake();
  await settled();
  expect(seen.taught).toEqual(['a', 'b']);
  open();
  await settled();
  expect(seen.announced.toSorted()).toEqual(['a', 'b', 'c']);
});

test('asks for one batch at a time', async () => {
  const { opened, open } = gate();
  const { relay, seen, outbox } = stage([batch('a'), batch('b')]);
  const { claim } = outbox;
  outbox.claim = async (...asked) => {
    const claimed = await claim(...asked);
    await opened;
    return claimed;
  };
  for (let n = 0; n < 3; n++) relay.wake();
  await settled();
  expect(seen.limits).toHaveLength(1);
  open();
  await settled();
  expect(seen.announced).toEqual(['a', 'b']);
});

test('gives a batch back that the log does not take, and tries again after growing pauses', async () => {
  let failures = 5;
  const known: (string | null)[] = [];
  const { relay, seen } = stage([batch('a')], {
    eventLog: logThat(async () => {
      known.push((await relay.status()).lastError);
      if (failures-- > 0) throw new Error('the log is away');
    }),
  });
  relay.wake();
  await expect.poll(() => seen.completed).toEqual(['a']);
  expect(known).toEqual([null, ...Array.from({ length: 5 }, () => 'the log is away')]);
  // half of what is doubled each time, as the dice have it, up to the cap
  expect(seen.released.map(({ retryInMs }) => retryInMs)).toEqual([1, 2, 4, 5, 5]);
  expect(new Set(seen.released.map(({ error }) => error))).toEqual(new Set(['the log is away']));
  expect(seen.logged).toEqual([
    { level: 'warn', message: 'A batch could not be appended to the log; trying again.' },
    { level: 'info', message: 'The relay is getting on again.' },
  ]);
  expect((await relay.status()).lastError).toBe(null);
});

test('waits up to twice as long, by chance', async () => {
  let failures = 1;
  const { relay, seen } = stage([batch('a')], {
    rng: { next: () => 1 } as Rng,
    eventLog: logThat(async () => {
      if (failures-- > 0) throw new Error('away');
    }),
  });
  relay.wake();
  await expect.poll(() => seen.completed).toEqual(['a']);
  expect(seen.released).toMatchObject([{ retryInMs: 2 }]);
});

test('looks again where the outbox cannot be reached', async () => {
  const { relay, outbox, seen } = stage([batch('a')]);
  const { claim } = outbox;
  let failures = 2;
  outbox.claim = async (...asked) => {
    if (failures-- > 0) throw new TypeError('no connection');
    return claim(...asked);
  };
  relay.wake();
  await expect.poll(() => seen.completed).toEqual(['a']);
  expect(seen.logged).toEqual([
    { level: 'warn', message: 'The outbox could not be reached; trying again.' },
    { level: 'info', message: 'The relay is getting on again.' },
  ]);
});

test('buries what the log has refused for the third time, and goes on', async () => {
  const { relay, seen } = stage([batch('good'), batch('bad')], {
    gatherMs: 3_600_000,
    eventLog: logThat(async ({ id }) => {
      if (id === 'bad') throw new RowsRefusedError('a row is too long');
    }),
  });
  relay.wake();
  await expect.poll(() => seen.buried).toEqual([{ id: 'bad', error: 'a row is too long' }]);
  expect(seen.released.map(({ id }) => id)).toEqual(['bad', 'bad']);
  expect(seen.announced).toEqual(['good']);
  expect(seen.logged.map(({ level }) => level)).toEqual(['warn', 'error', 'info']);
  expect((await relay.status()).lastError).toBe(null);
  await relay.drain(5_000);
  expect(seen.completed).toEqual(['good']);
});

test('sends all the rest of what the log refuses to learn from', async () => {
  const { relay, seen } = stage([batch('bad')], {
    maxRefusals: 1,
    eventLog: {
      teach: () => Promise.reject(new RowsRefusedError('no')),
      async append({ id }) {
        seen.appended.push(id);
        throw new RowsRefusedError('no');
      },
    },
  });
  await relay.drain(5_000);
  expect(seen).toMatchObject({ appended: ['bad'], announced: [], buried: [{ id: 'bad' }] });
});

test('buries at once where it is told not to try again', async () => {
  const { relay, seen } = stage([batch('bad')], {
    maxRefusals: 1,
    eventLog: logThat(() => Promise.reject(new RowsRefusedError('no'))),
  });
  expect(await relay.drain(5_000)).toBe(true);
  expect(seen).toMatchObject({ released: [], buried: [{ id: 'bad', error: 'no' }] });
});

test('never buries for a failure that is not the fault of the rows', async () => {
  const { relay, seen } = stage([batch('a', 1, 50)], {
    eventLog: logThat(async () => {
      if (seen.released.length < 5) throw new Error('away');
    }),
  });
  relay.wake();
  await expect.poll(() => seen.completed).toEqual(['a']);
  expect(seen.buried).toEqual([]);
});

test('goes on where telling of a batch fails', async () => {
  const { relay, seen } = stage([batch('a'), batch('b')], {
    onBatch: () => {
      throw new Error('nobody listens');
    },
  });
  expect(await relay.drain(5_000)).toBe(true);
  expect(seen.completed).toEqual(['a+b']);
  expect(seen.logged.map(({ level }) => level)).toEqual(['error', 'error']);
});

test('has not drained what takes longer than it may', async () => {
  const { opened, open } = gate();
  const { relay } = stage([batch('a')], { eventLog: logThat(() => opened) });
  expect(await relay.drain(5)).toBe(false);
  open();
  expect(await relay.drain(5_000)).toBe(true);
});

test('has not drained what could not be sent', async () => {
  const { relay } = stage([batch('a')], { eventLog: logThat(() => Promise.reject(new Error('away'))) });
  expect(await relay.drain(20)).toBe(false);
});

test('finishes what is under way when it is closed, and begins no more', async () => {
  const { opened, open } = gate();
  const { relay, seen } = stage([batch('a'), batch('b'), batch('c')], { eventLog: logThat(() => opened) });
  relay.wake();
  await settled();
  const closed = relay.close();
  relay.wake();
  open();
  await closed;
  expect(seen.completed).toEqual(['a']);
  expect(seen.limits).toHaveLength(1);
  expect(await relay.drain(5_000)).toBe(false);
});

test('does not wait for the end of a pause when it is closed', async () => {
  const { relay, seen } = stage([batch('a')], {
    backoff: { baseMs: 3_600_000, capMs: 3_600_000 },
    eventLog: logThat(() => Promise.reject(new Error('away'))),
  });
  relay.wake();
  await settled();
  expect(seen.released).toHaveLength(1);
  await relay.close();
  expect(seen.limits).toHaveLength(1);
});

test.each([
  ['nothing waits', null, 0],
  ['something has waited', NOW - 250, 250],
  ['a clock runs ahead', NOW + 250, 0],
])('tells how far it is behind where %s', async (_case, at, ageMs) => {
  const { relay, outbox } = stage([]);
  outbox.backlog = async () => ({ depth: 3, oldestAt: at, oldestUnlearnedAt: null });
  expect(await relay.status()).toEqual({ depth: 3, lagMs: ageMs, unlearnedMs: 0, lastError: null });
  outbox.backlog = async () => ({ depth: 3, oldestAt: NOW, oldestUnlearnedAt: at });
  expect(await relay.status()).toMatchObject({ lagMs: 0, unlearnedMs: ageMs });
});
