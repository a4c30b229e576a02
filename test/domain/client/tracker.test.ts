import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AttuneError, fromStatus } from '../../../src/client/attune-error.ts';
import { Tracker, type TrackerOptions } from '../../../src/client/tracker.ts';
import type { Dropped, Interaction } from '../../../src/client/types.ts';
import { handClock, turn } from '../../fixtures/hand-clock.ts';

const offline = () => new AttuneError('gone', 'NETWORK', { retryable: true });
const click = (position: number): Interaction => ({ executionId: 'e', position, interactionTypes: ['CLICK'] });

/** A tracker in front of a server that stores by idempotency key; `faults` are thrown, one a call. */
function setUp(options: Partial<TrackerOptions> = {}) {
  const clock = handClock();
  const calls: { interactions: readonly Interaction[]; keepalive: boolean }[] = [];
  const stored = new Map<string, Interaction>();
  const faults: ({ before?: AttuneError } | { after?: AttuneError })[] = [];
  const dropped: Dropped[] = [];
  let ids = 0;
  let gate: Promise<void> | null = null;
  const tracker = new Tracker(
    {
      async send(interactions, keepalive) {
        calls.push({ interactions, keepalive });
        if (gate !== null) await gate;
        const fault = faults.shift() ?? {};
        if ('before' in fault && fault.before !== undefined) throw fault.before;
        for (const interaction of interactions) stored.set(String(interaction.idempotencyKey), interaction);
        if ('after' in fault && fault.after !== undefined) throw fault.after;
        return interactions.flatMap(({ position }, index) =>
          position === -1 ? [{ index, code: 'INVALID_POSITION', message: 'position is below 0.' }] : [],
        );
      },
      serverTime: (ms) => ms + 1_000_000,
      random: () => 0,
      newId: () => `key-${ids++}`,
      clock,
    },
    { batchSize: 3, batchMs: 100, queueSize: 10, onDrop: (drop) => void dropped.push(drop), ...options },
  );
  /** Holds answers back until it is called. */
  const holdAnswers = () => {
    let release = () => {};
    gate = new Promise((resolve) => {
      release = () => {
        gate = null;
        resolve();
      };
    });
    return () => release();
  };
  return { tracker, clock, calls, stored, faults, dropped, holdAnswers };
}

describe('a tracker', () => {
  test('sends what came within a time in one call', async () => {
    const { tracker, clock, calls } = setUp();
    tracker.track(click(0));
    await clock.advance(60);
    tracker.track(click(1));
    await clock.advance(39);
    expect(calls).toEqual([]);
    await clock.advance(1);
    expect(calls.map(({ interactions }) => interactions.map(({ position }) => position))).toEqual([[0, 1]]);
    expect(tracker.pending).toBe(0);
    expect(clock.waits()).toEqual([]);
  });

  test('sends a full batch at once', async () => {
    const { tracker, calls, clock } = setUp();
    for (const position of [0, 1, 2]) tracker.track(click(position));
    await turn();
    expect(calls.map(({ interactions }) => interactions.length)).toEqual([3]);
    expect(clock.waits()).toEqual([]);
  });

  test('keeps calls below what the server takes, and sends one that is too big by itself, for the server to say so', async () => {
    const { tracker, calls } = setUp({ batchSize: 1_000 });
    for (const size of [90_000, 90_000, 90_000, 300_000]) tracker.track({ metadata: { text: 'x'.repeat(size) } });
    await tracker.flush();
    expect(calls.map(({ interactions }) => interactions.length)).toEqual([2, 1, 1]);
  });

  test('marks calls that are small enough to outlive a page', async () => {
    const { tracker, calls } = setUp();
    tracker.track(click(0));
    await tracker.flush();
    tracker.track({ metadata: { text: 'x'.repeat(70_000) } });
    await tracker.flush();
    expect(calls.map(({ keepalive }) => keepalive)).toEqual([true, false]);
  });

  test('tries again later and later, with the same idempotency keys', async () => {
    const { tracker, clock, calls, faults, stored } = setUp();
    faults.push({ after: offline() }, { before: offline() }, { before: offline() });
    tracker.track(click(0));
    tracker.track(click(1));
    await clock.advance(100);
    const waits: number[] = [];
    while (tracker.pending > 0) {
      waits.push(...clock.waits());
      await clock.advance(clock.waits()[0]!);
    }
    expect(waits).toEqual([250, 500, 1000]);
    expect(calls.map(({ interactions }) => interactions.map(({ idempotencyKey }) => idempotencyKey))).toEqual(
      Array(4).fill(['key-0', 'key-1']),
    );
    expect(stored.size).toBe(2);
  });

  test('waits for as long as the server asks', async () => {
    const { tracker, clock, faults } = setUp();
    faults.push({ before: new AttuneError('slow down', 'RATE_LIMITED', { retryable: true, retryAfterMs: 42_000 }) });
    tracker.track(click(0));
    await clock.advance(100);
    expect(clock.waits()).toEqual([42_000]);
  });

  test('does not wait when it is told that the device is online again', async () => {
    const { tracker, clock, faults, stored } = setUp();
    faults.push({ before: offline() });
    tracker.track(click(0));
    await clock.advance(100);
    tracker.retryNow();
    await turn();
    expect(stored.size).toBe(1);
    expect(clock.waits()).toEqual([]);
  });

  test('keeps the key that it is given', async () => {
    const { tracker, stored } = setUp();
    tracker.track({ ...click(0), idempotencyKey: 'mine' });
    await tracker.flush();
    expect([...stored.keys()]).toEqual(['mine']);
  });

  test('tells the time, by the server’s clock, of what had to wait, and leaves it to the server else', async () => {
    const { tracker, clock, faults, calls } = setUp();
    const happened = clock.now();
    faults.push({ before: new AttuneError('later', 'RATE_LIMITED', { retryable: true, retryAfterMs: 20_000 }) });
    tracker.track(click(0));
    await clock.advance(100);
    await clock.advance(20_000);
    const times = calls.map(({ interactions }) => interactions[0]?.occurredAt);
    expect(times).toEqual([undefined, new Date(happened + 1_000_000).toISOString()]);
  });

  test('drops the oldest where too many wait, and reports each', async () => {
    const { tracker, clock, faults, dropped, stored } = setUp({ queueSize: 4 });
    faults.push({ before: offline() });
    for (const position of [0, 1, 2]) tracker.track(click(position));
    await turn();
    for (const position of [3, 4, 5]) tracker.track(click(position));
    expect(tracker.pending).toBe(4);
    await clock.advance(1_000);
    expect(dropped.map(({ interaction, error }) => [interaction.position, error.code])).toEqual([
      [0, 'QUEUE_FULL'],
      [1, 'QUEUE_FULL'],
    ]);
    expect([...stored.values()].map(({ position }) => position)).toEqual([2, 3, 4, 5]);
  });

  test('reports what the server refuses, one by one, and a refused call whole, without trying again', async () => {
    const { tracker, dropped, faults, calls } = setUp();
    tracker.track(click(-1));
    tracker.track(click(1));
    await tracker.flush();
    faults.push({ before: new AttuneError('no such key', 'UNAUTHENTICATED') });
    tracker.track(click(2));
    await tracker.flush();
    expect(dropped.map(({ interaction, error }) => [interaction.position, error.code])).toEqual([
      [-1, 'INVALID_POSITION'],
      [2, 'UNAUTHENTICATED'],
    ]);
    expect(calls).toHaveLength(2);
    // it goes on with what comes next
    tracker.track(click(3));
    await tracker.flush();
    expect(calls).toHaveLength(3);
  });

  test('gives up a call over which the server fails again and again, but never one for want of a connection or of its server', async () => {
    const { tracker, clock, faults, dropped, calls, stored } = setUp();
    faults.push(...Array.from({ length: 20 }, () => ({ before: offline() })));
    tracker.track(click(0));
    await clock.advance(3_600_000);
    expect([dropped.length, stored.size]).toEqual([0, 1]);
    const away = () => ({ before: new AttuneError('Postgres is away', 'UNAVAILABLE', { retryable: true }) });
    faults.push(...Array.from({ length: 20 }, away));
    tracker.track(click(2));
    await clock.advance(3_600_000);
    expect([dropped.length, stored.size]).toEqual([0, 2]);
    // a proxy before a server that restarts, or one that hangs, says nothing of the call either
    const proxy = [
      ...[502, 503, 504, 429].map(fromStatus),
      new AttuneError('late', 'NO_ANSWER_IN_TIME', { retryable: true }),
      new AttuneError('too often', 'RATE_LIMITED', { retryable: true }),
    ];
    faults.push(...Array.from({ length: 20 }, (_, index) => ({ before: proxy[index % proxy.length]! })));
    tracker.track(click(3));
    await clock.advance(3_600_000);
    expect([dropped.length, stored.size]).toEqual([0, 3]);
    const internal = () => ({ before: new AttuneError('oops', 'INTERNAL', { retryable: true }) });
    faults.push(...Array.from({ length: 20 }, internal));
    calls.length = 0;
    tracker.track(click(1));
    await clock.advance(3_600_000);
    expect(dropped.map(({ error }) => error.code)).toEqual(['INTERNAL']);
    expect(calls).toHaveLength(8);
  });

  test('sends what is queued when the page goes, beside what is under way', async () => {
    const { tracker, calls, holdAnswers, stored } = setUp();
    const release = holdAnswers();
    for (const position of [0, 1, 2]) tracker.track(click(position));
    tracker.track(click(3));
    tracker.flushBeforeEnd();
    expect(calls.map(({ interactions }) => interactions.map(({ position }) => position))).toEqual([[0, 1, 2], [3]]);
    expect(calls.map(({ keepalive }) => keepalive)).toEqual([true, true]);
    release();
    await tracker.flush();
    expect([stored.size, tracker.pending]).toEqual([4, 0]);
  });

  test('lets no more outlive the page than browsers do: the rest stays, should the page come back', async () => {
    const { tracker, calls } = setUp({ batchSize: 100 });
    for (let count = 0; count < 5; count += 1) tracker.track({ metadata: { text: 'x'.repeat(25_000) } });
    tracker.flushBeforeEnd();
    tracker.flushBeforeEnd();
    expect(calls.map(({ interactions, keepalive }) => [interactions.length, keepalive])).toEqual([[2, true]]);
    expect(tracker.pending).toBe(5);
    await tracker.flush();
    expect(tracker.pending).toBe(0);
  });

  test('stops waiting for a flush that is called off, and keeps what is queued', async () => {
    const { tracker, clock, faults, stored } = setUp();
    faults.push({ before: offline() });
    tracker.track(click(0));
    const controller = new AbortController();
    const flushing = tracker.flush(controller.signal);
    await turn();
    controller.abort(new Error('enough'));
    await expect(flushing).rejects.toThrow('enough');
    await clock.advance(1_000);
    expect(stored.size).toBe(1);
  });

  test('reports what is left when it is closed, and all that comes later', async () => {
    const { tracker, clock, dropped, calls } = setUp();
    tracker.track(click(0));
    tracker.close(new AttuneError('closed', 'CLIENT_CLOSED'));
    tracker.track(click(1));
    await clock.advance(1_000);
    expect(dropped.map(({ interaction, error }) => [interaction.position, error.code])).toEqual([
      [0, 'CLIENT_CLOSED'],
      [1, 'CLIENT_CLOSED'],
    ]);
    expect(calls).toEqual([]);
  });

  test('stores each interaction once or reports it, whatever fails, for any sequence of events', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('track' as const) },
      { weight: 2, arbitrary: fc.constant('wait' as const) },
      fc.constant('hide' as const),
      fc.constant('online' as const),
    );
    const fate = fc.constantFrom('pass', 'lost before', 'lost after', 'refused', 'failed');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.array(fate, { maxLength: 40 }), async (steps, fates) => {
        const { tracker, clock, faults, stored, dropped } = setUp({ queueSize: 5 });
        faults.push(
          ...fates.map((name) => {
            if (name === 'lost before') return { before: offline() };
            if (name === 'lost after') return { after: offline() };
            if (name === 'refused') return { before: new AttuneError('no', 'FORBIDDEN') };
            return name === 'failed' ? { before: new AttuneError('oops', 'INTERNAL', { retryable: true }) } : {};
          }),
        );
        let tracked = 0;
        for (const name of steps) {
          if (name === 'track') tracker.track({ ...click(0), idempotencyKey: `k${tracked++}` });
          else if (name === 'wait') await clock.advance(700);
          else if (name === 'hide') tracker.flushBeforeEnd();
          else tracker.retryNow();
        }
        await clock.advance(3_600_000);
        expect(tracker.pending).toBe(0);
        const reported = dropped.map(({ interaction }) => String(interaction.idempotencyKey));
        expect(new Set(reported).size).toBe(reported.length);
        expect(new Set([...stored.keys(), ...reported]).size).toBe(tracked);
      }),
      { numRuns: 200 },
    );
  });
});
