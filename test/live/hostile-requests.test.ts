import { connect as connectSocket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { authorizations, learnedWeights } from '../schema/hand-made-app.ts';
import {
  codesOver,
  connect,
  post,
  startTestServer,
  transports,
  until,
  webSocketUrl,
  type TestServer,
} from './transport-clients.ts';

/** Headers of a request to become a WebSocket. */
const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: graphql-transport-ws',
];

/** What a stranger may send, by hand. What brings the process down fails the run, whatever a test expects. */
describe('a stranger', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.close());

  /** All that the server answers to these bytes. */
  const send = (start: string, headers: readonly string[], body = '', { reset = false } = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connectSocket(Number(new URL(server.url).port), '127.0.0.1', () => {
        socket.write(`${start} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
        if (reset) socket.resetAndDestroy();
      });
      socket.on('data', (data) => (answer += String(data)));
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });

  const isAlive = async () => expect((await fetch(`${server.url}/health/live`)).status).toBe(200);

  test.each(['//', 'http://[', '/graphql?x=%'])('asking for a WebSocket at %s is refused', async (address) => {
    const bad = await send(`GET ${address}`, ['Host: [', ...upgrade]);
    expect(bad).toMatch(/^HTTP\/1\.1 400 /);
    expect(await send('GET //', ['Host: x', ...upgrade])).toMatch(/^HTTP\/1\.1 404 /);
    await isAlive();
  });

  test('that is gone before its WebSocket is refused leaves no trace', async () => {
    for (let round = 0; round < 10; round++) {
      await send('GET /other', ['Host: x', ...upgrade], '', { reset: true });
      await send('GET /graphql', ['Host: x', 'Origin: https://evil.example', ...upgrade], '', { reset: true });
    }
    await isAlive();
    expect(server.logged).toEqual([]);
  });

  test.each(['[', 'a b', '::', 'x:99999'])('with the Host %s is told so, and sees no stack', async (host) => {
    const ends = [`Host: ${host}`, 'Connection: close'];
    const body = JSON.stringify({ query: '{ __typename }' });
    const asJson = ['Content-Type: application/json', `Content-Length: ${body.length}`, ...ends];
    for (const answer of [await send('GET /graphql', ends), await send('POST /graphql', asJson, body)]) {
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).not.toMatch(/node_modules|\bat .*:\d+:\d+/);
    }
  });

  test('asking for metrics while keys cannot be looked up gets 500, and the reason is in the log alone', async () => {
    server.app.access.authenticate = () => Promise.reject(new Error('secret detail: no database'));
    const response = await fetch(`${server.url}/metrics`, { headers: { authorization: 'Bearer x' } });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret detail');
    expect(server.logged.map(({ level, fields }) => [level, String(fields['err'])])).toEqual([
      ['error', 'Error: secret detail: no database'],
    ]);
  });

  test('who writes into the log writes no line of its own', async () => {
    const forged = '{"level":50,"msg":"forged"}';
    await post(server, { query: `{ a\n${forged}` }, { 'x-namespace': 'n', authorization: `Bearer ${forged}` });
    await post(server, { query: '{ interactions { nodes { id } } }', operationName: `x\n${forged}` });
    expect(JSON.stringify(server.logged)).not.toContain('forged');
  });

  describe('over WebSocket', () => {
    const openRaw = async () => {
      const socket = new WebSocket(webSocketUrl(server), 'graphql-transport-ws');
      const closed = new Promise<number>((resolve) => socket.once('close', resolve));
      await new Promise((resolve) => socket.once('open', resolve));
      return { socket, closed };
    };

    test.each([
      ['a batch', JSON.stringify([{ id: '1', type: 'subscribe', payload: { query: '{ __typename }' } }])],
      [
        'an operation before it has said who it is',
        '{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}',
      ],
      ['no JSON', '{"type":'],
      ['JSON that is nested without end', '['.repeat(60_000)],
      ['bytes', Buffer.from([0xff, 0xfe, 0x00])],
    ])('sending %s is closed by the protocol, and nothing is run', async (_what, message) => {
      const { socket, closed } = await openRaw();
      socket.send(message);
      expect([4400, 4401]).toContain(await closed);
      await isAlive();
      expect(server.app.calls).toEqual([]);
    });

    test('whose key or namespace is no text is refused', async () => {
      for (const payload of [
        { authorization: {} },
        { authorization: ['x'] },
        { __proto__: null, authorization: null },
      ]) {
        const { socket, closed } = await openRaw();
        socket.send(JSON.stringify({ type: 'connection_init', payload }));
        expect(await closed).toBe(4401);
      }
    });
  });

  describe.each(transports)('over %s', (transport) => {
    const codes = (query: string, variables = {}) => codesOver(transport, server, { query, variables });

    /** Spread twice by the one before it, each: so many fields as two to the power of the count. */
    const bomb = (fragments: number) =>
      Array.from(
        { length: fragments },
        (_, n) => `fragment f${n} on Query { ${n + 1 < fragments ? `...f${n + 1} ...f${n + 1}` : '__typename'} }`,
      ).join(' ');

    test('sending fragments that multiply is refused', async () => {
      expect(await codes(`{ ...f0 } ${bomb(14)}`)).toEqual(['QUERY_TOO_COSTLY']);
      expect(await codes(`{ ...f0 } ${bomb(90)}`)).toEqual(['QUERY_TOO_COSTLY']);
      expect(await codes('{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }')).toEqual([
        'GRAPHQL_VALIDATION_FAILED',
      ]);
    });

    test('sending directives without end is refused', async () => {
      expect(await codes(`{ __typename ${'@include(if: true) '.repeat(200)} }`)).toEqual(['TOO_MANY_TOKENS']);
      expect(new Set(await codes(`{ __typename ${'@include(if: true) '.repeat(100)} }`))).toEqual(
        new Set(['GRAPHQL_VALIDATION_FAILED']),
      );
    });

    test('asking for the schema in the schema is refused, and for too many of it', async () => {
      const fields = (depth: number): string => `fields { type { name ${depth > 0 ? fields(depth - 1) : ''} } }`;
      expect(await codes(`{ __schema { types { ${fields(4)} } } }`)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
      const schemas = Array.from({ length: 4 }, (_, n) => `s${n}: __schema { types { name } }`).join(' ');
      expect(await codes(`{ ${schemas} }`)).toEqual(['QUERY_TOO_COSTLY']);
    });

    test('cannot put the cost out of count by an argument that is not valid', async () => {
      const query = `query ($type: InteractionType = CLICK) {
        retrievers(first: 100) { nodes { id collections { id name features { featureUri kind model precision dimensions fields source } } } }
        interactions(filter: { types: [$type] }) { nodes { id } }
      }`;
      expect(await codes(query, { type: 'CLICK' })).toEqual(['QUERY_TOO_COSTLY']);
      expect(await codes(query, { type: null })).toEqual(['BAD_USER_INPUT']);
      expect(server.app.calls).toEqual([]);
    });

    test('changes no prototype', async () => {
      const inputs = JSON.parse(
        '{ "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }',
      ) as object;
      const query = 'query ($inputs: JSON!) { search(input: { retrieverId: "r", inputs: $inputs }) { executionId } }';
      expect(await codes(query, { inputs, __proto__: { polluted: 1 } })).toEqual([]);
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
    });
  });

  test('sending variables that are nested without end gets an answer, over HTTP, SSE and WebSocket', async () => {
    const nested = '['.repeat(60_000) + ']'.repeat(60_000);
    const operation = (query: string) => `{"query":"${query}","variables":{"nested":${nested}}}`;
    const watch = operation('subscription { learnedWeights(retrieverId: \\"r\\") { version } }');
    expect((await post(server, operation('{ retrievers { nodes { id } } }'))).errors).toBeUndefined();

    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const streaming = fetch(`${server.url}/graphql`, {
      ...{ method: 'POST', body: watch, headers: { ...headers, authorization: authorizations.search } },
    });
    const socket = new WebSocket(webSocketUrl(server), 'graphql-transport-ws');
    const messages: string[] = [];
    socket.on('message', (data) => messages.push(String(data)));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(`{"type":"connection_init","payload":{"authorization":"${authorizations.search}"}}`);
    await until(() => messages.length === 1);
    socket.send(`{"type":"subscribe","id":"1","payload":${watch}}`);
    await until(() => server.app.watchers.length === 2);
    for (const { slot } of server.app.watchers) slot.push(learnedWeights(1));
    await until(() => messages.length === 2);
    expect(JSON.parse(messages[1]!)).toMatchObject({ type: 'next', payload: { data: { learnedWeights: {} } } });
    for (const { slot } of server.app.watchers) slot.end();
    expect(await (await streaming).text()).toMatch(/"data":\{"learnedWeights"/);
    expect(server.logged).toEqual([]);
    socket.terminate();
  });

  test('cannot send a mutation by GET, also where it asks for a stream', async () => {
    const mutation = 'mutation { deleteRetriever(input: { retrieverId: "r" }) { __typename } }';
    for (const accept of ['application/json', 'text/event-stream', 'text/html, */*']) {
      const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(mutation)}`, {
        headers: { accept, authorization: authorizations.admin },
      });
      await response.text();
    }
    expect(server.app.calls).toEqual([]);
  });

  test('cannot send several operations in one request', async () => {
    const { status, errors } = await post(server, [{ query: '{ __typename }' }, { query: '{ __typename }' }]);
    expect([status, errors?.[0]?.extensions['code']]).toEqual([400, 'BAD_REQUEST']);
  });

  test('is not told by a closed connection of what others do', async () => {
    const client = connect(server, { connectionParams: { authorization: 'Bearer wrong' } });
    const closed = await new Promise((resolve) =>
      client.subscribe({ query: '{ __typename }' }, { next: resolve, error: resolve, complete: () => resolve(null) }),
    );
    expect(closed).toMatchObject({ code: 4401 });
    await client.dispose();
  });
});
