import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from '../../src/clickhouse/embedded-clickhouse.ts';
import { migrateWarehouse } from '../../src/clickhouse/migrate-warehouse.ts';
import { openWarehouse } from '../../src/clickhouse/open-warehouse.ts';
import { WarehouseAwayError } from '../../src/clickhouse/warehouse-error.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import type { EventLog } from '../../src/interactions/event-log.ts';
import type { OutboxBatch } from '../../src/interactions/outbox.ts';
import { createClickHousePosteriorStore } from '../../src/learning/posterior-store.clickhouse.ts';
import type { PosteriorStore } from '../../src/learning/posterior-store.ts';
import type { Logger } from '../../src/shared/logger.ts';
import { seededRng } from '../../src/shared/rng.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { batchOf, deltaOf, everyone } from '../fixtures/outbox-batch.ts';

describe('an embedded ClickHouse that fails', () => {
  let directory: string;
  let engine: EmbeddedClickHouse;
  let warehouse: Warehouse;
  let log: EventLog;
  let store: PosteriorStore;
  const messages: string[] = [];
  const keep = (_fields: object, message: string) => void messages.push(message);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'attune-faults-'));
    engine = await startEmbeddedClickHouse({ directory, logger });
    warehouse = await openWarehouse({ url: engine.url, directory, logger, requestTimeoutMs: 1_500 });
    await migrateWarehouse(warehouse, logger);
    log = createClickHouseEventLog(warehouse);
    store = createClickHousePosteriorStore(warehouse);
  });
  afterAll(async () => {
    await warehouse.close();
    await engine.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function appendUntilAcknowledged(batch: OutboxBatch): Promise<number> {
    for (let failures = 0; ; failures += 1) {
      try {
        await log.append(batch);
        return failures;
      } catch (error) {
        expect(error).toBeInstanceOf(WarehouseAwayError);
        await sleep(20);
      }
    }
  }

  async function countsOf(retrieverId: string) {
    const result = await warehouse.client.query({
      query: `SELECT
        (SELECT count() FROM executions WHERE retriever_id = {id:UUID})::UInt32 AS executions,
        (SELECT count() FROM interactions WHERE retriever_id = {id:UUID})::UInt32 AS interactions,
        (SELECT sum(batches) FROM posterior_deltas WHERE retriever_id = {id:UUID})::UInt32 AS history,
        (SELECT sum(rewards) FROM posterior_deltas WHERE retriever_id = {id:UUID})::UInt32 AS rewards`,
      query_params: { id: retrieverId },
      format: 'JSONEachRow',
    });
    return (await result.json())[0];
  }

  test('stopped, it makes calls give up in time and say so; going on, it serves them again', async () => {
    const execution = executionOf(['a']);
    const batch = taught(execution.retrieverId);
    process.kill(engine.pid, 'SIGSTOP');
    try {
      await expect(store.read(execution.retrieverId, [everyone])).rejects.toThrow('ClickHouse did not answer in time.');
      await expect(log.append(batch)).rejects.toThrow(WarehouseAwayError);
    } finally {
      process.kill(engine.pid, 'SIGCONT');
    }
    await appendUntilAcknowledged(batch);
    expect((await store.read(execution.retrieverId, [everyone])).version).toBe(1);
  });

  test('killed, it comes back on the same address, and says so', async () => {
    messages.length = 0;
    const killed = engine.pid;
    process.kill(killed, 'SIGKILL');
    await expect(log.append(taught(randomUUID()))).rejects.toThrow(WarehouseAwayError);
    const retrieverId = randomUUID();
    await appendUntilAcknowledged(taught(retrieverId));
    expect(engine.pid).not.toBe(killed);
    expect((await store.read(retrieverId, [everyone])).version).toBe(1);
    while (messages.length < 2) await sleep(10);
    expect(messages).toEqual([
      'The embedded ClickHouse was killed by SIGKILL; starting it again.',
      'The embedded ClickHouse is back.',
    ]);
  });

  test('killed in the midst of inserts again and again, it keeps every batch, and each of them once', async () => {
    const retrieverId = randomUUID();
    const rng = seededRng('kills');
    const kills = 4;
    let appended = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      // One in peace: on a busy machine the next may be the one that is hit.
      await appendUntilAcknowledged(taught(retrieverId));
      appended += 1;
      const murder = sleep(20 + rng.next() * 60).then(() => process.kill(engine.pid, 'SIGKILL'));
      let failures = 0;
      while (failures === 0) {
        failures = await appendUntilAcknowledged(taught(retrieverId));
        appended += 1;
      }
      await murder;
    }
    const { version, totals } = await store.read(retrieverId, [everyone]);
    expect({ version, interactions: totals[0]?.interactions, rewards: totals[0]?.arms.get('text')?.rewards }).toEqual({
      version: appended,
      interactions: appended,
      rewards: appended,
    });
    expect(await countsOf(retrieverId)).toEqual({
      executions: appended,
      interactions: appended,
      history: appended,
      rewards: appended,
    });
  });

  test('a batch from before a restart, sent again after it, still counts once', async () => {
    const retrieverId = randomUUID();
    const batch = taught(retrieverId);
    await log.append(batch);
    process.kill(engine.pid, 'SIGKILL');
    await appendUntilAcknowledged(batch);
    expect((await store.read(retrieverId, [everyone])).version).toBe(1);
    expect(await countsOf(retrieverId)).toMatchObject({ executions: 1, interactions: 1, history: 1 });
  });
});

function taught(retrieverId: string): OutboxBatch {
  const execution = executionOf(['a'], { retrieverId });
  return batchOf({
    executions: [execution],
    interactions: [interactionOn(execution)],
    deltas: [deltaOf(retrieverId, everyone, 1, { text: [1, 0] })],
  });
}
