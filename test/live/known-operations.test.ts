import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { searchQuery } from '../../src/client/operations.ts';
import { readOperationPolicy, readOperations } from '../../src/server/read-operations.ts';
import { learnedWeights, retriever } from '../schema/hand-made-app.ts';
import {
  askOver,
  codesOver,
  connect,
  startTestServer,
  subscribe,
  transports,
  until,
  type TestServer,
} from './transport-clients.ts';

const names = 'query Names($n: Int) { retrievers(first: $n) { nodes { id } } }\n';
const remove = 'mutation Remove { deleteRetriever(input: { retrieverId: "r" }) { __typename } }\n';
const watch = 'subscription Watch { learnedWeights(retrieverId: "r") { version } }\n';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const named = (sha256Hash: string, query = '') => ({
  query,
  extensions: { persistedQuery: { version: 1, sha256Hash } },
});
const answered = { retrievers: { nodes: [{ id: retriever.id }] } };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'attune-operations-'));
  for (const [name, text] of Object.entries({ names, remove, watch })) {
    await writeFile(path.join(folder, `${name}.graphql`), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe('operations that the server was given', () => {
  let server: TestServer;
  const start = async (only: boolean) => {
    server = await startTestServer({ operations: await readOperationPolicy(folder, only) });
  };
  afterEach(() => server.close());

  describe.each(transports)('over %s', (transport) => {
    test('are asked for by their ids', async () => {
      await start(false);
      const { data } = await askOver(transport, server, { ...named(sha256(names)), variables: { n: 3 } });
      expect(data).toEqual(answered);
      expect(await codesOver(transport, server, named(sha256(remove)))).toEqual([]);
      expect(server.app.calls).toEqual(['retrievers.list', 'retrievers.delete']);
    });

    test('are asked for by their text as well, and so is any other where none is kept out', async () => {
      await start(false);
      expect(await codesOver(transport, server, { query: names })).toEqual([]);
      expect(await codesOver(transport, server, { query: '{ retrievers { nodes { id } } }' })).toEqual([]);
      // as clients of automatic persisted queries do when an id was not known
      expect(await codesOver(transport, server, named('0'.repeat(64), '{ __typename }'))).toEqual([]);
    });

    test('that it was not given are not known', async () => {
      await start(false);
      for (const id of ['0'.repeat(64), '', '__proto__', 'constructor']) {
        expect(await codesOver(transport, server, named(id))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
      }
      expect(await codesOver(transport, server, { query: '' })).toEqual(['PERSISTED_QUERY_ID_REQUIRED']);
    });

    test('are the only ones where that is set, to the letter', async () => {
      await start(true);
      for (const query of ['{ retrievers { nodes { id } } }', `${names} `, '{ __typename }', getIntrospectionQuery()]) {
        expect(await codesOver(transport, server, { query })).toEqual(['PERSISTED_QUERY_ONLY']);
        // the id of one does not let another in
        expect(await codesOver(transport, server, named(sha256(names), query))).toEqual(['PERSISTED_QUERY_ONLY']);
      }
      expect(server.app.calls).toEqual([]);
      for (const known of [{ query: names }, named(sha256(names))]) {
        expect((await askOver(transport, server, known)).data).toEqual(answered);
      }
      // what the client at /client.js sends
      const search = { query: searchQuery, variables: { input: { retrieverId: 'r', inputs: {} }, explain: false } };
      expect(await codesOver(transport, server, search)).toEqual([]);
    });

    test('are limited, and need a key, like any other', async () => {
      server = await startTestServer({
        operations: { known: new Map([['n', names]]), only: true },
        limits: { cost: 10 },
      });
      expect(await codesOver(transport, server, named('n'))).toEqual(['QUERY_TOO_COSTLY']);
      expect(await codesOver(transport, server, { ...named('n'), variables: { n: 1 } }, 'Bearer search')).toEqual([
        'FORBIDDEN',
      ]);
    });
  });

  test('may be watched by their ids, over one WebSocket with what is refused', async () => {
    await start(true);
    const client = connect(server);
    const events: unknown[] = [];
    client.subscribe(named(sha256(watch)), { next: (event) => events.push(event), error() {}, complete() {} });
    await until(() => server.app.watchers.length === 1);
    expect(await subscribe(client, watch.replace('version', 'interactions')).ended).toMatchObject([
      { extensions: { code: 'PERSISTED_QUERY_ONLY' } },
    ]);
    server.app.watchers[0]!.slot.push(learnedWeights(1));
    await until(() => events.length === 1);
    await client.dispose();
  });

  test('are asked for by GET, and mutations among them are not', async () => {
    await start(true);
    const get = (id: string) => {
      const extensions = encodeURIComponent(JSON.stringify(named(id).extensions));
      return fetch(`${server.url}/graphql?extensions=${extensions}`, { headers: { authorization: 'Bearer admin' } });
    };
    expect(await (await get(sha256(names))).json()).toEqual({ data: answered });
    expect((await get(sha256(remove))).status).toBe(405);
    expect(server.app.calls).toEqual(['retrievers.list']);
  });

  test('leave GraphiQL and the console off where they are the only ones, which say why', async () => {
    await start(true);
    for (const [address, what] of [
      ['/graphql', 'GraphiQL is off'],
      ['/', 'The console is off'],
    ] as const) {
      const response = await fetch(`${server.url}${address}`, { headers: { accept: 'text/html' } });
      const page = await response.text();
      expect(page).toContain(what);
      expect(page).toContain('ATTUNE_OPERATIONS_ONLY');
      expect(page).not.toContain('<script');
    }
  });
});

describe('a list of operations', () => {
  test('is read from a folder, or from JSON as code generators write it', async () => {
    expect(await readOperations(folder)).toEqual(new Map([names, remove, watch].map((text) => [sha256(text), text])));
    const manifest = path.join(folder, 'operations.json');
    await writeFile(manifest, JSON.stringify({ names, 'an-id': watch }));
    expect(await readOperations(manifest)).toEqual(new Map(Object.entries({ names, 'an-id': watch })));
  });

  test.each([
    ['[]', 'must be a folder of .graphql files, or JSON like { "<id>": "<operation>" }.'],
    ['{ "a": 1 }', 'must be a folder of .graphql files'],
    ['query { __typename }', 'must be a folder of .graphql files'],
    ['{}', 'in which there is no operation.'],
    ['{ "broken": "query {" }', 'broken is no operation of this server: Syntax Error'],
    ['{ "old": "{ noSuchField }" }', 'old is no operation of this server: Cannot query field "noSuchField"'],
  ])('that is %s is refused at the start, in one sentence', async (text, message) => {
    const file = path.join(folder, 'broken.json');
    await writeFile(file, text);
    await expect(readOperations(file)).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining(message),
    });
  });

  test('that is not there is named', async () => {
    await expect(readOperations('/nowhere')).rejects.toThrow('ATTUNE_OPERATIONS names /nowhere, which cannot be read');
  });
});

describe('a schema that is not shown', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ introspection: false });
  });
  afterAll(() => server.close());

  test.each(transports)('is not told over %s, whoever asks', async (transport) => {
    const codes = (query: string, variables = {}) => codesOver(transport, server, { query, variables });
    for (const query of [
      getIntrospectionQuery(),
      '{ __type(name: "Query") { name } }',
      '{ ...f } fragment f on Query { a: __schema { types { name } } }',
      'query Schema { ... @include(if: true) { __schema { types { name } } } }',
    ]) {
      expect(new Set(await codes(query))).toEqual(new Set(['INTROSPECTION_OFF']));
    }
    expect(await codes('{ retrievers { __typename nodes { id } } }')).toEqual([]);
  });

  test.each(transports)('is not spelled out by errors over %s', async (transport) => {
    const search = 'query ($input: SearchInput!) { search(input: $input) { executionId } }';
    for (const [query, variables] of [
      ['{ retrieverz { nodes { id } } }', {}],
      ['{ retrievers(frst: 1) { nodes { id } } }', {}],
      ['{ interactions(filter: { types: [CLICKK] }) { nodes { id } } }', {}],
      [search, { input: { retrieverId: 'r', inputs: {}, userIdd: 'ann' } }],
      ['query ($t: [InteractionType!]) { interactions(filter: { types: $t }) { nodes { id } } }', { t: ['CLICKK'] }],
    ] as const) {
      const { errors = [] } = await askOver(transport, server, { query, variables: { ...variables } });
      expect(errors).toHaveLength(1);
      expect(errors[0]?.message).not.toMatch(/Did you mean|"first"|"userId"|"CLICK"/);
    }
  });

  test('leaves GraphiQL off, which says why', async () => {
    const response = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(await response.text()).toMatch(/GraphiQL is off: .* \(ATTUNE_INTROSPECTION\)/);
  });

  test('is told where it is not forbidden, without a key', async () => {
    const open = await startTestServer();
    for (const transport of ['HTTP', 'SSE'] as const) {
      const { data } = await askOver(transport, open, { query: getIntrospectionQuery() }, 'Bearer none');
      expect(data).toHaveProperty('__schema.queryType.name', 'Query');
    }
    await open.close();
  });
});
