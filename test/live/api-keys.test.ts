import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { connect, eventStream, subscribe, until } from './transport-clients.ts';
import { shopOn } from './rollout-shop.ts';

interface Key {
  apiKey: { id: string; prefix: string; allowedOrigins: string[]; rateLimitPerMinute: number | null };
  secret: string;
}

const keyFields = '{ apiKey { id prefix allowedOrigins rateLimitPerMinute } secret }';
const shopOrigin = 'https://shop.example';
const codes = (errors: unknown) => (errors as { extensions: { code: string } }[]).map((error) => error.extensions.code);

describe('API keys', () => {
  let attune: RunningAttune;
  let retrieverId: string;
  let shop: ReturnType<typeof shopOn>;

  beforeAll(async () => {
    attune = await startAttune({ ATTUNE_CORS_ORIGINS: `${shopOrigin},https://other.example` });
    shop = shopOn(attune);
    retrieverId = await shop.createRetriever();
  });
  afterAll(() => attune.close());

  const createKey = async (input: object): Promise<Key & { authorization: string }> => {
    const key = await shop.done<Key>(
      'createApiKey',
      { name: 'page', scopes: ['SEARCH', 'INTERACT'], ...input },
      keyFields,
    );
    return { ...key, authorization: `Bearer ${key.secret}` };
  };
  const askAs = (authorization: string, headers: Record<string, string> = {}) =>
    attune.ask(
      'query ($id: ID!) { learnedWeights(retrieverId: $id) { version } }',
      { id: retrieverId },
      {
        authorization,
        ...headers,
      },
    );
  const watch = 'subscription ($id: ID!) { learnedWeights(retrieverId: $id) { version } }';

  test('are listed without their secrets', async () => {
    const { apiKey, secret } = await createKey({ name: 'listed' });
    const { data } = await attune.ask<{ apiKeys: { nodes: { id: string; name: string }[] } }>(
      '{ apiKeys(first: 1) { nodes { id name prefix scopes createdAt expiresAt revokedAt allowedOrigins rateLimitPerMinute } } }',
    );
    expect(data.apiKeys.nodes[0]).toMatchObject({ id: apiKey.id, name: 'listed', allowedOrigins: [], expiresAt: null });
    expect(JSON.stringify(data)).not.toContain(secret.split('_')[2]);
  });

  test('of a page work on the page alone, over HTTP and WebSocket', async () => {
    const { authorization, apiKey } = await createKey({ allowedOrigins: [shopOrigin] });
    expect(apiKey.allowedOrigins).toEqual([shopOrigin]);
    expect((await askAs(authorization, { origin: shopOrigin })).errors).toBeUndefined();
    for (const headers of [{ origin: 'https://other.example' }, {} as Record<string, string>]) {
      expect(codes((await askAs(authorization, headers)).errors)).toEqual(['ORIGIN_NOT_ALLOWED']);
    }
    const preflight = await fetch(`${attune.url}/graphql`, { method: 'OPTIONS', headers: { origin: shopOrigin } });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(shopOrigin);

    const { WebSocket } = await import('ws');
    const from = (origin: string) =>
      class extends WebSocket {
        constructor(url: string, protocol: string) {
          super(url, protocol, { origin });
        }
      };
    const connectFrom = (origin: string) =>
      connect(attune as never, { connectionParams: { authorization }, webSocketImpl: from(origin) });
    const welcome = connectFrom(shopOrigin);
    const { events } = subscribe(welcome, watch, { id: retrieverId });
    await until(() => events.length === 1);
    const refused = (await subscribe(connectFrom('https://other.example'), watch, { id: retrieverId }).ended) as {
      code: number;
      reason: string;
    };
    expect(refused.code).toBe(4403);
    expect(refused.reason).toMatch(/^ORIGIN_NOT_ALLOWED/);
    await welcome.dispose();
  });

  test('have a rate of their own', async () => {
    const { authorization, apiKey } = await createKey({ rateLimitPerMinute: 2 });
    expect(apiKey.rateLimitPerMinute).toBe(2);
    for (let asked = 0; asked < 2; asked++) expect((await askAs(authorization)).errors).toBeUndefined();
    expect(codes((await askAs(authorization)).errors)).toEqual(['RATE_LIMITED']);
    const other = await createKey({});
    expect((await askAs(other.authorization)).errors).toBeUndefined();
  });

  test('that are revoked end what is watched with them, on WebSocket and SSE, though nothing happens', async () => {
    const { authorization, apiKey } = await createKey({});
    const client = connect(attune as never, { connectionParams: { authorization } });
    const socket = subscribe(client, watch, { id: retrieverId });
    const body = { query: watch, variables: { id: retrieverId } };
    const stream = await eventStream(attune as never, body, { authorization });
    await stream.events.next();
    await until(() => socket.events.length === 1);
    await shop.done('revokeApiKey', { apiKeyId: apiKey.id }, '{ apiKey { revokedAt } }');
    expect(codes(await socket.ended)).toEqual(['UNAUTHENTICATED']);
    expect((await stream.events.next()).value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect((await stream.events.next()).done).toBe(true);
    await until(() => attune.attune.stats().watchers === 0);
    await client.dispose();
  });

  test('that expire end what is watched with them', async () => {
    const { authorization } = await createKey({ expiresAt: new Date(Date.now() + 1_500).toISOString() });
    const client = connect(attune as never, { connectionParams: { authorization } });
    const socket = subscribe(client, watch, { id: retrieverId });
    expect(codes(await socket.ended)).toEqual(['UNAUTHENTICATED']);
    expect(socket.events).toHaveLength(1);
    expect(codes((await askAs(authorization)).errors)).toEqual(['UNAUTHENTICATED']);
    await client.dispose();
  });

  test('of the page kind cannot be admin', async () => {
    const input = { name: 'x', scopes: ['ADMIN'], allowedOrigins: [shopOrigin] };
    const { code, path } = await shop.tell('createApiKey', input, keyFields);
    expect([code, path]).toEqual(['ORIGINS_ON_ADMIN_KEY', ['input', 'allowedOrigins']]);
  });
});
