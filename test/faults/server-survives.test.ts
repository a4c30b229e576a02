import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRng } from '../../src/shared/rng.ts';
import { asking, processAdminKey, startCommand, urlOf } from '../fixtures/attune-process.ts';
import type { Child } from '../fixtures/child-process.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';
import { startLoad } from '../fixtures/steady-load.ts';
import { dropStores, realStoresOf } from '../fixtures/store-pair.ts';
import { storedInteractions } from '../fixtures/stored-interactions.ts';

/** ATTUNE_FAULT_ROUNDS=50 for more. */
const rounds = Number(process.env.ATTUNE_FAULT_ROUNDS ?? 1);
/** Longer than the lease of a batch, which the other server waits for before it sends what a dead one had claimed. */
const PATIENCE = { timeout: 90_000, interval: 200 };

describe.skipIf(process.env.ATTUNE_TEST_DATABASE_URL === undefined)('two servers on one pair of stores', () => {
  let dataDir: string;
  let stores: Record<string, string>;
  let running: Child[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'attune-survives-'));
    stores = await realStoresOf(dataDir);
  });
  afterEach(async () => {
    await Promise.all(running.map((server) => server.kill()));
    running = [];
    await dropStores();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function startServer() {
    // without caps everything that is stored trains, so that stored and learned can be compared
    const server = startCommand(['start'], { dataDir, env: { ...stores, ATTUNE_LEARNING_CAP: '0' } });
    running.push(server);
    await server.says(/Ready/);
    const url = await urlOf(server);
    return { server, url, ask: asking(url) };
  }

  test(
    'of which one is killed with -9 under load lose nothing that either acknowledged, and count nothing twice',
    { timeout: 240_000 + rounds * 60_000 },
    async () => {
      const rng = seededRng('survivor');
      const survivor = await startServer();
      const { retrieverId } = await createDemoShop({ ...survivor, adminKey: processAdminKey });
      const acknowledged = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        const victim = await startServer();
        const loads = [survivor, victim].map(({ ask }) => startLoad(ask, retrieverId));
        const [, atVictim] = loads;
        await expect.poll(() => atVictim!.report.acknowledged.size, PATIENCE).toBeGreaterThan(5);
        await sleep(rng.next() * 400);
        await victim.server.kill();
        for (const load of loads) for (const id of (await load.stop()).acknowledged) acknowledged.add(id);
        expect(loads[0]!.report.clicks, 'the other server').not.toContain('unreachable');
      }

      const stored = await storedInteractions(survivor.ask);
      expect(new Set(stored).size).toBe(stored.length);
      for (const id of acknowledged) expect(stored, 'an acknowledged interaction').toContain(id);
      // also what the killed one had claimed, and what was committed and could not be acknowledged any more
      await expect.poll(() => interactionsLearned(survivor.ask, retrieverId), PATIENCE).toBe(stored.length);
      const compared = startCommand(['reconcile'], { dataDir, env: stores });
      expect(await compared.ended).toEqual({ code: 0, stderr: '' });
      expect(compared.lines.at(-1)).toBe('The stores agree.');
    },
  );
});

async function interactionsLearned(ask: ReturnType<typeof asking>, retrieverId: string): Promise<number> {
  const { data } = await ask<{ learnedWeights: { interactions: number } }>(
    'query ($id: ID!) { learnedWeights(retrieverId: $id) { interactions } }',
    { id: retrieverId },
  );
  return data.learnedWeights.interactions;
}
