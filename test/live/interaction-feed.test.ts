import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { shopOn } from './rollout-shop.ts';
import { connect, eventStream, subscribe } from './transport-clients.ts';

const FEED = `subscription ($id: ID!) {
  interactionFeed(retrieverId: $id) { id retrieverId executionId documentId position interactionTypes userId } }`;

let attune: RunningAttune;
let shop: ReturnType<typeof shopOn>;
beforeAll(async () => {
  attune = await startAttune();
  shop = shopOn(attune);
});
afterAll(() => attune.close());

const client = (headers: Record<string, string> = {}) =>
  connect(attune, { connectionParams: { authorization: `Bearer ${attune.adminKey}`, ...headers } });

const watchers = (count: number) => expect.poll(() => attune.attune.stats().watchers).toBe(count);

async function click(executionId: string, position: number): Promise<string> {
  const { data } = await attune.ask<{ recordInteraction: { interaction: { id: string } } }>(
    `mutation ($executionId: ID!, $position: Int!) {
       recordInteraction(input: { executionId: $executionId, position: $position }) {
         ... on RecordInteractionPayload { interaction { id } } } }`,
    { executionId, position },
  );
  return data.recordInteraction.interaction.id;
}

test('each interaction comes once to everyone who watches its retriever, and to nobody else', async () => {
  const [id, another] = [await shop.createRetriever(), await shop.createRetriever()];
  const browser = client();
  const [first, second, elsewhere] = [id, id, another].map((retriever) => subscribe(browser, FEED, { id: retriever }));
  await watchers(3);
  const { executionId } = await shop.search(id, { userId: 'ann' });
  const clicked: string[] = [];
  for (const position of [0, 1, 0, 2]) clicked.push(await click(executionId, position));
  const ids = [...new Set(clicked)];
  expect(ids).toHaveLength(3); // the third repeats the first
  for (const { events } of [first!, second!]) {
    await expect.poll(() => events.map(({ data }) => (data?.['interactionFeed'] as { id: string }).id)).toEqual(ids);
  }
  expect(first!.events[0]!.data).toMatchObject({
    interactionFeed: { retrieverId: id, executionId, position: 0, interactionTypes: ['CLICK'], userId: 'ann' },
  });
  expect(elsewhere!.events).toEqual([]);
  await browser.dispose();
  await watchers(0);
});

test('what was done before is left out, and a burst comes whole', async () => {
  const id = await shop.createRetriever();
  const before = await click((await shop.search(id)).executionId, 0);
  const browser = client();
  const { events } = subscribe(browser, FEED, { id });
  await watchers(1);
  const searches = await Promise.all(Array.from({ length: 40 }, () => shop.search(id)));
  const clicked = await Promise.all(searches.map(({ executionId }) => click(executionId, 1)));
  const seen = () => events.map(({ data }) => (data?.['interactionFeed'] as { id: string }).id);
  await expect
    .poll(() =>
      seen()
        .filter((one) => one !== before)
        .sort(),
    )
    .toEqual(clicked.sort());
  await browser.dispose();
  await watchers(0);
});

test('it comes over server-sent events as well', async () => {
  const id = await shop.createRetriever();
  const authorization = `Bearer ${attune.adminKey}`;
  const stream = await eventStream(
    { url: attune.url } as Parameters<typeof eventStream>[0],
    { query: FEED, variables: { id } },
    { authorization },
  );
  await watchers(1);
  const clicked = await click((await shop.search(id)).executionId, 0);
  const { value } = await stream.events.next();
  expect(value).toMatchObject({ data: { interactionFeed: { id: clicked } } });
  stream.abort();
  await watchers(0);
});

test('it completes when its retriever is deleted, however the id is spelt', async () => {
  const [id, another] = [await shop.createRetriever(), await shop.createRetriever()];
  const browser = client();
  const { ended } = subscribe(browser, FEED, { id });
  subscribe(browser, FEED, { id: another });
  await watchers(2);
  await shop.done('deleteRetriever', { retrieverId: id.toUpperCase() }, '{ deletedId }');
  expect(await ended).toBeNull();
  await watchers(1);
  await browser.dispose();
});

test('an unknown retriever is refused', async () => {
  const browser = client();
  const { events, ended } = subscribe(browser, FEED, { id: '00000000-0000-7000-8000-000000000000' });
  await ended;
  expect(events[0]!.errors?.[0]).toMatchObject({ extensions: { code: 'RETRIEVER_NOT_FOUND' } });
  await browser.dispose();
});
