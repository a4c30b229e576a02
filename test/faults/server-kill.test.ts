import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRng } from '../../src/shared/rng.ts';
import { asking, processAdminKey, startCommand, urlOf } from '../fixtures/attune-process.ts';
import type { Child } from '../fixtures/child-process.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';
import { storesOf } from '../fixtures/store-pair.ts';
import { storedInteractions } from '../fixtures/stored-interactions.ts';

/** ATTUNE_FAULT_ROUNDS=200 for the whole of it. */
const rounds = Number(process.env.ATTUNE_FAULT_ROUNDS ?? 2);

let dataDir: string;
let server: Child;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'attune-kill-'));
});
afterEach(async () => {
  await server.kill();
  await rm(dataDir, { recursive: true, force: true });
});

async function startServer() {
  // without caps everything that is stored trains, so that stored and learned can be compared
  server = startCommand(['start'], { dataDir, env: { ATTUNE_LEARNING_CAP: '0', ...(await storesOf(dataDir)) } });
  await server.says(/Ready/);
  const url = await urlOf(server);
  return { url, ask: asking(url), adminKey: processAdminKey };
}

test(
  'a server killed with -9 again and again under load loses nothing that it acknowledged, and counts nothing twice',
  { timeout: 120_000 + rounds * 60_000 },
  async () => {
    const rng = seededRng('kill -9');
    const { retrieverId } = await createDemoShop(await startServer());
    const acknowledged = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      const { ask } = round === 0 ? { ask: asking(await urlOf(server)) } : await startServer();
      let killed = false;
      // each load ends by itself when the server is gone
      const loads = Array.from({ length: 4 }, async () => {
        while (!killed) for (const id of await feedback(ask, retrieverId).catch(() => [])) acknowledged.add(id);
      });
      const before = acknowledged.size;
      while (acknowledged.size < before + 5) await sleep(10);
      await sleep(rng.next() * 400);
      await server.kill();
      killed = true;
      await Promise.all(loads);
    }

    const last = await startServer();
    const ids = await storedInteractions(last.ask);
    for (const id of acknowledged) expect(ids, 'an acknowledged interaction').toContain(id);
    expect(new Set(ids).size).toBe(ids.length);
    // everything that is stored was learned exactly once, also what was committed and could not be acknowledged any more; what
    // a killed server had claimed on Postgres waits for its lease to end, as nobody can tell that no other one holds it
    await expect.poll(() => learnedInteractions(last.ask, retrieverId), { timeout: 90_000 }).toBe(ids.length);

    server.signal('SIGTERM');
    await server.ended;
    const compared = startCommand(['reconcile'], { dataDir, env: await storesOf(dataDir) });
    expect(await compared.ended).toEqual({ code: 0, stderr: '' });
    expect(compared.lines.at(-1)).toBe('The stores agree.');
  },
);

type Ask = ReturnType<typeof asking>;

/** A search and a click on its first hit; the ids of the interactions that were acknowledged. */
async function feedback(ask: Ask, retrieverId: string): Promise<string[]> {
  const { data } = await ask<{ search: { executionId: string } }>(
    'query ($id: ID!) { search(input: { retrieverId: $id, inputs: { query: "lamp" } }) { executionId } }',
    { id: retrieverId },
  );
  const answer = await ask<{ recordInteraction: { interaction?: { id: string } } }>(
    `mutation ($id: ID!) { recordInteraction(input: { executionId: $id, position: 0 }) {
       ... on RecordInteractionPayload { interaction { id } } } }`,
    { id: data.search.executionId },
  );
  const id = answer.data.recordInteraction.interaction?.id;
  return id === undefined ? [] : [id];
}

async function learnedInteractions(ask: Ask, retrieverId: string): Promise<number> {
  const { data } = await ask<{ learnedWeights: { interactions: number } }>(
    'query ($id: ID!) { learnedWeights(retrieverId: $id) { interactions } }',
    { id: retrieverId },
  );
  return data.learnedWeights.interactions;
}
