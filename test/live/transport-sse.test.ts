import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limitTime } from '../../src/server/request-guards.ts';
import { LatestValue } from '../../src/shared/latest-value.ts';
import { authorizations, learnedWeights } from '../schema/hand-made-app.ts';
import { eventStream, startTestServer, until, type Answer, type TestServer } from './transport-clients.ts';

const watch = { query: 'subscription { learnedWeights(retrieverId: "r") { version } }' };
const version = (n: number) => ({ data: { learnedWeights: { version: learnedWeights(n).version } } });

describe('over SSE', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.close());

  test('a subscription gets every event in its turn, and ends when its source ends', async () => {
    const { status, events } = await eventStream(server, watch);
    expect(status).toBe(200);
    await until(() => server.app.watchers.length === 1);
    const { slot } = server.app.watchers[0]!;
    slot.push(learnedWeights(1));
    expect((await events.next()).value).toEqual(version(1));
    slot.push(learnedWeights(2));
    expect((await events.next()).value).toEqual(version(2));
    slot.end();
    expect((await events.next()).done).toBe(true);
  });

  test('a reader that was busy gets the latest event, not those between', async () => {
    const { events } = await eventStream(server, watch);
    await until(() => server.app.watchers.length === 1);
    for (let n = 1; n <= 1_000; n++) server.app.watchers[0]!.slot.push(learnedWeights(n));
    const seen: unknown[] = [];
    for await (const event of events) {
      seen.push(event);
      if (JSON.stringify(event) === JSON.stringify(version(1_000))) break;
    }
    expect(seen.length).toBeLessThan(10);
  });

  test('a reader that goes releases the source, though no event ever came', async () => {
    const { abort } = await eventStream(server, watch);
    await until(() => server.app.watchers.length === 1);
    abort();
    await until(() => server.app.watchers.length === 0);
  });

  test('a reader that went before its subscription began leaves no source behind', async () => {
    const seen = { asked: false, begun: false, released: false };
    let begin = () => {};
    server.app.learning.watch = async () => {
      seen.asked = true;
      await new Promise<void>((resolve) => (begin = resolve));
      seen.begun = true;
      return new LatestValue(() => (seen.released = true));
    };
    const left = new AbortController();
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const reading = fetch(`${server.url}/graphql`, {
      ...{ method: 'POST', headers: { ...headers, authorization: authorizations.search }, signal: left.signal },
      body: JSON.stringify(watch),
    }).catch(() => 'left');
    await until(() => seen.asked);
    left.abort();
    expect(await reading).toBe('left');
    await sleep(50); // in which the server hears of it
    begin();
    await until(() => seen.begun && seen.released);
  });

  test('a subscription ends at its next event once its key is revoked', async () => {
    const { events } = await eventStream(server, watch);
    await until(() => server.app.watchers.length === 1);
    server.app.revoked.add(authorizations.search);
    server.app.watchers[0]!.slot.push(learnedWeights(1));
    expect((await events.next()).value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(server.app.watchers).toEqual([]);
  });

  test('a subscription ends where it waits once its key is revoked, though no event comes', async () => {
    const { events } = await eventStream(server, watch);
    await until(() => server.app.watchers.length === 1);
    server.app.revoked.add(authorizations.search);
    for (const tell of server.app.keyWatchers) tell();
    expect((await events.next()).value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect((await events.next()).done).toBe(true);
    expect(server.app.watchers).toEqual([]);
  });

  test('a subscription without a key gets the error, then the end', async () => {
    const { events } = await eventStream(server, watch, { authorization: '' });
    expect((await events.next()).value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect((await events.next()).done).toBe(true);
    expect(server.app.calls).toEqual([]);
  });

  test('a stream is ended when the server stops, and its source released', async () => {
    const { events } = await eventStream(server, watch);
    await until(() => server.app.watchers.length === 1);
    await server.close();
    await expect(events.next()).rejects.toThrow();
    await until(() => server.app.watchers.length === 0);
  });
});

describe('the time of an operation', () => {
  const schema = buildSchema('type Query { slow: Int } type Subscription { slow: Int }');

  test('is limited, and the client told that it may still be carried out', async () => {
    schema.getQueryType()!.getFields()['slow']!.resolve = () => new Promise(() => {});
    const endpoint = createYoga({ schema, plugins: [limitTime(10)], logging: false });
    const response = await endpoint.fetch('http://test/graphql?query={slow}');
    const { errors } = (await response.json()) as Answer;
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
    expect(errors?.[0]?.message).toMatch(/may still be carried out/);
  });

  test('is limited for the beginning of a subscription too, and one that begins later is released', async () => {
    let begin = () => {};
    let released = false;
    schema.getSubscriptionType()!.getFields()['slow']!.subscribe = async () => {
      await new Promise<void>((resolve) => (begin = resolve));
      return new LatestValue(() => (released = true));
    };
    const endpoint = createYoga({ schema, plugins: [limitTime(10)], logging: false });
    const response = await endpoint.fetch(`http://test/graphql?query=${encodeURIComponent('subscription { slow }')}`, {
      headers: { accept: 'text/event-stream' },
    });
    expect(await response.text()).toContain('TIMEOUT');
    expect(released).toBe(false);
    begin();
    await until(() => released);
  });
});
