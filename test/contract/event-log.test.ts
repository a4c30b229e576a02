import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import { RowsRefusedError, type EventLog } from '../../src/interactions/event-log.ts';
import type { OutboxBatch } from '../../src/interactions/outbox.ts';
import { createClickHousePosteriorStore } from '../../src/learning/posterior-store.clickhouse.ts';
import { compareRankings } from '../../src/rollouts/shadow-agreement.ts';
import { testWarehouses } from '../fixtures/clickhouse.ts';
import { executionOf, interactionOn, startOfTest } from '../fixtures/interaction.ts';
import { batchOf, deltaOf, everyone, person } from '../fixtures/outbox-batch.ts';

describe.each(testWarehouses())('event log on $name', ({ open }) => {
  let warehouse: Warehouse;
  let log: EventLog;

  beforeAll(async () => {
    warehouse = await open();
    log = createClickHouseEventLog(warehouse);
  });
  afterAll(() => warehouse.close());

  async function select(query: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>[]> {
    const result = await warehouse.client.query({ query, query_params: params, format: 'JSONEachRow' });
    return result.json();
  }

  /** How often each table, and the view, counts a retriever's rows. */
  async function countsOf(retrieverId: string) {
    const [counts] = await select(
      `SELECT
         (SELECT count() FROM executions WHERE retriever_id = {id:UUID})::UInt32 AS executions,
         (SELECT count() FROM interactions WHERE retriever_id = {id:UUID})::UInt32 AS interactions,
         (SELECT sum(batches) FROM posterior_deltas WHERE retriever_id = {id:UUID} AND level = 'GLOBAL')::UInt32 AS history,
         (SELECT sum(batches) FROM posteriors WHERE retriever_id = {id:UUID} AND level = 'GLOBAL')::UInt32 AS posteriors`,
      { id: retrieverId },
    );
    return counts;
  }

  const once = { executions: 1, interactions: 2, history: 1, posteriors: 1 };

  test('an execution is stored with what it is filtered by, and whole', async () => {
    const execution = executionOf(['a', 'b'], {
      contextLevel: 'PERSONAL',
      weightVersion: '0000000000000042',
      seed: '00ff00ff00ff00ff',
      fusion: 'LEARNED',
      inputs: { query: '雪山 "quoted" \\ \n' },
      rollout: { arm: 'LEARNED', bucket: 3, reason: 'ROLLED_OUT', revision: 7 },
      weights: [
        { featureUri: 'test://text@v1/a', weight: 0.75, alpha: 3, beta: 1 },
        { featureUri: 'test://image@v1/b', weight: 0.25, alpha: 1, beta: 1 },
      ],
      posterior: {
        ...{ algorithm: 'THOMPSON_SAMPLING', exploration: 1, minWeight: 0, maxWeight: 1 },
        featureUris: ['test://image@v1/b', 'test://text@v1/a'],
        arms: [
          { alpha: 1, beta: 1 },
          { alpha: 3, beta: 1 },
        ],
      },
      timing: {
        ...{ totalMs: 1, embeddingMs: 0.5, fusionMs: 0.25, samplingMs: 0.125 },
        searches: [
          { featureUri: 'test://image@v1/b', ms: 4, candidates: 0 },
          { featureUri: 'test://text@v1/a', ms: 3, candidates: 12 },
        ],
      },
      shadow: {
        ...{ contextLevel: 'GLOBAL', weights: [], weightVersion: '1', seed: 's', documentIds: ['b', 'a'] },
        agreement: compareRankings(['a', 'b'], ['b', 'a']),
      },
    });
    await log.append(batchOf({ executions: [execution] }));
    const [row] = await select('SELECT * FROM executions WHERE execution_id = {id:UUID}', { id: execution.id });
    const { record, ...columns } = row ?? {};
    expect(columns).toEqual({
      execution_id: execution.id,
      namespace_id: execution.namespaceId,
      retriever_id: execution.retrieverId,
      retriever_version: 1,
      user_id: 'ada',
      session_id: 'session-1',
      segment: 'readers',
      fusion: 'LEARNED',
      context_level: 'PERSONAL',
      weight_version: '42',
      seed: '00ff00ff00ff00ff',
      executed_at: '2026-11-23 09:00:00.000',
      hit_count: 2,
      total_ms: 1,
      arm: 'LEARNED',
      rollout_reason: 'ROLLED_OUT',
      rollout_revision: '7',
      query: '雪山 "quoted" \\ \n',
      embedding_ms: 0.5,
      fusion_ms: 0.25,
      sampling_ms: 0.125,
      features: ['test://text@v1/a', 'test://image@v1/b'],
      feature_ms: [3, 4],
      feature_candidates: [12, 0],
      feature_hits: [2, 2],
      feature_shares: [0.5, 0.5],
      feature_weights: [0.75, 0.25],
      feature_means: [0.6, 0.4],
      shadow_overlaps: [0, 1, 1, 1],
      shadow_correlation: -1,
    });
    expect(JSON.parse(String(record))).toEqual(JSON.parse(JSON.stringify(execution)));
  });

  test('an interaction is stored as it was sent, unknowns included', async () => {
    const known = interactionOn(executionOf(['a']), {
      interactionTypes: ['CLICK', 'PURCHASE'],
      metadata: { price: 12.5, note: 'O\'Brien "雪"\\' },
      position: 3,
    });
    const unknown = interactionOn(null, { documentId: null, position: null, occurredAt: startOfTest - 1.5 });
    await log.append(batchOf({ interactions: [known, unknown] }));
    const rows = await select(
      'SELECT * FROM interactions WHERE interaction_id IN {ids:Array(UUID)} ORDER BY position NULLS LAST',
      { ids: [known.id, unknown.id] },
    );
    expect(rows).toEqual([
      {
        interaction_id: known.id,
        namespace_id: known.namespaceId,
        retriever_id: known.retrieverId,
        execution_id: known.executionId,
        document_id: 'a',
        position: 3,
        types: ['CLICK', 'PURCHASE'],
        metadata: JSON.stringify(known.metadata),
        user_id: 'ada',
        session_id: 'session-1',
        segment: 'readers',
        occurred_at: '2026-11-23 09:00:01.000',
        received_at: '2026-11-23 09:00:01.000',
        trains: true,
      },
      expect.objectContaining({
        retriever_id: null,
        execution_id: null,
        document_id: '',
        position: null,
        metadata: '{}',
        user_id: '',
        session_id: '',
        segment: '',
      }),
    ]);
  });

  test('a batch that is sent again counts once, in the tables and in the posteriors', async () => {
    const batch = fullBatch();
    await log.append(batch);
    await log.append({ ...batch, attempts: 1 });
    expect(await countsOf(retrieverOf(batch))).toEqual(once);
  });

  test('a batch that two relays send at the same time counts once', async () => {
    const batch = fullBatch();
    await Promise.all(Array.from({ length: 4 }, () => log.append(batch)));
    expect(await countsOf(retrieverOf(batch))).toEqual(once);
  });

  test('what a batch teaches counts before its events are there, and no second time with them', async () => {
    const execution = executionOf(['a']);
    const batch = batchOf({
      executions: [execution],
      interactions: [interactionOn(execution), interactionOn(execution)],
      deltas: [deltaOf(execution.retrieverId, everyone, 2, { text: [2, 0] })],
    });
    await log.teach(batch);
    expect(await countsOf(execution.retrieverId)).toEqual({ ...once, executions: 0, interactions: 0 });
    await log.append(batch);
    await log.teach(batch);
    expect(await countsOf(execution.retrieverId)).toEqual(once);
  });

  test('two batches of the very same rows both count', async () => {
    const batch = fullBatch();
    await log.append(batch);
    await log.append({ ...batch, id: randomUUID() });
    expect(await countsOf(retrieverOf(batch))).toEqual({
      executions: 2,
      interactions: 4,
      history: 2,
      posteriors: 2,
    });
  });

  test('a retry reaches the posteriors where the first try broke off between table and view', async () => {
    const batch = fullBatch();
    await warehouse.client.command({ query: 'DETACH TABLE posteriors_of_deltas' });
    await log.append(batch).finally(() => warehouse.client.command({ query: 'ATTACH TABLE posteriors_of_deltas' }));
    expect(await countsOf(retrieverOf(batch))).toEqual({ ...once, posteriors: 0 });
    await log.append(batch);
    expect(await countsOf(retrieverOf(batch))).toEqual(once);
  });

  test('a retry completes a batch of which only some tables had been written', async () => {
    const batch = fullBatch();
    await log.append({ ...batch, interactions: [], deltas: [] });
    expect(await countsOf(retrieverOf(batch))).toEqual({ executions: 1, interactions: 0, history: 0, posteriors: 0 });
    await log.append(batch);
    expect(await countsOf(retrieverOf(batch))).toEqual(once);
  });

  test('a batch that reaches over the turn of a month counts once, in both partitions', async () => {
    const execution = executionOf(['a']);
    const endOfMonth = Date.UTC(2026, 10, 30, 23, 59, 59, 999);
    const interactions = [endOfMonth, endOfMonth + 1].map((receivedAt) => interactionOn(execution, { receivedAt }));
    const batch = batchOf({ interactions });
    await log.append(batch);
    await log.append(batch);
    expect(
      await select(
        'SELECT toYYYYMM(received_at) AS month, count()::UInt32 AS rows FROM interactions WHERE retriever_id = {id:UUID} GROUP BY month ORDER BY month',
        { id: execution.retrieverId },
      ),
    ).toEqual([
      { month: 202611, rows: 1 },
      { month: 202612, rows: 1 },
    ]);
  });

  test('a large batch is one block: its token stands for all of its rows', async () => {
    const retrieverId = randomUUID();
    const people = Array.from({ length: 5_000 }, (_, index) =>
      deltaOf(retrieverId, person(`p${index}`), 1, { text: [1, 0] }),
    );
    const batch = batchOf({ deltas: [deltaOf(retrieverId, everyone, 5_000, { text: [5_000, 0] }), ...people] });
    await log.append(batch);
    await log.append(batch);
    const [row] = await select(
      `SELECT uniqExact(_part)::UInt32 AS parts, count()::UInt32 AS rows FROM posterior_deltas WHERE retriever_id = {id:UUID}`,
      { id: retrieverId },
    );
    expect(row).toEqual({ parts: 1, rows: 15_003 });
  });

  test('an empty batch is appended without a trace', async () => {
    await expect(log.append(batchOf({}))).resolves.toBeUndefined();
  });

  test.each([Number.NaN, Infinity, -Infinity])('%s is refused before anything is written', async (value) => {
    const batch = fullBatch();
    const retrieverId = retrieverOf(batch);
    const bad = { ...batch, deltas: [...batch.deltas, deltaOf(retrieverId, person('ada'), 1, { text: [value, 0] })] };
    await expect(log.append(bad)).rejects.toThrow(RowsRefusedError);
    expect(await countsOf(retrieverId)).toEqual({ executions: 0, interactions: 0, history: 0, posteriors: 0 });
  });

  test('rows that ClickHouse cannot read are refused as such, and teach nothing', async () => {
    const batch = fullBatch();
    const bad = { ...batch, executions: batch.executions.map((execution) => ({ ...execution, id: 'not a UUID' })) };
    await expect(log.append(bad)).rejects.toThrow(RowsRefusedError);
    expect(await countsOf(retrieverOf(batch))).toMatchObject({ history: 0, posteriors: 0 });
  });

  test('a table that is missing is no fault of the rows', async () => {
    const broken = await open();
    await broken.client.command({ query: 'DROP TABLE interactions SYNC' });
    const failure = await createClickHouseEventLog(broken)
      .append(fullBatch())
      .catch((error: unknown) => error);
    await broken.close();
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(RowsRefusedError);
  });

  test('who sees the version that a batch made finds the events behind it', async () => {
    const store = createClickHousePosteriorStore(warehouse);
    for (let round = 0; round < 10; round += 1) {
      const batch = fullBatch();
      const appending = log.append(batch);
      while ((await store.read(retrieverOf(batch), [])).version === 0);
      expect(await countsOf(retrieverOf(batch))).toEqual(once);
      await appending;
    }
  });
});

/** One execution, two interactions with it, and what they teach. */
function fullBatch(): OutboxBatch {
  const execution = executionOf(['a', 'b']);
  return batchOf({
    executions: [execution],
    interactions: [interactionOn(execution), interactionOn(execution, { interactionTypes: ['PURCHASE'] })],
    deltas: [deltaOf(execution.retrieverId, everyone, 2, { text: [1, 0], image: [0, 1] })],
  });
}

function retrieverOf(batch: OutboxBatch): string {
  return batch.deltas[0]!.retrieverId;
}
