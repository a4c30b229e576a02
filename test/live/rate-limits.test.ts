import { afterEach, describe, expect, test } from 'vitest';
import type { Guards } from '../../src/server/guards.ts';
import { authorizations } from '../schema/hand-made-app.ts';
import { connect, eventStream, post, startTestServer, subscribe, until, type TestServer } from './transport-clients.ts';

const list = '{ retrievers { nodes { id } } }';
const watch = 'subscription { learnedWeights(retrieverId: "r") { version } }';
const codes = (errors: unknown) => (errors as { extensions: { code: string } }[]).map((error) => error.extensions.code);

describe('the rate of operations', () => {
  let server: TestServer;
  const start = async (guards: Partial<Guards>) => {
    server = await startTestServer({ guards });
  };
  afterEach(() => server.close());

  test('is limited for an address over HTTP, with the time to wait, before anything is done', async () => {
    await start({ ratePerAddress: 2 });
    for (const query of [list, '{ nothing }']) await post(server, { query });
    server.app.calls.length = 0;
    const { status, headers, errors } = await post(server, { query: list });
    expect([status, codes(errors)]).toEqual([429, ['RATE_LIMITED']]);
    const wait = Number(headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect(errors?.[0]?.extensions['retryAfterSeconds']).toBe(wait);
    expect(errors?.[0]?.message).toMatch(/address .* more than 2 operations in a minute; try again in/);
    expect(server.app.calls).toEqual([]);
    expect(server.logged).toEqual([]);
  });

  test('is limited for a key, whatever it is used over', async () => {
    await start({ ratePerKey: 2 });
    const client = connect(server, { connectionParams: { authorization: authorizations.admin } });
    const asked = subscribe(client, list);
    expect(await asked.ended).toBeNull();
    expect((await post(server, { query: list })).errors).toBeUndefined();
    const { status, errors } = await post(server, { query: list });
    expect([status, codes(errors)]).toEqual([429, ['RATE_LIMITED']]);
    const refused = subscribe(client, list);
    expect(codes((await refused.ended) ?? refused.events[0]?.errors)).toEqual(['RATE_LIMITED']);
    const stream = await eventStream(server, { query: watch }, { authorization: authorizations.admin });
    expect(stream.status).toBe(429);
    expect((await stream.events.next()).value).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] });
    expect(server.app.watchers).toEqual([]);
    await client.dispose();
  });

  test('of a key that is bound to a lower one is limited by that', async () => {
    await start({ ratePerKey: 100 });
    const { authenticate } = server.app.access;
    server.app.access.authenticate = async (credentials) => ({
      ...(await authenticate(credentials)),
      rateLimitPerMinute: 1,
    });
    expect((await post(server, { query: list })).errors).toBeUndefined();
    expect(codes((await post(server, { query: list })).errors)).toEqual(['RATE_LIMITED']);
  });

  test('counts a connection and each operation over WebSocket, and closes what comes too often with 4429', async () => {
    await start({ ratePerAddress: 2 });
    const client = connect(server);
    subscribe(client, watch);
    await until(() => server.app.watchers.length === 1);
    const refused = subscribe(client, '{ __typename }');
    expect(codes((await refused.ended) ?? refused.events[0]?.errors)).toEqual(['RATE_LIMITED']);
    const late = connect(server);
    const closed = (await subscribe(late, '{ __typename }').ended) as { code: number; reason: string };
    expect(closed.code).toBe(4429);
    expect(closed.reason).toMatch(/^RATE_LIMITED/);
    await client.dispose();
  });

  test('is that of each client where a proxy is trusted, and of the proxy where none is', async () => {
    await start({ ratePerAddress: 1, trustedProxies: 1 });
    const askAs = (address: string) => post(server, { query: list }, { 'x-forwarded-for': `9.9.9.9, ${address}` });
    for (const address of ['198.51.100.1', '198.51.100.2']) expect((await askAs(address)).errors).toBeUndefined();
    expect(codes((await askAs('198.51.100.1')).errors)).toEqual(['RATE_LIMITED']);
    await server.close();
    await start({ ratePerAddress: 1 });
    expect((await askAs('198.51.100.1')).errors).toBeUndefined();
    expect(codes((await askAs('198.51.100.2')).errors)).toEqual(['RATE_LIMITED']);
  });

  test('has no limit where it is 0', async () => {
    await start({ ratePerAddress: 0, ratePerKey: 0 });
    for (let asked = 0; asked < 20; asked++) expect((await post(server, { query: list })).errors).toBeUndefined();
  });
});
