import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server.ts';
import { seededRng } from '../../src/shared/rng.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { createDemoShop, type DemoShop } from '../fixtures/operations-shop.ts';
import { startTcpRelay, type TcpRelay } from '../fixtures/tcp-relay.ts';
import { connect, subscribe } from '../live/transport-clients.ts';

/** ATTUNE_FAULT_ROUNDS=1000 for the whole of it. */
const rounds = Number(process.env.ATTUNE_FAULT_ROUNDS ?? 20);
const PATIENCE = { timeout: 30_000, interval: 5 };
/** After a disconnection no resolver lives on for longer. */
const RELEASED_WITHIN = { timeout: 5_000, interval: 5 };
const WATCH = `subscription ($id: ID!, $after: String) {
  learnedWeights(retrieverId: $id, userId: "ann", after: $after) { version interactions } }`;

interface Told {
  version: string;
  interactions: number;
}

describe('a subscriber whose connection is cut again and again', { timeout: 120_000 + rounds * 4_000 }, () => {
  let server: RunningAttune;
  let network: TcpRelay;
  let shop: DemoShop;

  beforeAll(async () => {
    server = await startAttune({ ATTUNE_LEARNING_CAP: '0', ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0' });
    network = await startTcpRelay(server.url);
    shop = await createDemoShop(server);
  });
  afterAll(async () => {
    await network.close();
    await server.close();
  });

  const watchers = () => server.attune.stats().watchers;

  test('and goes on behind the last version has no gap and no step back, and leaves no resolver behind', async () => {
    const rng = seededRng('drops');
    const told: Told[] = [];
    let clicks = 0;
    for (let round = 0; round < rounds; round += 1) {
      const client = connect({ url: network.url.replace(/\/$/, '') } as RunningServer, {
        connectionParams: { authorization: `Bearer ${server.adminKey}` },
      });
      const { events, ended } = subscribe(client, WATCH, { id: shop.retrieverId, after: told.at(-1)?.version });
      const newest = () => events.at(-1)?.data?.['learnedWeights'] as Told | undefined;
      await expect.poll(watchers, PATIENCE).toBe(1);
      // in two rounds of three something is learned while it watches, and in some while it is away
      if (rng.next() < 2 / 3) {
        await shop.click('ann');
        clicks += 1;
      }
      const known = told.at(-1)?.interactions ?? -1;
      if (known < clicks) await expect.poll(() => newest()?.interactions, PATIENCE).toBe(clicks);
      network.cut();
      await ended;
      await expect.poll(watchers, RELEASED_WITHIN).toBe(0);
      told.push(...events.map(({ data }) => data?.['learnedWeights'] as Told));
      if (rng.next() < 1 / 3) {
        await shop.click('ann');
        clicks += 1;
      }
    }
    // each version newer than the one before, and nothing twice
    const versions = told.map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort());
    expect(told.map(({ interactions }) => interactions)).toEqual(
      told.map(({ interactions }) => interactions).sort((one, other) => one - other),
    );
  });
});
