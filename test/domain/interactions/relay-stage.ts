import { setImmediate as turn } from 'node:timers/promises';
import { afterEach } from 'vitest';
import type { EventLog } from '../../../src/interactions/event-log.ts';
import type { Interaction } from '../../../src/interactions/interaction.ts';
import type { Outbox, OutboxBatch } from '../../../src/interactions/outbox.ts';
import { createRelay, type Relay, type RelayOptions } from '../../../src/interactions/relay.ts';
import type { Rng } from '../../../src/shared/rng.ts';

export const NOW = 1_000_000;
export const batch = (id: string, events = 1, attempts = 0): OutboxBatch => ({
  ...{ id, namespaceIds: [], executions: [], deltas: [], searchOutcomes: [], attempts },
  interactions: Array.from({ length: events }, () => ({}) as Interaction),
});
/** A log that does the same with what teaches and with the rest. */
export const logThat = (send: EventLog['append']): EventLog => ({ teach: send, append: send });

/** An outbox, a log and what is told of them, played by hand. */
export function stage(waiting: OutboxBatch[], options: Partial<RelayOptions> = {}) {
  const executions: OutboxBatch[] = [];
  const seen = {
    limits: [] as number[],
    taught: [] as string[],
    appended: [] as string[],
    announced: [] as string[],
    completed: [] as string[],
    released: [] as { id: string; error: string; retryInMs: number }[],
    buried: [] as { id: string; error: string }[],
    logged: [] as { level: string; message: string }[],
  };
  const outbox: Outbox = {
    async claim(limit) {
      seen.limits.push(limit);
      return waiting.shift() ?? null;
    },
    claimExecutions: async () => executions.shift() ?? null,
    gather: async (batches) => {
      const count = batches.reduce((sum, { interactions }) => sum + interactions.length, 0);
      return batch(batches.map(({ id }) => id).join('+'), count);
    },
    reclaim: async () => {},
    complete: async (id) => void seen.completed.push(id),
    async release(id, error, retryInMs) {
      seen.released.push({ id, error, retryInMs });
      waiting.push(batch(id, 1, seen.released.filter((released) => released.id === id).length));
    },
    bury: async (id, error) => void seen.buried.push({ id, error }),
    backlog: async () => ({ depth: waiting.length, oldestAt: null, oldestUnlearnedAt: null }),
  };
  const log = (level: string) => (_fields: object, message: string) => void seen.logged.push({ level, message });
  const relay = createRelay({
    outbox,
    eventLog: {
      teach: async ({ id }) => void seen.taught.push(id),
      append: async ({ id }) => void seen.appended.push(id),
    },
    prepareAttribution: async () => () => null,
    onBatch: ({ id }) => void seen.announced.push(id),
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    clock: { now: () => NOW },
    rng: { next: () => 0 } as Rng,
    backoff: { baseMs: 2, capMs: 10 },
    ...{ paceMs: 0, gatherMs: 5 },
    ...options,
  });
  relays.push(relay);
  return { relay, outbox, seen, waiting, executions };
}

const relays: Relay[] = [];
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.close()));
});

/** Lets everything happen that waits for nothing. */
export async function settled(): Promise<void> {
  for (let n = 0; n < 20; n++) await turn();
}

/** Something that ends when it is told to. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
