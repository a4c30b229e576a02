import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPostgresInteractionStore } from '../../src/interactions/interaction-store.postgres.ts';
import { createPostgresOutbox } from '../../src/interactions/outbox.postgres.ts';
import { createAttribution } from '../../src/interactions/prepare-attribution.ts';
import { openEmbedded } from '../../src/postgres/open-embedded.ts';
import { createPostgresRetrieverStore } from '../../src/retrievers/retriever-store.postgres.ts';
import { createPostgresExecutionStore } from '../../src/search/execution-store.postgres.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { startAttune } from '../fixtures/attune.ts';
import { interactionOn } from '../fixtures/interaction.ts';
import { createDemoShop } from '../fixtures/operations-shop.ts';
import { silentLogger } from '../fixtures/postgres.ts';

const HOUR_MS = 3_600_000;

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'attune-lease-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test(
  'an embedded server waits for no lease of the one before: nobody else can be alive',
  { timeout: 90_000 },
  async () => {
    const first = await startAttune({ ATTUNE_DATA_DIR: dataDir });
    const shop = await createDemoShop(first);
    const executionId = await shop.search();
    await first.close();
    await clickAndClaim(first.attune.defaultNamespace.id, executionId);

    const next = await startAttune({ ATTUNE_DATA_DIR: dataDir });
    const learned = async () => {
      const { data } = await next.ask<{ learnedWeights: { interactions: number } }>(
        'query ($id: ID!) { learnedWeights(retrieverId: $id) { interactions } }',
        { id: shop.retrieverId },
      );
      return data.learnedWeights.interactions;
    };
    await expect.poll(learned, { timeout: 30_000 }).toBe(1);
    await next.close();
  },
);

/** What a server that is killed between claiming a batch and sending it leaves behind. */
async function clickAndClaim(namespaceId: string, executionId: string): Promise<void> {
  const db = await openEmbedded({ directory: path.join(dataDir, 'postgres'), logger: silentLogger });
  const [execution] = await createPostgresExecutionStore(db).get(namespaceId, [executionId]);
  const receivedAt = systemClock.now();
  await createPostgresInteractionStore(db).record([interactionOn(execution!, { receivedAt })]);
  const outbox = createPostgresOutbox(db, {
    ...{ clock: systemClock, newId: uuidv7, logger: silentLogger },
    leaseMs: HOUR_MS,
  });
  const prepare = createAttribution({ retrievers: createPostgresRetrieverStore(db) });
  let claimed = 0;
  for (let batch = await outbox.claim(100, prepare); batch !== null;) {
    claimed += batch.interactions.length;
    batch = await outbox.claim(100, prepare);
  }
  expect(claimed).toBe(1);
  await db.close();
}
