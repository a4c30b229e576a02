import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateWarehouse } from '../../src/clickhouse/migrate-warehouse.ts';
import { openWarehouse } from '../../src/clickhouse/open-warehouse.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import type { Database } from '../../src/postgres/database.ts';
import { seededRng } from '../../src/shared/rng.ts';
import { embeddedUrl, freshDatabaseUrl } from '../fixtures/clickhouse.ts';
import { openFeedbackLoop, roundedTotals, taughtOnce } from '../fixtures/feedback-loop.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { everyone, person } from '../fixtures/outbox-batch.ts';
import { openTestDatabase, silentLogger } from '../fixtures/postgres.ts';
import { startUnreliableProxy, type Fate, type UnreliableProxy } from '../fixtures/unreliable-proxy.ts';

const contexts = [everyone, person('ada')];
/** A batch takes four inserts, which all have to pass in one try. */
const fates: Fate[] = [...Array<Fate>(8).fill('pass'), 'cut before', 'cut after', 'cut after', 'unavailable'];

let db: Database;
let steady: Warehouse;
let shaky: Warehouse;
let proxy: UnreliableProxy;
let isShaky = false;

beforeAll(async () => {
  const rng = seededRng('network');
  const url = freshDatabaseUrl(await embeddedUrl());
  const open = (target: string) => openWarehouse({ url: target, directory: '', logger: silentLogger });
  [db, steady] = await Promise.all([openTestDatabase(), open(url)]);
  await migrateWarehouse(steady, silentLogger);
  proxy = await startUnreliableProxy(url, () => (isShaky ? fates[Math.floor(rng.next() * fates.length)]! : 'pass'));
  shaky = await open(proxy.url);
});
afterAll(async () => {
  await Promise.all([db.close(), steady.close(), shaky.close()]);
  await proxy.close();
});

test('over a network that drops one request of three, half of them after they were done, everything counts once', async () => {
  const loop = openFeedbackLoop(db, shaky);
  const shop = await loop.createRetriever();
  const executions = Array.from({ length: 60 }, () => executionOf(['a', 'b', 'c'], shop));
  const events = executions.flatMap((execution, index) =>
    execution.hits
      .slice(0, 1 + (index % 3))
      .map(({ documentId }, position) => interactionOn(execution, { documentId, position })),
  );
  await loop.executions.save(executions);
  await loop.interactions.record(events);

  isShaky = true;
  const relay = loop.startRelay({ limit: 20 });
  await expect
    .poll(() => relay.drain(1_000).then(() => relay.status()), { timeout: 25_000 })
    .toEqual({ depth: 0, lagMs: 0, unlearnedMs: 0, lastError: null });
  await relay.close();

  expect(Math.min(...Object.values(proxy.counts))).toBeGreaterThan(0);
  const seen = openFeedbackLoop(db, steady);
  expect(await seen.logged('interactions', shop.namespaceId)).toEqual(events.map(({ id }) => id).sort());
  expect(await seen.logged('executions', shop.namespaceId)).toEqual(executions.map(({ id }) => id).sort());
  expect(roundedTotals(await seen.totals(shop.retrieverId, contexts))).toEqual(
    taughtOnce(executions, events, contexts),
  );
  expect(await db.query('select id from outbox_dead')).toEqual([]);
});
