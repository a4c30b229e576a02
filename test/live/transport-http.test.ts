import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { buildSchema, getIntrospectionQuery } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OperatorError, UnavailableError, ValidationError } from '../../src/shared/errors.ts';
import { startServer } from '../../src/server.ts';
import { defaultLimits } from '../../src/server/limits.ts';
import { limitOperations } from '../../src/server/operation-limits.ts';
import { authorizations, handMadeApp, learnedWeights, retriever } from '../schema/hand-made-app.ts';
import { post, startTestServer, type Answer, type TestServer } from './transport-clients.ts';

const list = '{ retrievers { nodes { id } } }';
const search = '{ search(input: { retrieverId: "r", inputs: {} }) { executionId } }';

describe('over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ corsOrigins: ['https://shop.example'] });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.logged.length = 0;
    server.app.calls.length = 0;
  });

  describe('an operation', () => {
    test('is answered', async () => {
      const { status, data } = await post(server, { query: list });
      expect(status).toBe(200);
      expect(data).toEqual({ retrievers: { nodes: [{ id: retriever.id }] } });
    });

    test('is answered by the media type of GraphQL over HTTP where that is asked for', async () => {
      const { headers } = await post(server, { query: list }, { accept: 'application/graphql-response+json' });
      expect(headers.get('content-type')).toMatch(/^application\/graphql-response\+json/);
    });

    test('may be a query by GET', async () => {
      const url = `${server.url}/graphql?query=${encodeURIComponent(list)}`;
      const response = await fetch(url, { headers: { authorization: authorizations.admin } });
      expect(await response.json()).toHaveProperty('data.retrievers');
    });

    test('is no mutation by GET', async () => {
      const mutation = 'mutation { deleteRetriever(input: { retrieverId: "r" }) { __typename } }';
      const url = `${server.url}/graphql?query=${encodeURIComponent(mutation)}`;
      const response = await fetch(url, { headers: { authorization: authorizations.admin } });
      expect(response.status).toBe(405);
      expect(server.app.calls).toEqual([]);
    });

    test('that GraphQL does not know gets a code', async () => {
      for (const [query, code] of [
        ['{ retrievers { ', 'GRAPHQL_PARSE_FAILED'],
        ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
        ['query ($id: ID!) { retriever(id: $id) { id } }', 'BAD_USER_INPUT'],
      ] as const) {
        const { errors } = await post(server, { query });
        expect(errors?.map((error) => error.extensions['code'])).toEqual([code]);
      }
    });

    test('that names the namespace in a header reaches it', async () => {
      const seen: unknown[] = [];
      const { authenticate } = server.app.access;
      server.app.access.authenticate = (...args) => {
        seen.push(args);
        return authenticate(...args);
      };
      await post(server, { query: list }, { 'x-namespace': 'shop' });
      server.app.access.authenticate = authenticate;
      expect(seen).toEqual([[{ authorization: authorizations.admin, namespace: 'shop', origin: null }]]);
    });
  });

  describe('an error', () => {
    test('of the caller has its code, its place in the input and its place in the answer', async () => {
      const { execute } = server.app.search;
      server.app.search.execute = () =>
        Promise.reject(new ValidationError('query is empty.', 'EMPTY_QUERY', ['input', 'inputs', 'query']));
      const { data, errors } = await post(server, { query: search });
      server.app.search.execute = execute;
      expect(data).toBeNull();
      expect(errors).toEqual([
        {
          message: 'query is empty.',
          path: ['search'],
          locations: [{ line: 1, column: 3 }],
          extensions: { code: 'EMPTY_QUERY', inputPath: ['input', 'inputs', 'query'] },
        },
      ]);
      expect(server.logged).toEqual([]);
    });

    test('of ours is logged, and says no more than where it is logged', async () => {
      const { errors } = await post(server, { query: '{ interactions { nodes { id } } }' });
      expect(errors?.[0]).toMatchObject({ path: ['interactions'], extensions: { code: 'INTERNAL' } });
      expect(JSON.stringify(errors)).not.toMatch(/secret detail|stack|originalError/);
      const { errorId, err } = server.logged[0]?.fields ?? {};
      expect(errors?.[0]?.message).toContain(String(errorId));
      expect(String(err)).toContain('secret detail');
      expect(server.logged).toHaveLength(1);
    });

    test('of ours while the caller is being found out is masked too', async () => {
      const { authenticate } = server.app.access;
      server.app.access.authenticate = () => Promise.reject(new Error('secret detail: no database'));
      const { status, errors } = await post(server, { query: list });
      server.app.access.authenticate = authenticate;
      expect(status).toBe(500);
      expect(errors?.map((error) => error.extensions['code'])).toEqual(['INTERNAL']);
      expect(JSON.stringify(errors)).not.toContain('secret detail');
    });

    test('of a store that does not answer says so and no more, and that trying again may help', async () => {
      const { authenticate } = server.app.access;
      server.app.access.authenticate = () =>
        Promise.reject(
          new UnavailableError('Postgres', 'Postgres cannot be reached (connect ECONNREFUSED 10.0.0.7:5432).'),
        );
      const { status, errors } = await post(server, { query: list });
      server.app.access.authenticate = authenticate;
      expect(status).toBe(503);
      expect(errors).toEqual([
        { message: 'Postgres does not answer; try again in a moment.', extensions: { code: 'UNAVAILABLE' } },
      ]);
      expect(server.logged).toMatchObject([{ level: 'warn', fields: { reason: /10\.0\.0\.7/ } }]);
    });

    test('of a page size is placed, and no failure of the server', async () => {
      const { status, errors } = await post(server, { query: '{ retrievers(first: 101) { nodes { id } } }' });
      expect(status).toBe(200);
      expect(errors?.[0]).toMatchObject({
        path: ['retrievers'],
        extensions: { code: 'INVALID_INPUT', inputPath: ['first'] },
      });
      const none = await post(server, { query: '{ retrievers(first: 0) { nodes { id } } }' });
      expect([none.status, none.errors?.[0]?.extensions]).toEqual([
        200,
        { code: 'INVALID_INPUT', inputPath: ['first'] },
      ]);
      expect(server.logged).toEqual([]);
    });
  });

  describe('limits', () => {
    const codesOf = async (query: string, variables = {}) =>
      (await post(server, { query, variables })).errors?.map((error) => error.extensions['code']);

    test('hold for depth, but not for introspection', async () => {
      // the schema itself has no circle, and nothing in it is as deep as the limit
      const schema = buildSchema('type Query { name: String, self: Query }');
      const endpoint = createYoga({ schema, plugins: [limitOperations(defaultLimits)], logging: false });
      const codeAt = async (
        depth: number,
        query = `${'{ self '.repeat(depth - 1)}{ name }${' }'.repeat(depth - 1)}`,
      ) => {
        const response = await endpoint.fetch(`http://test/graphql?query=${encodeURIComponent(query)}`);
        return ((await response.json()) as Answer).errors?.[0]?.extensions['code'];
      };
      expect(await codeAt(10)).toBeUndefined();
      expect(await codeAt(11)).toBe('QUERY_TOO_DEEP');
      expect(await codeAt(15, getIntrospectionQuery())).toBeUndefined();
    });

    test('hold for the cost of lists, also where a variable says how long they are', async () => {
      const query = `query ($n: Int) { retrievers(first: $n) { nodes { id
        collections { id name features { featureUri kind model precision dimensions fields source } } } } }`;
      expect(await codesOf(query, { n: 10 })).toBeUndefined();
      expect(await codesOf(query, { n: 100 })).toEqual(['QUERY_TOO_COSTLY']);
      expect(server.app.calls.filter((call) => call === 'retrievers.list')).toHaveLength(1);
    });

    test('hold for aliases', async () => {
      const aliased = (count: number) =>
        `{ ${Array.from({ length: count }, (_, i) => `a${i}: retriever(id: "x") { id }`).join(' ')} }`;
      expect(await codesOf(aliased(15))).toBeUndefined();
      expect(await codesOf(aliased(16))).toEqual(['TOO_MANY_ALIASES']);
      expect(await codesOf(aliased(40))).toEqual(['TOO_MANY_ALIASES']);
    });

    test('hold for tokens', async () => {
      const { list: played } = server.app.interactions;
      server.app.interactions.list = async () => ({ items: [], hasNextPage: false });
      // 19 tokens, and one a type
      const long = (types: number) =>
        `{ interactions(filter: { types: [${'CLICK '.repeat(types)}] }) { nodes { id } } }`;
      expect(await codesOf(long(981))).toBeUndefined();
      expect(await codesOf(long(982))).toEqual(['TOO_MANY_TOKENS']);
      server.app.interactions.list = played;
    });

    test('hold for the body, whether its length is told before or not', async () => {
      const variables = { filler: 'x'.repeat(256 * 1024) };
      const { status, errors } = await post(server, { query: list, variables });
      expect([status, errors?.[0]?.extensions['code']]).toEqual([413, 'REQUEST_TOO_LARGE']);
      expect(errors?.[0]?.message).toMatch(/256 kB/);
      const body = new Blob([JSON.stringify({ query: list, variables })]).stream();
      const chunked = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: authorizations.admin },
        body,
        duplex: 'half',
      } as RequestInit);
      expect(chunked.status).toBe(413);
      expect(await chunked.json()).toHaveProperty('errors.0.extensions.code', 'REQUEST_TOO_LARGE');
      expect(server.app.calls).toEqual([]);
    });
  });

  describe('a web page of another site', () => {
    test('cannot send a form', async () => {
      const form =
        'query=' + encodeURIComponent('mutation { deleteRetriever(input: { retrieverId: "r" }) { __typename } }');
      for (const type of [
        'application/x-www-form-urlencoded',
        'text/plain',
        'application/graphql',
        'multipart/form-data; boundary=x',
      ]) {
        const { status, errors } = await post(server, form, { 'content-type': type });
        expect([status, errors?.[0]?.extensions['code']]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      }
      expect(server.app.calls).toEqual([]);
    });

    test('gets no leave to read an answer', async () => {
      const { headers } = await post(server, { query: list }, { origin: 'https://evil.example' });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    });

    test('gets leave where its origin is listed, but never with credentials', async () => {
      const origin = 'https://shop.example';
      const preflight = await fetch(`${server.url}/graphql`, { method: 'OPTIONS', headers: { origin } });
      expect(preflight.status).toBe(204);
      const { headers } = await post(server, { query: list }, { origin });
      for (const each of [preflight.headers, headers]) {
        expect(each.get('access-control-allow-origin')).toBe(origin);
        expect(each.get('vary')).toMatch(/Origin/);
        expect(each.get('access-control-allow-credentials')).toBeNull();
      }
      expect(preflight.headers.get('access-control-allow-headers')).toMatch(/Authorization/);
    });

    test('cannot frame the console', async () => {
      const response = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
      expect(response.headers.get('x-frame-options')).toBe('DENY');
      await response.body?.cancel();
    });
  });

  describe('a browser', () => {
    test('gets GraphiQL, which loads nothing from anywhere', async () => {
      const response = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
      const html = await response.text();
      expect(html).toContain('Bearer <your key>');
      expect(html).toContain('renderYogaGraphiQL');
      expect(html).toContain('.graphiql-tab { transform: none !important; }</style></head>');
      expect(html).not.toMatch(/<script[^>]+src=|<link[^>]+href="(?!data:)|@import|unpkg|jsdelivr|cdnjs|esm\.sh/);
    });

    test('is told where the API is when it asks for anything else', async () => {
      const response = await fetch(`${server.url}/api`);
      expect(response.status).toBe(404);
      expect(await response.text()).toMatch(/\/graphql/);
    });
  });

  test('says that it is alive', async () => {
    const response = await fetch(`${server.url}/health/live`);
    expect(await response.json()).toEqual({ status: 'live' });
  });
});

describe('starting and stopping', () => {
  test('a port that is taken is said in one sentence', async () => {
    const server = await startTestServer();
    const port = Number(new URL(server.url).port);
    const { logged: _logged, ...rest } = { ...server, logger: { debug() {}, info() {}, warn() {}, error() {} } };
    const second = startServer({ ...rest, app: handMadeApp(), port, host: '127.0.0.1' });
    await expect(second).rejects.toThrow(
      new OperatorError(`Port ${port} on 127.0.0.1 is in use; stop what holds it or set PORT.`),
    );
    await server.close();
  });

  test('an address of another machine is said in one sentence', async () => {
    await expect(startTestServer({ host: '192.0.2.1' })).rejects.toThrow(
      '192.0.2.1 is no address of this machine; set HOST.',
    );
  });

  test.each([
    ['application/json'],
    // as urql asks for everything
    ['application/graphql-response+json, application/json, text/event-stream, multipart/mixed'],
  ])('a request under way is finished before the server stops: one that accepts %s', async (accept) => {
    const server = await startTestServer();
    let answer = () => {};
    const begun = new Promise<void>((begin) => {
      server.app.learning.weights = async () => {
        begin();
        await new Promise<void>((resolve) => (answer = resolve));
        return learnedWeights(1);
      };
    });
    const answered = post(server, { query: '{ learnedWeights(retrieverId: "r") { version } }' }, { accept });
    await begun;
    const closed = server.close();
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
    answer();
    expect((await answered).data).toEqual({ learnedWeights: { version: '0000000000000001' } });
    await closed;
  });

  test('a connection that is kept alive does not hold it up', async () => {
    const server = await startTestServer();
    await new Promise<IncomingHttpHeaders>((resolve) => {
      const request = httpRequest(
        `${server.url}/health/live`,
        { headers: { connection: 'keep-alive' } },
        (response) => {
          response.resume().on('end', () => resolve(response.headers));
        },
      );
      request.end();
    });
    await server.close();
  });
});
