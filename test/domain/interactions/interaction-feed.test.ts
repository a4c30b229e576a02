import { v7 as uuidv7 } from 'uuid';
import { afterEach, expect, test } from 'vitest';
import { InteractionFeed } from '../../../src/interactions/interaction-feed.ts';
import type { InteractionStore } from '../../../src/interactions/interaction-store.ts';
import type { Interaction } from '../../../src/interactions/interaction.ts';
import { firstUuidAt } from '../../../src/shared/uuid.ts';
import { turn } from '../../fixtures/hand-clock.ts';
import { executionOf, interactionOn, startOfTest } from '../../fixtures/interaction.ts';
import { silentLogger } from '../../fixtures/postgres.ts';

/** From when an event is received until it has an id: what it refers to is looked up meanwhile. */
const ID_AFTER_MS = 4;
const execution = executionOf(['a']);
const { namespaceId, retrieverId } = execution;

let stored: Interaction[] = [];
/** As the store selects and orders. */
const receivedSince: InteractionStore['receivedSince'] = ({ from }, except, limit) => {
  const found = stored.filter(({ id }) => id >= firstUuidAt(from) && !except.includes(id));
  return Promise.resolve(found.sort((one, other) => (one.id < other.id ? -1 : 1)).slice(0, limit));
};
let feed: InteractionFeed;
afterEach(() => {
  feed.close();
  stored = [];
});

function openFeed(): Interaction[] {
  const clock = { now: () => startOfTest };
  feed = new InteractionFeed({ interactions: { receivedSince }, clock, logger: silentLogger, pollMs: null });
  const events: Interaction[] = [];
  const watched = feed.watch(namespaceId, retrieverId);
  void (async () => {
    for await (const event of watched) events.push(event);
  })();
  return events;
}

function receive(afterMs: number): string {
  const receivedAt = startOfTest + afterMs;
  const id = uuidv7({ msecs: receivedAt + ID_AFTER_MS });
  stored.push(interactionOn(execution, { id, receivedAt }));
  return id;
}

async function wake(): Promise<void> {
  feed.wake();
  await turn();
}

test('each event comes once though it has its id a little after it was received, however long one watches', async () => {
  const events = openFeed();
  const ids: string[] = [];
  // what is read again begins, after the fourth, between the receipt of the second and its id
  for (const afterMs of [0, 1_000, 3_000, 6_002, 9_000, 14_001]) {
    ids.push(receive(afterMs));
    await wake();
    await wake();
  }
  expect(events.map(({ id }) => id)).toEqual(ids);
});

test('an event that is committed after one that was received later comes as well', async () => {
  const events = openFeed();
  const later = receive(4_000);
  await wake();
  const late = receive(100);
  await wake();
  await wake();
  expect(events.map(({ id }) => id)).toEqual([later, late]);
});
