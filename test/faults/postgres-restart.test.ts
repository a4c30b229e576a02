import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { asking, processAdminKey, startCommand, urlOf } from '../fixtures/attune-process.ts';
import type { Child } from '../fixtures/child-process.ts';
import { freshDatabaseUrl, serverUrl } from '../fixtures/clickhouse.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';
import { hasPostgresPackages, startOwnPostgres, type OwnPostgres } from '../fixtures/own-postgres.ts';
import { OK, startLoad, WARNED } from '../fixtures/steady-load.ts';
import { storedInteractions } from '../fixtures/stored-interactions.ts';

/** For how long Postgres is away: ATTUNE_FAULT_SECONDS=120 for the whole of it. */
const seconds = Number(process.env.ATTUNE_FAULT_SECONDS ?? 2);
const PATIENCE = { timeout: 60_000, interval: 100 };

describe.skipIf(!hasPostgresPackages)(
  'a whole server under load whose Postgres',
  { timeout: 180_000 + seconds * 2_000 },
  () => {
    let dataDir: string;
    let postgres: OwnPostgres;
    let server: Child;
    let url: string;
    let client: Client;

    beforeEach(async () => {
      dataDir = await mkdtemp(path.join(tmpdir(), 'attune-postgres-restart-'));
      postgres = await startOwnPostgres();
      const stores = { DATABASE_URL: postgres.url, CLICKHOUSE_URL: freshDatabaseUrl(await serverUrl()) };
      // without caps everything that is stored trains, so that stored and learned can be compared
      server = startCommand(['start'], { dataDir, env: { ...stores, ATTUNE_LEARNING_CAP: '0' } });
      await server.says(/Ready/);
      url = await urlOf(server);
      client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${processAdminKey}` },
      });
    });
    afterEach(async () => {
      await client.dispose();
      await server.kill();
      await postgres.remove();
      await rm(dataDir, { recursive: true, force: true });
    });

    /** How many interactions the subscriber was told of, the newest last. */
    function watch(retrieverId: string): number[] {
      const told: number[] = [];
      const query = 'subscription ($id: ID!) { learnedWeights(retrieverId: $id) { interactions } }';
      client.subscribe<{ learnedWeights: { interactions: number } }>(
        { query, variables: { id: retrieverId } },
        {
          next: ({ data }) => void told.push(data?.learnedWeights.interactions ?? NaN),
          error: () => void told.push(NaN),
          complete: () => void told.push(NaN),
        },
      );
      return told;
    }

    const readiness = async () => (await fetch(`${url}/health/ready`)).status;

    test.each(['stop', 'kill'] as const)(
      'is restarted after a %s says so meanwhile, goes on by itself, and has lost nothing that was acknowledged',
      async (end) => {
        const ask = asking(url);
        const { retrieverId } = await createDemoShop({ ask, url, adminKey: processAdminKey });
        const told = watch(retrieverId);
        const load = startLoad(ask, retrieverId);
        await expect.poll(() => load.report.acknowledged.size, PATIENCE).toBeGreaterThan(5);

        await postgres[end]();
        await expect.poll(() => load.report.searches.at(-1), PATIENCE).toBe('UNAVAILABLE');
        expect(await readiness()).toBe(503);
        await sleep(seconds * 1_000);
        await postgres.start();
        await expect.poll(() => load.report.clicks.at(-1), PATIENCE).toBe(OK);
        const afterwards = load.report.acknowledged.size;
        await expect.poll(() => load.report.acknowledged.size, PATIENCE).toBeGreaterThan(afterwards + 5);
        await expect.poll(readiness, PATIENCE).toBe(200);

        const { searches, clicks, acknowledged } = await load.stop();
        // nobody was told of an unexpected error, nor left without an answer
        const outcomes = new Set([...searches, ...clicks]);
        expect([...outcomes].filter((outcome) => ![OK, WARNED, 'UNAVAILABLE'].includes(outcome))).toEqual([]);
        const stored = await storedInteractions(ask);
        expect(new Set(stored).size).toBe(stored.length);
        for (const id of acknowledged) expect(stored, 'an acknowledged interaction').toContain(id);
        // also what was committed and could not be acknowledged any more was learned, once; and the watcher is still told
        await expect.poll(() => told.at(-1), PATIENCE).toBe(stored.length);
        expect(told).toEqual([...told].sort((one, other) => one - other));
      },
    );
  },
);
