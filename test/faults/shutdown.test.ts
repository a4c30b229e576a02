import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { asking, processAdminKey, startCommand, urlOf } from '../fixtures/attune-process.ts';
import type { Child } from '../fixtures/child-process.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';
import { storesOf } from '../fixtures/store-pair.ts';

describe('a server that is told to stop', { timeout: 60_000 }, () => {
  let dataDir: string;
  let server: Child;
  let url: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'attune-shutdown-'));
    server = startCommand(['start'], { dataDir, env: { ...(await storesOf(dataDir)), ATTUNE_SHUTDOWN_DELAY: '4' } });
    await server.says(/Ready/);
    url = await urlOf(server);
  });
  afterEach(async () => {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('says so, finishes what it was asked, and closes subscriptions with 1001', async () => {
    const shop = await createDemoShop({ ask: asking(url), url, adminKey: processAdminKey });
    let closed = (_code: number) => {};
    const closing = new Promise<number>((resolve) => (closed = resolve));
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${processAdminKey}` },
      on: { closed: (event) => closed((event as { code: number }).code) },
    });
    const interactions: number[] = [];
    const ended = new Promise((resolve) =>
      client.subscribe<{ learnedWeights: { interactions: number } }>(
        {
          query: 'subscription ($id: ID!) { learnedWeights(retrieverId: $id) { interactions } }',
          variables: { id: shop.retrieverId },
        },
        {
          next: ({ data }) => void interactions.push(data!.learnedWeights.interactions),
          error: resolve,
          complete: () => resolve(null),
        },
      ),
    );
    await expect.poll(() => interactions).toEqual([0]);
    const executions = await Promise.all(Array.from({ length: 20 }, () => shop.search()));

    server.signal('SIGTERM');
    await server.says(/Stopping/);
    // while it says that it will stop it still serves
    const acknowledged = await Promise.all(executions.map((id) => click(url, id)));
    expect(acknowledged).toEqual(executions.map(() => 'RecordInteractionPayload'));
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, ((await ready.json()) as { message: string }).message]).toEqual([
      503,
      'The server is stopping.',
    ]);

    expect(await closing).toBe(1001);
    await ended;
    expect(await server.ended).toEqual({ code: 0, stderr: '' });
    expect(server.lines.join('\n')).not.toContain('Stopped before');
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });
});

async function click(url: string, executionId: string): Promise<string> {
  const { data } = await asking(url)<{ recordInteraction: { __typename: string } }>(
    'mutation ($id: ID!) { recordInteraction(input: { executionId: $id, position: 0 }) { __typename } }',
    { id: executionId },
  );
  return data.recordInteraction.__typename;
}
