import { once } from 'node:events';
import type { ExecutionResult } from 'graphql';
import type { Client } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { LearnedWeights } from '../../src/learning/learned-weights.ts';
import { NotFoundError, UnavailableError } from '../../src/shared/errors.ts';
import { LatestValue } from '../../src/shared/latest-value.ts';
import { authorizations, learnedWeights } from '../schema/hand-made-app.ts';
import { connect, startTestServer, subscribe, until, webSocketUrl, type TestServer } from './transport-clients.ts';

const watch = 'subscription ($id: ID!, $after: String) { learnedWeights(retrieverId: $id, after: $after) { version } }';
const version = (n: number) => ({ data: { learnedWeights: { version: learnedWeights(n).version } } });
const codes = (errors: unknown) => (errors as { extensions: { code: string } }[]).map((error) => error.extensions.code);

describe('over WebSocket', () => {
  let server: TestServer;
  let client: Client;

  beforeEach(async () => {
    server = await startTestServer();
    client = connect(server);
  });
  afterEach(async () => {
    await client.dispose();
    await server.close();
  });

  const execute = (query: string): Promise<unknown> =>
    new Promise((resolve) => {
      let result: unknown;
      client.subscribe({ query }, { next: (next) => (result = next), error: resolve, complete: () => resolve(result) });
    });

  /** A socket that speaks the protocol by hand. */
  const openSocket = async (options: { authorization?: string; origin?: string } = {}) => {
    const { authorization, origin } = options;
    const socket = new WebSocket(webSocketUrl(server), 'graphql-transport-ws', origin === undefined ? {} : { origin });
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await once(socket, 'open');
    if (authorization !== undefined) {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
      await once(socket, 'message');
    }
    return { socket, closed };
  };

  describe('a subscription', () => {
    test('gets every event in its turn, and ends when its source ends', async () => {
      const { events, ended } = subscribe(client, watch, { id: 'r' });
      await until(() => server.app.watchers.length === 1);
      const slot = server.app.watchers[0]!.slot;
      slot.push(learnedWeights(1));
      await until(() => events.length === 1);
      slot.push(learnedWeights(2));
      await until(() => events.length === 2);
      slot.end();
      expect(await ended).toBeNull();
      expect(events).toEqual([version(1), version(2)]);
    });

    test('passes its arguments on', async () => {
      subscribe(client, watch, { id: 'r', after: '0000000000000007' });
      await until(() => server.app.watchers.length === 1);
      expect(server.app.watchers[0]).toMatchObject({
        query: { retrieverId: 'r', userId: null, segment: null },
        after: '0000000000000007',
      });
    });

    test('that is unsubscribed releases its source, though no event ever came', async () => {
      const { unsubscribe } = subscribe(client, watch, { id: 'r' });
      await until(() => server.app.watchers.length === 1);
      unsubscribe();
      await until(() => server.app.watchers.length === 0);
      expect(server.app.keyWatchers.size).toBe(0);
    });

    test('whose client is cut off releases its source, though no event ever came', async () => {
      const { socket } = await openSocket({ authorization: authorizations.search });
      const payload = { query: watch, variables: { id: 'r' } };
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload }));
      await until(() => server.app.watchers.length === 1);
      socket.terminate();
      await until(() => server.app.watchers.length === 0);
    });

    test('leaves the others of its connection alone when it ends', async () => {
      const first = subscribe(client, watch, { id: 'a' });
      const second = subscribe(client, watch, { id: 'b' });
      await until(() => server.app.watchers.length === 2);
      first.unsubscribe();
      await until(() => server.app.watchers.length === 1);
      server.app.watchers[0]!.slot.push(learnedWeights(3));
      await until(() => second.events.length === 1);
    });

    test('whose source fails ends with an error that says nothing of why', async () => {
      server.app.learning.watch = async () => {
        const slot = new LatestValue<LearnedWeights>(() => {});
        slot.next = () => Promise.reject(new Error('secret detail'));
        return slot;
      };
      const errors = await subscribe(client, watch, { id: 'r' }).ended;
      expect(codes(errors)).toEqual(['INTERNAL']);
      expect(JSON.stringify(errors)).not.toContain('secret detail');
      expect(server.logged.map(({ level }) => level)).toEqual(['error']);
      expect(server.app.keyWatchers.size).toBe(0);
    });

    test('outlasts a store that cannot say whether its key is good: the event waits for that, and is not shown before', async () => {
      const { access } = server.app;
      const { authenticate } = access;
      const { events } = subscribe(client, watch, { id: 'r' });
      await until(() => server.app.watchers.length === 1);
      let asked = 0;
      access.authenticate = () => {
        asked += 1;
        return Promise.reject(new UnavailableError('Postgres', 'away'));
      };
      server.app.watchers[0]!.slot.push(learnedWeights(1));
      await until(() => asked > 1);
      expect(events).toEqual([]);
      access.authenticate = authenticate;
      await until(() => events.length === 1);
      expect(events).toEqual([version(1)]);
    });

    test.each(['unsubscribed', 'revoked'])(
      'that is %s while its event waits ends, and does not show it',
      async (how) => {
        const { events, ended, unsubscribe } = subscribe(client, watch, { id: 'r' });
        await until(() => server.app.watchers.length === 1);
        let asked = 0;
        server.app.access.authenticate = () => {
          asked += 1;
          return Promise.reject(new UnavailableError('Postgres', 'away'));
        };
        server.app.watchers[0]!.slot.push(learnedWeights(1));
        await until(() => asked > 0);
        if (how === 'unsubscribed') unsubscribe();
        else for (const tell of server.app.keyWatchers) tell();
        await ended;
        await until(() => server.app.watchers.length === 0 && server.app.keyWatchers.size === 0);
        expect(events).toEqual([]);
      },
    );

    test('ends at its next event once its key is revoked, and does not show it', async () => {
      const { events, ended } = subscribe(client, watch, { id: 'r' });
      await until(() => server.app.watchers.length === 1);
      const slot = server.app.watchers[0]!.slot;
      slot.push(learnedWeights(1));
      await until(() => events.length === 1);
      server.app.revoked.add(authorizations.search);
      slot.push(learnedWeights(2));
      expect(codes(await ended)).toEqual(['UNAUTHENTICATED']);
      expect(events).toEqual([version(1)]);
      expect(server.app.watchers).toEqual([]);
      expect(server.app.keyWatchers.size).toBe(0);
    });

    test('ends where it waits once its key is revoked, though no event comes', async () => {
      const { events, ended } = subscribe(client, watch, { id: 'r' });
      await until(() => server.app.watchers.length === 1);
      server.app.revoked.add(authorizations.search);
      for (const tell of server.app.keyWatchers) tell();
      expect(codes(await ended)).toEqual(['UNAUTHENTICATED']);
      expect(events).toEqual([]);
      expect(server.app.watchers).toEqual([]);
    });
  });

  describe('an operation that is wrong', () => {
    test.each([
      ['subscription { learnedWeights', 'GRAPHQL_PARSE_FAILED'],
      ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
      [`{ ${Array.from({ length: 16 }, (_, i) => `a${i}: __typename`).join(' ')} }`, 'TOO_MANY_ALIASES'],
      [`{ interactions(filter: { types: [${'CLICK '.repeat(1000)}] }) { nodes { id } } }`, 'TOO_MANY_TOKENS'],
      [
        '{ retrievers(first: 100) { nodes { stages { ... on FeatureSearchStage { searches { topK weight featureUri query filters } } } } } }',
        'QUERY_TOO_COSTLY',
      ],
      ['subscription ($id: ID!) { learnedWeights(retrieverId: $id) { version } }', 'BAD_USER_INPUT'],
      ['{ retrievers { nodes { id } } }', 'FORBIDDEN'],
    ])('gets an error and leaves the connection open: %s', async (query, code) => {
      const answer = (await execute(query)) as ExecutionResult | unknown[];
      expect(codes(Array.isArray(answer) ? answer : answer.errors)).toEqual([code]);
      expect(JSON.stringify(answer)).not.toContain('"http"');
      expect(await execute('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    });

    test('because of its input gets the code of the use case', async () => {
      server.app.learning.watch = () =>
        Promise.reject(new NotFoundError('There is no such retriever.', 'RETRIEVER_NOT_FOUND', ['retrieverId']));
      const { events, ended } = subscribe(client, watch, { id: 'r' });
      const answer = (await ended) ?? events[0]?.errors;
      expect(answer).toMatchObject([{ extensions: { code: 'RETRIEVER_NOT_FOUND', inputPath: ['retrieverId'] } }]);
    });

    test('because there are 100 others gets an error, and works when one of them has ended', async () => {
      const open = Array.from({ length: 100 }, (_, i) => subscribe(client, watch, { id: `r${i}` }));
      await until(() => server.app.watchers.length === 100);
      expect(codes(await subscribe(client, watch, { id: 'one more' }).ended)).toEqual(['TOO_MANY_SUBSCRIPTIONS']);
      open[0]!.unsubscribe();
      await until(() => server.app.watchers.length === 99);
      subscribe(client, watch, { id: 'one more' });
      await until(() => server.app.watchers.length === 100);
    });
  });

  describe('a connection', () => {
    test.each([
      [{}, 4401, /^UNAUTHENTICATED: No such key/],
      [{ authorization: 'Bearer wrong' }, 4401, /^UNAUTHENTICATED/],
      [{ authorization: 7 }, 4401, /^UNAUTHENTICATED/],
    ])('with %j is closed with the reason', async (connectionParams, code, reason) => {
      const refused = connect(server, { connectionParams });
      const event = (await subscribe(refused, watch, { id: 'r' }).ended) as { code: number; reason: string };
      expect(event.code).toBe(code);
      expect(event.reason).toMatch(reason);
      expect(server.app.calls).toEqual([]);
    });

    test('is closed so that clients come again, while the store that knows its key is away', async () => {
      server.app.access.authenticate = () =>
        Promise.reject(new UnavailableError('Postgres', 'no answer from 10.0.0.5'));
      const event = (await subscribe(client, watch, { id: 'r' }).ended) as { code: number; reason: string };
      expect([event.code, event.reason]).toEqual([
        1013,
        'UNAVAILABLE: Postgres does not answer; try again in a moment.',
      ]);
      expect(server.logged.map(({ level }) => level)).toEqual(['warn']);
    });

    test('to a namespace that is not there is closed with the reason, however long it is', async () => {
      server.app.access.authenticate = () =>
        Promise.reject(new NotFoundError(`There is no namespace ${'x'.repeat(200)}.`, 'NAMESPACE_NOT_FOUND'));
      const event = (await subscribe(client, watch, { id: 'r' }).ended) as { code: number; reason: string };
      expect([event.code, event.reason]).toEqual([4403, 'NAMESPACE_NOT_FOUND']);
    });

    test('names key and namespace in connection_init', async () => {
      const seen: unknown[] = [];
      const { authenticate } = server.app.access;
      server.app.access.authenticate = (...args) => {
        seen.push(args);
        return authenticate(...args);
      };
      const named = connect(server, {
        connectionParams: { authorization: authorizations.search, namespace: 'shop' },
      });
      subscribe(named, watch, { id: 'r' });
      await until(() => server.app.watchers.length === 1);
      expect(new Set(seen.map((args) => JSON.stringify(args)))).toEqual(
        new Set([JSON.stringify([{ authorization: authorizations.search, namespace: 'shop', origin: null }])]),
      );
      await named.dispose();
    });

    test('outside of a browser may name them in headers', async () => {
      class SocketWithHeaders extends WebSocket {
        constructor(url: string, protocol: string) {
          super(url, protocol, { headers: { authorization: authorizations.search } });
        }
      }
      const named = connect(server, { connectionParams: {}, webSocketImpl: SocketWithHeaders });
      subscribe(named, watch, { id: 'r' });
      await until(() => server.app.watchers.length === 1);
      await named.dispose();
    });

    test('from a web page of another site is refused before it is one', async () => {
      await expect(openSocket({ origin: 'https://evil.example' })).rejects.toThrow('403');
      const own = await openSocket({ origin: server.url });
      own.socket.terminate();
    });

    test('on another path is refused', async () => {
      const socket = new WebSocket(`${webSocketUrl(server)}/other`, 'graphql-transport-ws');
      const [error] = (await once(socket, 'error')) as [Error];
      expect(error.message).toContain('404');
    });

    test('that sends a frame of more than 128 kB is closed', async () => {
      const { socket, closed } = await openSocket({ authorization: authorizations.search });
      socket.send(JSON.stringify({ type: 'ping', payload: { filler: 'x'.repeat(128 * 1024) } }));
      expect(await closed).toBe(1009);
    });

    test('that answers pings stays, and one that has fallen silent is ended', async () => {
      const pinging = await startTestServer({ keepAliveMs: 20 });
      const url = webSocketUrl(pinging);
      const lively = new WebSocket(url, 'graphql-transport-ws');
      let pings = 0;
      lively.on('ping', () => (pings += 1));
      const silent = new WebSocket(url, 'graphql-transport-ws', { autoPong: false });
      const [code] = (await once(silent, 'close')) as [number];
      expect(code).toBe(1006);
      await until(() => pings >= 3);
      expect(lively.readyState).toBe(WebSocket.OPEN);
      lively.terminate();
      await pinging.close();
    });

    test('is told to go when the server stops, and its sources are released', async () => {
      const { socket, closed } = await openSocket({ authorization: authorizations.search });
      const payload = { query: watch, variables: { id: 'r' } };
      socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload }));
      await until(() => server.app.watchers.length === 1);
      await server.close();
      expect(await closed).toBe(1001);
      expect(server.app.watchers).toEqual([]);
    });

    test('that does not let itself be closed is cut when the server stops', async () => {
      const { socket } = await openSocket({ authorization: authorizations.search });
      socket.pause();
      await server.close();
      socket.terminate();
    });
  });
});
