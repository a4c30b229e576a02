import { readFile } from 'node:fs/promises';
import type { Client } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { all, connect, eventStream, subscribe } from './transport-clients.ts';

interface Weights {
  retrieverId: string;
  version: string;
  contextLevel: string;
  interactions: number;
  weights: { featureUri: string; alpha: number; beta: number }[];
}
interface Who {
  userId?: string;
  segment?: string;
}
type Headers = Record<string, string>;

const lexical = 'attune://lexical@v1/bm25';
const ngram = 'attune://ngram@v1/hashed_1024';
const fields = '{ retrieverId version contextLevel interactions weights { featureUri alpha beta } }';
const args = 'retrieverId: $retrieverId, userId: $userId, segment: $segment';
const watchWeights = `subscription ($retrieverId: ID!, $userId: String, $segment: String, $after: String) {
  learnedWeights(${args}, after: $after) ${fields}
}`;
const readWeights = `query ($retrieverId: ID!, $userId: String, $segment: String) { learnedWeights(${args}) ${fields} }`;

let attune: RunningAttune;
let collectionId: string;
let names = 0;
const clients: Client[] = [];

beforeAll(async () => {
  attune = await startAttune();
  collectionId = await createCollection();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose();
  await eventually(() => expect(attune.attune.stats().watchers).toBe(0));
});
afterAll(() => attune.close());

/** Waits for a condition, not for a time: ends as soon as it holds. */
const eventually = (holds: () => void | Promise<void>) => vi.waitFor(holds, { timeout: 20_000, interval: 10 });

/** The payload of a mutation; fails the test where it was refused. */
async function mutate<Payload>(name: string, input: object, payload: string, headers: Headers = {}): Promise<Payload> {
  const type = name[0]!.toUpperCase() + name.slice(1);
  const query = `mutation ($input: ${type}Input!) {
    ${name}(input: $input) { __typename ... on ${type}Payload ${payload} ... on Error { code message } }
  }`;
  const { data, errors } = await attune.ask<Record<string, Payload>>(query, { input }, headers);
  expect(errors).toBeUndefined();
  expect(data[name]).toMatchObject({ __typename: `${type}Payload` });
  return data[name]!;
}

async function createCollection(headers?: Headers): Promise<string> {
  const features = [{ featureUri: lexical, fields: ['title'] }, { featureUri: ngram }];
  const input = { name: `jackets-${names++}`, features };
  const { collection } = await mutate<{ collection: { id: string } }>(
    'createCollection',
    input,
    '{ collection { id } }',
    headers,
  );
  const documents = ['warm winter jacket', 'light rain jacket', 'jacket of wool'].map((title, index) => ({
    documentId: `d${index}`,
    content: `A ${title} for every day.`,
    metadata: { title },
  }));
  await mutate('upsertDocuments', { collectionId: collection.id, documents }, '{ upserted }', headers);
  return collection.id;
}

const stages = (learningConfig: object) => [
  {
    featureSearch: {
      fusion: 'LEARNED',
      searches: [lexical, ngram].map((featureUri) => ({ featureUri, query: '{{INPUT.query}}' })),
      learningConfig: { minInteractions: 2, pooling: 0, ...learningConfig },
    },
  },
];

async function createRetriever(collection = collectionId, headers?: Headers): Promise<string> {
  const input = { retrieverName: `shop-${names++}`, collectionIds: [collection], stages: stages({}) };
  const created = await mutate<{ retriever: { id: string } }>(
    'createRetriever',
    input,
    '{ retriever { id } }',
    headers,
  );
  return created.retriever.id;
}

/** Searches as a user and clicks the first hit: one interaction to learn from. */
async function click(retrieverId: string, who: Who = {}, headers?: Headers): Promise<void> {
  const { data, errors } = await attune.ask<{ search: { executionId: string } }>(
    'query ($input: SearchInput!) { search(input: $input) { executionId hits { documentId } } }',
    { input: { retrieverId, inputs: { query: 'warm jacket' }, ...who } },
    headers,
  );
  expect(errors).toBeUndefined();
  await mutate(
    'recordInteraction',
    { executionId: data.search.executionId, position: 0 },
    '{ interaction { id } }',
    headers,
  );
}

async function weightsNow(retrieverId: string, who: Who = {}): Promise<Weights> {
  const { data } = await attune.ask<{ learnedWeights: Weights }>(readWeights, { retrieverId, ...who });
  return data.learnedWeights;
}

/** Clicks, and waits until that has been learned. */
async function learn(retrieverId: string, who: Who = {}): Promise<Weights> {
  const before = await weightsNow(retrieverId);
  await click(retrieverId, who);
  await eventually(async () => expect((await weightsNow(retrieverId)).interactions).toBe(before.interactions + 1));
  return weightsNow(retrieverId);
}

function createSearchKey(): Promise<{ apiKey: { id: string }; secret: string }> {
  return mutate('createApiKey', { name: 'a dashboard', scopes: ['SEARCH'] }, '{ apiKey { id } secret }');
}

function newClient({ secret = attune.adminKey, namespace }: { secret?: string; namespace?: string } = {}): Client {
  const authorization = `Bearer ${secret}`;
  const client = connect(attune, { connectionParams: { authorization, ...(namespace && { namespace }) } });
  clients.push(client);
  return client;
}

/** The states that a subscription has brought so far, and how it ended. */
function watch(retrieverId: string, more: Who & { after?: string } = {}, client = newClient()) {
  const { events, ended, unsubscribe } = subscribe(client, watchWeights, { retrieverId, ...more });
  return {
    states: () => events.map((event) => event.data?.['learnedWeights'] as Weights),
    async reaches(count: number): Promise<Weights[]> {
      await eventually(() => expect(events.length).toBeGreaterThanOrEqual(count));
      return this.states();
    },
    /** The codes of what refused it. */
    async refusals(): Promise<unknown[]> {
      expect(await ended).toBeNull();
      return events.flatMap(({ errors }) => errors ?? []).map(({ extensions }) => extensions?.['code']);
    },
    ended,
    unsubscribe,
  };
}

test('1. The first event is a snapshot of the weights as they are now.', async () => {
  const retrieverId = await createRetriever();
  const [prior] = await watch(retrieverId).reaches(1);
  expect(prior).toMatchObject({ retrieverId, contextLevel: 'PRIOR', interactions: 0 });
  const learned = await learn(retrieverId);
  const [snapshot] = await watch(retrieverId).reaches(1);
  expect(snapshot).toEqual(learned);
  expect(snapshot).toMatchObject({ contextLevel: 'GLOBAL', interactions: 1 });
});

test('2. Versions only grow, and their 16 digits order alike as strings and as numbers.', async () => {
  const retrieverId = await createRetriever();
  const stream = watch(retrieverId);
  await stream.reaches(1);
  for (let count = 1; count <= 11; count++) {
    await click(retrieverId);
    await eventually(() => expect(stream.states().at(-1)?.interactions).toBe(count));
  }
  const versions = stream.states().map((state) => state.version);
  for (const version of versions) expect(version).toMatch(/^\d{16}$/);
  expect(new Set(versions).size).toBe(versions.length);
  expect(versions).toEqual([...versions].sort());
  expect(versions).toEqual([...versions].sort((one, other) => Number(one) - Number(other)));
});

/** What the watcher of a user gets while others click; `primed`: it has had an event of its own after its snapshot. */
async function watchWhileOthersClick({ primed }: { primed: boolean }): Promise<Weights[]> {
  const retrieverId = await createRetriever();
  await learn(retrieverId, { userId: 'ann' });
  await learn(retrieverId, { userId: 'ann' });
  const everyone = watch(retrieverId);
  const ann = watch(retrieverId, { userId: 'ann' });
  await Promise.all([everyone.reaches(1), ann.reaches(1)]);
  const others = async (count: number) => {
    await click(retrieverId, { userId: 'bob' });
    await eventually(() => expect(everyone.states().at(-1)?.interactions).toBe(count));
  };
  if (primed) await click(retrieverId, { userId: 'ann' });
  if (primed) await eventually(() => expect(ann.states().at(-1)?.interactions).toBe(3));
  await others(primed ? 4 : 3);
  await others(primed ? 5 : 4);
  const own = primed ? 4 : 3;
  await click(retrieverId, { userId: 'ann' });
  await eventually(() => expect(ann.states().at(-1)?.interactions).toBe(own));
  return ann.states();
}

test('3. Only a state that differs for the watcher is sent, so versions may skip.', async () => {
  const states = await watchWhileOthersClick({ primed: true });
  expect(states.map((state) => state.interactions)).toEqual([2, 3, 4]);
  const versions = states.map((state) => Number(state.version));
  expect(versions[2]! - versions[1]!).toBeGreaterThan(1);
});

// A known fault: the feed does not remember a snapshot, so it repeats it once. Passes as a plain test when that is mended.
test('what equals the snapshot is not sent either', async () => {
  const states = await watchWhileOthersClick({ primed: false });
  expect(states.map((state) => state.interactions)).toEqual([2, 3]);
});

test('4. A slow reader gets the newest state and misses those between.', async () => {
  const retrieverId = await createRetriever();
  const { app, defaultNamespace } = attune.attune;
  // Read at the seam to the transports: below it the kernel buffers what a client does not read.
  const query = { retrieverId, userId: null, segment: null };
  const stream = await app.learning.watch(defaultNamespace.id, query, null);
  const witness = watch(retrieverId);
  await witness.reaches(1);
  for (let count = 1; count <= 3; count++) {
    await click(retrieverId);
    await eventually(() => expect(witness.states().at(-1)?.interactions).toBe(count));
  }
  const { version } = witness.states().at(-1)!;
  expect(await stream.next()).toMatchObject({ done: false, value: { version, interactions: 3 } });
  const next = stream.next();
  await click(retrieverId);
  expect(await next).toMatchObject({ done: false, value: { interactions: 4 } });
  await stream.return?.();
});

test('5. With `after`, the current version gets no snapshot until there is a newer state, an older one gets it at once, and a malformed one is the error INVALID_VERSION.', async () => {
  const retrieverId = await createRetriever();
  const older = await weightsNow(retrieverId);
  const current = await learn(retrieverId);
  const upToDate = watch(retrieverId, { after: current.version });
  await eventually(() => expect(attune.attune.stats().watchers).toBe(1));
  const behind = watch(retrieverId, { after: older.version });
  expect(await behind.reaches(1)).toEqual([current]);
  await learn(retrieverId);
  await upToDate.reaches(1);
  expect(upToDate.states().map((state) => state.interactions)).toEqual([2]);
  for (const after of ['yesterday', '-1', '', '99999999999999999']) {
    expect(await watch(retrieverId, { after }).refusals()).toEqual(['INVALID_VERSION']);
  }
});

test('6. A watcher of a user or a segment sees the weights that their searches get, also when the level changes.', async () => {
  const retrieverId = await createRetriever();
  const who = { userId: 'ann', segment: 'students' };
  const nobody = watch(retrieverId);
  const ann = watch(retrieverId, { userId: 'ann' });
  const students = watch(retrieverId, { segment: 'students' });
  await Promise.all([nobody, ann, students].map((stream) => stream.reaches(1)));
  for (let count = 1; count <= 2; count++) {
    await click(retrieverId, who);
    for (const stream of [nobody, ann, students]) {
      await eventually(() => expect(stream.states().at(-1)?.interactions).toBe(count));
    }
  }
  const levels = (stream: typeof ann) => stream.states().map((state) => state.contextLevel);
  expect(levels(ann)).toEqual(['PRIOR', 'GLOBAL', 'PERSONAL']);
  expect(levels(students).at(-1)).toBe('DEMOGRAPHIC');
  expect(levels(nobody)).toEqual(['PRIOR', 'GLOBAL', 'GLOBAL']);
});

test('7. A new definition of the retriever is a new version.', async () => {
  const retrieverId = await createRetriever();
  const learned = await learn(retrieverId);
  const stream = watch(retrieverId);
  await stream.reaches(1);
  await mutate('updateRetriever', { retrieverId, stages: stages({ priorAlpha: 11 }) }, '{ retriever { version } }');
  const [, redefined] = await stream.reaches(2);
  expect(Number(redefined!.version)).toBe(Number(learned.version) + 1);
  expect(redefined!.interactions).toBe(learned.interactions);
  expect(redefined!.weights.map((arm) => arm.alpha)).toEqual(learned.weights.map((arm) => arm.alpha + 10));
});

test('8. Deleting the retriever completes the stream, and watching an unknown one is the error RETRIEVER_NOT_FOUND.', async () => {
  const retrieverId = await createRetriever();
  const stream = watch(retrieverId);
  await stream.reaches(1);
  await mutate('deleteRetriever', { retrieverId: retrieverId.toUpperCase() }, '{ deletedId }');
  expect(await stream.ended).toBeNull();
  expect(await watch(retrieverId).refusals()).toEqual(['RETRIEVER_NOT_FOUND']);
});

test('9. A retriever of another namespace is unknown, and no event crosses from one namespace to another.', async () => {
  const namespace = `tenant-${names++}`;
  await mutate('createNamespace', { name: namespace }, '{ namespace { id } }');
  const headers = { 'x-namespace': namespace };
  const ours = await createRetriever();
  const theirs = await createRetriever(await createCollection(headers), headers);
  expect(await watch(ours, {}, newClient({ namespace })).refusals()).toEqual(['RETRIEVER_NOT_FOUND']);
  expect(await watch(theirs).refusals()).toEqual(['RETRIEVER_NOT_FOUND']);

  const stream = watch(theirs, { userId: 'ann' }, newClient({ namespace }));
  await stream.reaches(1);
  await learn(ours, { userId: 'ann' });
  await learn(ours, { userId: 'ann' });
  await click(theirs, { userId: 'ann' }, headers);
  await stream.reaches(2);
  expect(stream.states().map((state) => [state.retrieverId, state.interactions])).toEqual([
    [theirs, 0],
    [theirs, 1],
  ]);
});

test('10. Unsubscribing or losing the connection releases the watcher.', async () => {
  const retrieverId = await createRetriever();
  const { version: after } = await weightsNow(retrieverId);
  const watchers = (count: number) => eventually(() => expect(attune.attune.stats().watchers).toBe(count));
  const [one, other] = [newClient(), newClient()];
  const stream = watch(retrieverId, { after }, one);
  watch(retrieverId, { after, userId: 'ann' }, one);
  watch(retrieverId, { after }, other);
  await watchers(3);
  stream.unsubscribe();
  await watchers(2);
  one.terminate();
  await watchers(1);
  other.terminate();
  await watchers(0);
});

test('11. A revoked key ends the stream in place of its next event.', async () => {
  const retrieverId = await createRetriever();
  const { apiKey, secret } = await createSearchKey();
  const stream = watch(retrieverId, {}, newClient({ secret }));
  await stream.reaches(1);
  await mutate('revokeApiKey', { apiKeyId: apiKey.id }, '{ apiKey { id } }');
  await learn(retrieverId);
  expect(await stream.ended).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  expect(stream.states().map((state) => state.interactions)).toEqual([0]);
  await eventually(() => expect(attune.attune.stats().watchers).toBe(0));
});

test('12. Over server-sent events the contract is the same.', async () => {
  const retrieverId = await createRetriever();
  const authorization = { authorization: `Bearer ${attune.adminKey}` };
  const open = (variables: object) => eventStream(attune, { query: watchWeights, variables }, authorization);
  const { events } = await open({ retrieverId });
  const next = async () => (await events.next()).value as unknown;
  const state = (interactions: number) => ({ data: { learnedWeights: { retrieverId, interactions } } });
  expect(await next()).toMatchObject(state(0));
  const { version } = await learn(retrieverId);
  expect(await next()).toMatchObject(state(1));

  const resumed = await open({ retrieverId, after: version });
  await eventually(() => expect(attune.attune.stats().watchers).toBe(2));
  await learn(retrieverId);
  expect((await resumed.events.next()).value).toMatchObject(state(2));
  resumed.abort();
  await eventually(() => expect(attune.attune.stats().watchers).toBe(1));

  expect(await next()).toMatchObject(state(2));
  await mutate('deleteRetriever', { retrieverId }, '{ deletedId }');
  expect((await events.next()).done).toBe(true);
});

test('13. A refusal is a `next` with `errors` and then the completion, what breaks a stream off is an `error`.', async () => {
  const [retrieverId, unknown] = [await createRetriever(), '00000000-0000-7000-8000-000000000000'];
  const { apiKey, secret } = await createSearchKey();
  const headers = { authorization: `Bearer ${secret}` };
  const overSse = (id: string) => eventStream(attune, { query: watchWeights, variables: { retrieverId: id } }, headers);
  const client = newClient({ secret });
  const refused = subscribe(client, watchWeights, { retrieverId: unknown });
  const errors = [{ extensions: { code: 'RETRIEVER_NOT_FOUND', inputPath: ['retrieverId'] } }];
  expect(await refused.ended).toBeNull();
  expect(refused.events).toMatchObject([{ errors }]);
  expect(await all((await overSse(unknown)).events)).toMatchObject([{ errors }]);

  const [open, openOverSse] = [watch(retrieverId, {}, client), await overSse(retrieverId)];
  await Promise.all([open.reaches(1), openOverSse.events.next()]);
  await mutate('revokeApiKey', { apiKeyId: apiKey.id }, '{ apiKey { id } }');
  await learn(retrieverId);
  const unauthenticated = [{ extensions: { code: 'UNAUTHENTICATED' } }];
  expect(await open.ended).toMatchObject(unauthenticated);
  expect(await all(openOverSse.events)).toMatchObject([{ errors: unauthenticated }]);
});

test('every clause of the contract has a test with its number and its sentence', async () => {
  const [contract, tests] = await Promise.all(
    ['../../schema/SUBSCRIPTIONS.md', './learned-weights.test.ts'].map((file) =>
      readFile(new URL(file, import.meta.url), 'utf8'),
    ),
  );
  const clauses = [...contract!.matchAll(/^(\d+)\. \*\*([^*]+)\*\*/gm)].map(
    ([, number, sentence]) => `${number}. ${sentence!.replace(/\s+/g, ' ')}`,
  );
  const titles = [...tests!.matchAll(/^test\('(\d+\. .+)', async/gm)].map(([, title]) => title);
  expect(clauses.length).toBeGreaterThan(0);
  expect(titles).toEqual(clauses);
});
