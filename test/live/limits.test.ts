import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest';
import type { Limits } from '../../src/server/limits.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { learnedWeights } from '../schema/hand-made-app.ts';
import {
  codesOver,
  connect,
  post,
  startTestServer,
  subscribe,
  transports,
  until,
  type TestServer,
} from './transport-clients.ts';

const retrieverNames = '{ retrievers { nodes { id retrieverName } } }';

describe('limits that an operator sets', () => {
  let server: TestServer;
  const start = async (limits: Partial<Limits>) => {
    server = await startTestServer({ limits });
  };
  afterEach(() => server.close());

  describe.each(transports)('hold over %s', (transport) => {
    const codes = (query: string, variables = {}) => codesOver(transport, server, { query, variables });

    test('for depth', async () => {
      await start({ depth: 2 });
      expect(await codes('{ retrievers { pageInfo { hasNextPage } } }')).toEqual(['QUERY_TOO_DEEP']);
      expect(await codes('{ retrievers { __typename } }')).toEqual([]);
      expect(server.app.calls).toEqual(['retrievers.list']);
    });

    test('for cost', async () => {
      await start({ cost: 26 });
      expect(await codes('{ retrievers(first: 25) { nodes { id } } }')).toEqual([]);
      expect(await codes(retrieverNames)).toEqual(['QUERY_TOO_COSTLY']);
    });

    test('for aliases', async () => {
      await start({ aliases: 1 });
      expect(await codes('{ a: __typename }')).toEqual([]);
      expect(await codes('{ a: __typename b: __typename }')).toEqual(['TOO_MANY_ALIASES']);
    });

    test('for tokens', async () => {
      await start({ tokens: 4 });
      expect(await codes('{ __typename }')).toEqual([]);
      expect(await codes(retrieverNames)).toEqual(['TOO_MANY_TOKENS']);
    });

    test('for the items on a page', async () => {
      await start({ pageSize: 30 });
      const page = 'query ($n: Int) { retrievers(first: $n) { nodes { id } } }';
      expect(await codes(page, { n: 31 })).toEqual(['INVALID_INPUT']);
      expect(await codes(page, { n: 30 })).toEqual([]);
      expect(await codes('{ retrievers { nodes { id } } }')).toEqual([]);
    });

    test('for time', async () => {
      await start({ requestMs: 50 });
      server.app.learning.weights = () => new Promise(() => {});
      expect(await codes('{ learnedWeights(retrieverId: "r") { version } }')).toEqual(['TIMEOUT']);
      server.app.learning.watch = () => new Promise(() => {});
      expect(await codes('subscription { learnedWeights(retrieverId: "r") { version } }')).toEqual(['TIMEOUT']);
    });
  });

  test('are raised as well as lowered', async () => {
    await start({ depth: 20, cost: 20_000, aliases: 50, tokens: 5_000, pageSize: 200 });
    const aliased = Array.from({ length: 50 }, (_, i) => `a${i}: retriever(id: "${'x'.repeat(40)}") { id }`).join(' ');
    expect(await codesOver('HTTP', server, { query: `{ ${aliased} }` })).toEqual([]);
    expect(await codesOver('HTTP', server, { query: '{ retrievers(first: 200) { nodes { id } } }' })).toEqual([]);
  });

  test('hold for the body of a request', async () => {
    await start({ bodyBytes: 1024 });
    const { status, errors } = await post(server, { query: retrieverNames, variables: { filler: 'x'.repeat(1024) } });
    expect([status, errors?.[0]?.extensions['code']]).toEqual([413, 'REQUEST_TOO_LARGE']);
    expect(errors?.[0]?.message).toMatch(/larger than 1 kB/);
  });

  test('hold for a message of a WebSocket', async () => {
    await start({ frameBytes: 1024 });
    const client = connect(server);
    const large = subscribe(client, retrieverNames, { filler: 'x'.repeat(1024) });
    expect(await large.ended).toMatchObject({ code: 1009 });
    await client.dispose();
  });

  test('leave the rest of a WebSocket alone when time is up for one operation', async () => {
    await start({ requestMs: 50 });
    server.app.learning.weights = () => new Promise(() => {});
    const client = connect(server);
    const other = subscribe(client, 'subscription { learnedWeights(retrieverId: "r") { version } }');
    await until(() => server.app.watchers.length === 1);
    const late = subscribe(client, '{ learnedWeights(retrieverId: "r") { version } }');
    await late.ended;
    expect(late.events[0]?.errors?.[0]?.extensions?.['code']).toBe('TIMEOUT');
    server.app.watchers[0]!.slot.push(learnedWeights(1));
    await until(() => other.events.length === 1);
    expect(server.logged).toEqual([]);
    await client.dispose();
  });

  test('hold for what one WebSocket has open', async () => {
    await start({ subscriptionsPerConnection: 2 });
    const client = connect(server);
    const watch = 'subscription { learnedWeights(retrieverId: "r") { version } }';
    const open = [subscribe(client, watch), subscribe(client, watch)];
    await until(() => server.app.watchers.length === 2);
    expect(await subscribe(client, watch).ended).toMatchObject([{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }]);
    server.app.watchers.forEach(({ slot }) => slot.push(learnedWeights(1)));
    await until(() => open.every(({ events }) => events.length === 1));
    await client.dispose();
  });
});

describe('limits in the environment', () => {
  let attune: RunningAttune;
  beforeAll(async () => {
    attune = await startAttune({ ATTUNE_MAX_INTERACTIONS: '2', ATTUNE_MAX_PAGE: '30', ATTUNE_MAX_ALIASES: '1' });
  });
  afterAll(() => attune.close());

  test('reach the server and the use cases', async () => {
    const record = `mutation ($events: [RecordInteractionInput!]!) { recordInteractions(input: { interactions: $events }) {
      ... on RecordInteractionsPayload { accepted } ... on Error { code message } } }`;
    const events = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ documentId: `d${n}`, userId: 'ann', position: n }));
    expect((await attune.ask(record, { events: events(2) })).data).toEqual({ recordInteractions: { accepted: 2 } });
    expect((await attune.ask(record, { events: events(3) })).data).toMatchObject({
      recordInteractions: { code: 'TOO_MANY_INTERACTIONS', message: expect.stringContaining('of 2 allowed') },
    });
    const { errors } = await attune.ask('{ interactions(first: 31) { nodes { id } } }');
    expect(errors?.[0]).toMatchObject({
      message: 'first must be 1 to 30; page on with after.',
      path: ['interactions'],
    });
    expect((await attune.ask('{ a: __typename b: __typename }')).errors?.[0]?.extensions['code']).toBe(
      'TOO_MANY_ALIASES',
    );
  });
});
