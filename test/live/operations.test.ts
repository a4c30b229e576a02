import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';

const metricsToken = 'a-token-of-the-scraper';

describe('what operators ask of a server', () => {
  let server: RunningAttune;
  beforeAll(async () => {
    server = await startAttune({ ATTUNE_METRICS_TOKEN: metricsToken });
  });
  afterAll(() => server.close());

  const ready = async () => {
    const response = await fetch(`${server.url}/health/ready`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  const metrics = async (authorization?: string) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${server.url}/metrics`, { headers });
    return { status: response.status, text: await response.text() };
  };

  /** A sample by name and labels, as it stands in the text. */
  const sample = async (name: string): Promise<number> => {
    const { text } = await metrics(`Bearer ${metricsToken}`);
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    if (line === undefined) throw new Error(`${name} is not in:\n${text}`);
    return Number(line.slice(name.length + 1));
  };

  test('it is not ready before its models are loaded, and then it is', async () => {
    expect(await ready()).toMatchObject({
      status: 503,
      body: { status: 'unavailable', parts: { postgres: { status: 'up' }, embeddings: { status: 'starting' } } },
    });
    await server.attune.warmUp();
    await expect.poll(ready, { timeout: 10_000 }).toEqual({
      status: 200,
      body: {
        status: 'ready',
        parts: {
          postgres: { status: 'up' },
          clickhouse: { status: 'up' },
          embeddings: { status: 'up' },
          relay: { status: 'up' },
        },
      },
    });
  });

  test('metrics are for the token and the admin key, and for nobody else', async () => {
    expect((await metrics(`Bearer ${metricsToken}`)).status).toBe(200);
    expect((await metrics(`Bearer ${server.adminKey}`)).status).toBe(200);
    for (const nobody of [undefined, 'Bearer nobody', metricsToken, `Bearer ${metricsToken}x`]) {
      expect(await metrics(nobody)).toMatchObject({
        status: 401,
        text: expect.stringContaining('ATTUNE_METRICS_TOKEN'),
      });
    }
  });

  test('the key of a namespace reads no metrics', async () => {
    const { data } = await server.ask<{ createApiKey: { secret: string } }>(
      'mutation { createApiKey(input: { name: "n", scopes: [ADMIN] }) { ... on CreateApiKeyPayload { secret } } }',
    );
    expect((await metrics(`Bearer ${data.createApiKey.secret}`)).status).toBe(401);
  });

  test('metrics tell of operations, searches, the outbox and subscribers', async () => {
    const shop = await createDemoShop(server);
    const queries = await sample('attune_operation_seconds_count{type="query",outcome="ok"}');
    await shop.search();
    await shop.click();
    expect(await sample('attune_operation_seconds_count{type="query",outcome="ok"}')).toBeGreaterThan(queries);
    await server.ask('{ search(input: { retrieverId: "x", inputs: {} }) { executionId } }');
    expect(await sample('attune_operation_seconds_count{type="query",outcome="error"}')).toBe(1);
    expect(await sample('attune_search_seconds_count{stage="total"}')).toBeGreaterThan(0);
    expect(await sample('attune_search_seconds_count{stage="feature_search"}')).toBeGreaterThan(0);
    await expect.poll(() => sample('attune_outbox_rows'), { timeout: 10_000 }).toBe(0);
    expect(await sample('attune_outbox_lag_seconds')).toBe(0);
    expect(await sample('attune_posterior_age_seconds')).toBe(0);
    expect(await sample('attune_dead_letters')).toBe(0);
    expect(await sample('attune_events_dropped_total{kind="interaction"}')).toBe(0);
    expect(await sample('attune_events_dropped_total{kind="execution"}')).toBe(0);
    expect(await sample('attune_subscribers')).toBe(0);
    const stop = await shop.watch();
    await expect.poll(() => sample('attune_subscribers')).toBe(1);
    stop();
    await expect.poll(() => sample('attune_subscribers')).toBe(0);
    expect(await sample('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  test('once it stops it is not ready', async () => {
    server.attune.health.stopping();
    expect(await ready()).toMatchObject({ status: 503, body: { message: 'The server is stopping.' } });
  });
});
