import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { migrateWarehouse } from '../../src/clickhouse/migrate-warehouse.ts';
import { openWarehouse } from '../../src/clickhouse/open-warehouse.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { openEmbedded } from '../../src/postgres/open-embedded.ts';
import { startChild } from '../fixtures/child-process.ts';
import { embeddedUrl, freshDatabaseUrl } from '../fixtures/clickhouse.ts';
import { openFeedbackLoop, roundedTotals, taughtOnce } from '../fixtures/feedback-loop.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { everyone, person } from '../fixtures/outbox-batch.ts';
import { silentLogger } from '../fixtures/postgres.ts';

const contexts = [everyone, person('ada')];

test(
  'what relays killed with -9 had under way is sent by the next, and counts once',
  { timeout: 120_000 },
  async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'attune-relay-'));
    const openDatabase = () => openEmbedded({ directory: path.join(directory, 'postgres'), logger: silentLogger });
    const url = freshDatabaseUrl(await embeddedUrl());
    const warehouse = await openWarehouse({ url, directory: '', logger: silentLogger });
    await migrateWarehouse(warehouse, silentLogger);

    let database = await openDatabase();
    await migrate(database, silentLogger);
    const before = openFeedbackLoop(database, warehouse);
    const shop = await before.createRetriever();
    const executions = Array.from({ length: 60 }, () => executionOf(['a', 'b', 'c'], shop));
    const events = executions.flatMap((execution) =>
      execution.hits.map(({ documentId }, position) => interactionOn(execution, { documentId, position })),
    );
    await before.executions.save(executions);
    await before.interactions.record(events);
    await database.close();

    for (const moment of ['claimed', 'taught', 'gathered', 'sent', 'sending']) {
      const relay = startChild('relay-process.ts', [path.join(directory, 'postgres'), url, moment]);
      await relay.printed(1);
      await relay.ended;
    }

    database = await openDatabase();
    const left = await database.query('select 1 from outbox_batches');
    expect(left.length).toBeGreaterThan(0);
    const after = openFeedbackLoop(database, warehouse);
    await after.reclaim();
    const relay = after.startRelay();
    expect(await relay.drain(20_000)).toBe(true);
    await relay.close();
    expect(await after.logged('interactions', shop.namespaceId)).toEqual(events.map(({ id }) => id).sort());
    expect(await after.logged('executions', shop.namespaceId)).toEqual(executions.map(({ id }) => id).sort());
    expect(roundedTotals(await after.totals(shop.retrieverId, contexts))).toEqual(
      taughtOnce(executions, events, contexts),
    );
    await Promise.all([database.close(), warehouse.close()]);
    await rm(directory, { recursive: true, force: true });
  },
);
