import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWarehouse } from '../../src/clickhouse/open-warehouse.ts';
import { selectRows } from '../../src/clickhouse/select-rows.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { seededRng } from '../../src/shared/rng.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { freshDatabaseUrl, serverUrl } from '../fixtures/clickhouse.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';
import { silentLogger } from '../fixtures/postgres.ts';
import { OK, startLoad, WARNED, type LoadReport } from '../fixtures/steady-load.ts';
import { startTcpRelay, type TcpRelay } from '../fixtures/tcp-relay.ts';

/** For how long ClickHouse fails: ATTUNE_FAULT_SECONDS=120 for the whole of it. */
const seconds = Number(process.env.ATTUNE_FAULT_SECONDS ?? 3);
/** How long it may take after that until everything is in ClickHouse. */
const DRAINED_WITHIN_MS = 60_000;

describe('a whole server under load whose ClickHouse', { timeout: 150_000 + seconds * 2_000 }, () => {
  let network: TcpRelay;
  let direct: Warehouse;
  let server: RunningAttune;
  let retrieverId: string;

  beforeEach(async () => {
    const url = freshDatabaseUrl(await serverUrl());
    network = await startTcpRelay(url);
    direct = await openWarehouse({ url, directory: '', logger: silentLogger });
    // without caps everything that is stored trains, so that stored and learned can be compared
    server = await startAttune({ CLICKHOUSE_URL: network.url, ATTUNE_LEARNING_CAP: '0' });
    await server.attune.warmUp();
    const shop = await createDemoShop(server);
    retrieverId = shop.retrieverId;
    await shop.click();
    await expect.poll(async () => (await learned()).interactions, { timeout: 20_000 }).toBe(1);
  });
  afterEach(async () => {
    network.slow(0);
    network.refuse(false);
    await server.close();
    await network.close();
    await direct.client.command({ query: `DROP DATABASE ${new URL(network.url).pathname.slice(1)} SYNC` });
    await direct.close();
  });

  async function learned(): Promise<{ interactions: number }> {
    const { data } = await server.ask<{ learnedWeights: { interactions: number } }>(
      'query ($id: ID!) { learnedWeights(retrieverId: $id) { interactions } }',
      { id: retrieverId },
    );
    return data.learnedWeights;
  }

  /** Ids of a kind in ClickHouse, once for each time they are there. */
  async function logged(kind: 'interaction' | 'execution'): Promise<string[]> {
    const rows = await selectRows<{ id: string }>(direct, `SELECT toString(${kind}_id) AS id FROM ${kind}s`, {});
    return rows.map(({ id }) => id);
  }

  const readiness = async () => {
    const response = await fetch(`${server.url}/health/ready`);
    return { status: response.status, health: ((await response.json()) as { status: string }).status };
  };

  /** After what was acknowledged before the load: one click. */
  async function expectNothingLost({ searches, clicks, acknowledged }: LoadReport): Promise<void> {
    const failed = searches.filter((outcome) => outcome !== OK && outcome !== WARNED);
    const share = { failed: failed.length / searches.length, warned: searches.filter(isWarned).length };
    expect(failed.length, `failed searches: ${failed.slice(0, 5).join()}`).toBeLessThan(searches.length * 0.001);
    expect(new Set(clicks)).toEqual(new Set([OK]));

    await expect
      .poll(async () => (await learned()).interactions, { timeout: DRAINED_WITHIN_MS, interval: 200 })
      .toBe(acknowledged.size + 1);
    await expect
      .poll(() => logged('interaction').then((ids) => ids.length), { timeout: DRAINED_WITHIN_MS })
      .toBe(acknowledged.size + 1);
    const interactions = await logged('interaction');
    expect(interactions.filter((id) => acknowledged.has(id)).sort()).toEqual([...acknowledged].sort());
    expect(interactions).toHaveLength(acknowledged.size + 1);
    await expect
      .poll(() => logged('execution').then((ids) => ids.length), { timeout: DRAINED_WITHIN_MS })
      .toBe(searches.length + 1);
    expect(new Set(await logged('execution')).size).toBe(searches.length + 1);
    await expect.poll(readiness, { timeout: 20_000 }).toEqual({ status: 200, health: 'ready' });
    if (seconds > 10) console.log(`${searches.length} searches, ${JSON.stringify(share)}, ${acknowledged.size} clicks`);
  }

  test('is away answers every search, with a warning, keeps every click and sends it later', async () => {
    const load = startLoad(server.ask, retrieverId);
    network.refuse(true);
    network.cut();
    await expect.poll(() => load.report.searches.at(-1), { timeout: 20_000 }).toBe(WARNED);
    const before = load.report.searches.length;
    await sleep(seconds * 1_000);
    const outcomes = load.report.searches.slice(before);
    expect(new Set(outcomes)).toEqual(new Set([WARNED]));
    expect(outcomes.length).toBeGreaterThan(seconds);
    await expect.poll(readiness, { timeout: 20_000 }).toEqual({ status: 200, health: 'degraded' });
    network.refuse(false);
    await expect.poll(() => load.report.searches.at(-1), { timeout: DRAINED_WITHIN_MS }).toBe(OK);
    await expectNothingLost(await load.stop());
  });

  test('is slow answers every search, and loses nothing', async () => {
    const load = startLoad(server.ask, retrieverId);
    network.slow(400);
    await expect.poll(() => load.report.searches.at(-1), { timeout: 20_000 }).toBe(WARNED);
    await sleep(seconds * 1_000);
    network.slow(0);
    await expectNothingLost(await load.stop());
  });

  test('cuts connections in the midst of inserts loses nothing, and counts nothing twice', async () => {
    const rng = seededRng('cuts');
    const load = startLoad(server.ask, retrieverId);
    for (let elapsedMs = 0; elapsedMs < seconds * 1_000;) {
      const pauseMs = 5 + rng.next() * 150;
      await sleep(pauseMs);
      network.cut();
      elapsedMs += pauseMs;
    }
    await expectNothingLost(await load.stop());
  });
});

function isWarned(outcome: string): boolean {
  return outcome === WARNED;
}
