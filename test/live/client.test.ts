import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { AttuneError } from '../../src/client/attune-error.ts';
import { buildClient } from '../../src/client/build.mjs';
import { createClient, interactionFromResult, type Client, type ClientOptions } from '../../src/client/client.ts';
import type { Dropped, Interaction, LearnedWeights } from '../../src/client/types.ts';
import { startAttune, testAdminKey, type RunningAttune } from '../fixtures/attune.ts';
import { startTcpRelay, type TcpRelay } from '../fixtures/tcp-relay.ts';
import { startUnreliableProxy, type Fate } from '../fixtures/unreliable-proxy.ts';
import { eventually, shopOn } from './rollout-shop.ts';
import { startTestServer } from './transport-clients.ts';

describe('the client', () => {
  let attune: RunningAttune;
  let shop: ReturnType<typeof shopOn>;
  let retrieverId: string;
  const clients: Client[] = [];

  beforeAll(async () => {
    attune = await startAttune();
    shop = shopOn(attune);
    retrieverId = await shop.createRetriever();
  });
  afterEach(() => clients.splice(0).forEach((client) => client.close()));
  afterAll(() => attune.close());

  /** It tries again at once, so that the tests need not wait. */
  const connect = (options: Partial<ClientOptions> = {}): Client => {
    const client = createClient({
      ...{ url: attune.url, key: testAdminKey, webSocketImpl: WebSocket, batchMs: 5, random: () => -0.99 },
      ...options,
    });
    clients.push(client);
    return client;
  };
  const search = (client: Client, userId: string, options = {}) =>
    client.search({ retrieverId, inputs: { query: 'winter jacket' }, userId }, options);
  const stored = async (userId: string): Promise<{ documentId: string; types: string[] }[]> => {
    const query =
      'query ($userId: String) { interactions(filter: { userId: $userId }) { nodes { documentId types: interactionTypes } } }';
    const { data, errors } = await attune.ask<{ interactions: { nodes: { documentId: string; types: string[] }[] } }>(
      query,
      { userId },
    );
    expect(errors).toBeUndefined();
    return data.interactions.nodes;
  };

  test('searches, and explains the hits where it is asked to', async () => {
    const client = connect();
    const plain = await search(client, 'ana');
    expect(plain.hits.map(({ position }) => position)).toEqual(plain.hits.map((_hit, index) => index));
    expect(plain.hits[0]).toMatchObject({
      documentId: expect.any(String) as string,
      content: expect.any(String) as string,
    });
    expect(plain.hits[0]).not.toHaveProperty('features');
    const explained = await search(client, 'ana', { explain: true });
    for (const { score, features = [] } of explained.hits) {
      expect(features.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 10);
    }
  });

  test('has the server’s errors with code and path', async () => {
    const client = connect();
    const elsewhere = client.search({ retrieverId: 'nowhere', inputs: {} });
    await expect(elsewhere).rejects.toMatchObject({ name: 'AttuneError', code: 'RETRIEVER_NOT_FOUND' });
    const tooMany = client.search({ retrieverId, inputs: { query: 'jacket' }, limit: 101 });
    await expect(tooMany).rejects.toMatchObject({ path: ['input', 'limit'], retryable: false });
    const stranger = connect({ key: 'no-key' });
    await expect(search(stranger, 'ana')).rejects.toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
  });

  test('tracks in batches what was done with hits', async () => {
    let calls = 0;
    const counting: typeof fetch = (...args) => {
      calls += 1;
      return fetch(...args);
    };
    const client = connect({ fetch: counting, batchMs: 60_000 });
    const result = await search(client, 'batcher');
    client.track(interactionFromResult(result, 0));
    client.track(interactionFromResult(result, 1, ['VIEW', 'ADD_TO_CART']));
    expect([client.pending, await stored('batcher')]).toEqual([2, []]);
    await client.flush();
    expect([client.pending, calls]).toEqual([0, 2]);
    const documents = result.hits.map(({ documentId }) => documentId);
    expect(await stored('batcher')).toEqual(
      expect.arrayContaining([
        { documentId: documents[0], types: ['CLICK'] },
        { documentId: documents[1], types: ['VIEW', 'ADD_TO_CART'] },
      ]),
    );
  });

  test('reports what the server does not take, and stores the rest', async () => {
    const dropped: Dropped[] = [];
    const client = connect({ onDrop: (drop) => void dropped.push(drop) });
    const result = await search(client, 'mixed');
    const forged: Interaction = { ...interactionFromResult(result, 0), position: 99 };
    client.track(forged);
    client.track(interactionFromResult(result, 1));
    await client.flush();
    expect(dropped.map(({ interaction, error }) => [interaction.position, error.code])).toEqual([
      [99, expect.stringMatching(/^[A-Z_]+$/) as string],
    ]);
    expect(await stored('mixed')).toHaveLength(1);
  });

  test('gets a thousand interactions over in one call', async () => {
    const client = connect({ batchSize: 1_000, batchMs: 60_000 });
    const result = await search(client, 'busy');
    const bodies: number[] = [];
    const watched = connect({
      ...{ batchSize: 1_000, batchMs: 60_000, url: attune.url },
      fetch: (url, init) => {
        bodies.push(
          (JSON.parse(String(init?.body)) as { variables: { interactions: unknown[] } }).variables.interactions.length,
        );
        return fetch(url, init);
      },
    });
    for (let count = 0; count < 1_000; count += 1) {
      watched.track({ executionId: result.executionId, position: 0, idempotencyKey: `k${count}` });
    }
    await watched.flush();
    expect(bodies).toEqual([1_000]);
  });

  test('counts once what it sends again because an answer was lost', async () => {
    const fates: Fate[] = ['cut after', 'unavailable', 'cut before', 'cut after', 'pass'];
    const proxy = await startUnreliableProxy(attune.url, () => fates.shift() ?? 'pass');
    const client = connect({ url: proxy.url });
    // events of one kind that no search is known for: nothing but their keys tells a repetition from a second one
    const toggle: Interaction = { retrieverId, userId: 'unlucky', interactionTypes: ['FILTER_TOGGLE'] };
    client.track(toggle);
    client.track(toggle);
    await client.flush();
    expect(proxy.counts).toEqual({ pass: 1, 'cut before': 1, 'cut after': 2, unavailable: 1 });
    expect(await stored('unlucky')).toHaveLength(2);
    await proxy.close();
  });

  describe('watching weights', () => {
    let relay: TcpRelay;
    beforeAll(async () => {
      relay = await startTcpRelay(attune.url);
    });
    afterAll(() => relay.close());

    /** Watches a user over the relay. */
    function watch(userId: string, options: Partial<ClientOptions> = {}, signal?: AbortSignal) {
      const states: string[] = [];
      const client = connect({ url: relay.url, onConnection: (state) => void states.push(state), ...options });
      const seen: LearnedWeights[] = [];
      const ends: (AttuneError | null)[] = [];
      const onEnd = (error: AttuneError | null) => void ends.push(error);
      const stop = client.watchWeights(
        retrieverId,
        { userId, onEnd, ...(signal === undefined ? {} : { signal }) },
        (weights) => void seen.push(weights),
      );
      return { client, seen, ends, states, stop, interactions: () => seen.map(({ interactions }) => interactions) };
    }
    /** Not over the relay. */
    async function click(userId: string): Promise<void> {
      const client = connect();
      client.track(interactionFromResult(await search(client, userId), 0));
      await client.flush();
    }
    const noWatchers = () => eventually(() => expect(attune.attune.stats().watchers).toBe(0));

    test('begins with the weights as they are, and goes on with every change', async () => {
      const { seen, stop, ends } = watch('watcher');
      await eventually(() => expect(seen).toHaveLength(1));
      await click('watcher');
      await eventually(() => expect(seen.at(-1)).toMatchObject({ contextLevel: 'PERSONAL', interactions: 1 }));
      expect(seen.at(-1)!.weights.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 10);
      stop();
      await noWatchers();
      expect(ends).toEqual([]);
    });

    test('goes on behind the last version when the connection was cut: what was missed comes, nothing comes twice', async () => {
      const { seen, states, interactions } = watch('survivor');
      await click('survivor');
      await eventually(() => expect(interactions().at(-1)).toBe(1));
      relay.refuse(true);
      relay.cut();
      await eventually(() => expect(states.at(-1)).toBe('lost'));
      await click('survivor');
      relay.refuse(false);
      await eventually(() => expect(interactions().at(-1)).toBe(2));
      expect(states.at(-1)).toBe('live');
      const { length } = seen;
      relay.cut();
      await eventually(() => expect(attune.attune.stats().watchers).toBe(1));
      await click('survivor');
      await eventually(() => expect(interactions().at(-1)).toBe(3));
      expect(seen).toHaveLength(length + 1);
      const versions = seen.map(({ version }) => version);
      expect(versions).toEqual([...new Set(versions)].sort());
    });

    test('finds out by itself that a connection is dead without a word', async () => {
      const { interactions, states } = watch('silent', { pingMs: 40 });
      await eventually(() => expect(states).toEqual(['live']));
      await click('silent');
      await eventually(() => expect(interactions().at(-1)).toBe(1));
      relay.silence();
      await click('silent');
      await eventually(() => expect(interactions().at(-1)).toBe(2));
      expect(states).toContain('lost');
      // the server has not noticed yet
      relay.cut();
    });

    test('ends with the reason where there is no use in coming back', async () => {
      const stranger = watch('ana', { key: 'no-key' });
      await eventually(() => expect(stranger.ends.map((error) => error?.code)).toEqual(['UNAUTHENTICATED']));
      const gone: (string | undefined)[] = [];
      connect().watchWeights('nowhere', { onEnd: (error) => void gone.push(error?.code) }, () => undefined);
      await eventually(() => expect(gone).toEqual(['RETRIEVER_NOT_FOUND']));
    });

    test('ends without a reason where the retriever is deleted', async () => {
      const doomed = await shop.createRetriever();
      const ends: unknown[] = [];
      const seen: unknown[] = [];
      connect().watchWeights(doomed, { onEnd: (error) => void ends.push(error) }, (weights) => seen.push(weights));
      await eventually(() => expect(seen).toHaveLength(1));
      await shop.done('deleteRetriever', { retrieverId: doomed }, '{ deletedId }');
      await eventually(() => expect(ends).toEqual([null]));
    });

    test('ends where it is called off, also while it waits to come back', async () => {
      const controller = new AbortController();
      const { seen, ends } = watch('quitter', {}, controller.signal);
      await eventually(() => expect(seen).toHaveLength(1));
      controller.abort();
      await noWatchers();
      const later = new AbortController();
      const waiting = watch('waiter', {}, later.signal);
      await eventually(() => expect(waiting.seen).toHaveLength(1));
      relay.refuse(true);
      relay.cut();
      await eventually(() => expect(waiting.states.at(-1)).toBe('lost'));
      later.abort();
      relay.refuse(false);
      await noWatchers();
      expect([...ends, ...waiting.ends]).toEqual([]);
    });

    test('ends without a word where its client is closed while it connects, and cannot', async () => {
      const rejections: unknown[] = [];
      const onRejection = (reason: unknown) => void rejections.push(reason);
      process.on('unhandledRejection', onRejection);
      relay.refuse(true);
      const { client, ends } = watch('hasty');
      const refusals = relay.refusals();
      client.close();
      await eventually(() => expect(relay.refusals()).toBe(refusals + 1));
      // a rejection that nobody handles is told of only after what is under way is done
      await new Promise((resolve) => setTimeout(resolve, 50));
      process.off('unhandledRejection', onRejection);
      relay.refuse(false);
      expect([rejections, ends]).toEqual([[], []]);
    });
  });

  test('is served to every page, as soon as it is built', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'attune-client-'));
    const clientFile = path.join(directory, 'client.js');
    const server = await startTestServer({ clientFile });
    const ask = () => fetch(`${server.url}/client.js`, { headers: { origin: 'https://shop.example' } });
    const before = await ask();
    expect([before.status, await before.text()]).toEqual([503, expect.stringContaining('npm run build')]);
    await buildClient(clientFile);
    const response = await ask();
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect((await fetch(`${server.url}/client.js`, { method: 'POST' })).status).toBe(405);
    expect(await response.text()).toBe(await readFile(clientFile, 'utf8'));
    await server.close();
    const built = (await import(/* @vite-ignore */ clientFile)) as { createClient: typeof createClient };
    const client = built.createClient({ url: attune.url, key: testAdminKey });
    expect((await search(client, 'ana')).hits.length).toBeGreaterThan(0);
    client.close();
    await rm(directory, { recursive: true, force: true });
  });
});
