import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseFeedbackLog } from '../../src/evaluations/feedback-log.clickhouse.ts';
import type { FeedbackLog } from '../../src/evaluations/feedback-log.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import type { Interaction } from '../../src/interactions/interaction.ts';
import type { Execution } from '../../src/search/execution.ts';
import { testWarehouses } from '../fixtures/clickhouse.ts';
import { executionOf, interactionOn, startOfTest } from '../fixtures/interaction.ts';
import { batchOf } from '../fixtures/outbox-batch.ts';

describe.each(testWarehouses())('the feedback log on $name', ({ open }) => {
  const shop = { namespaceId: uuidv7(), retrieverId: uuidv7() };
  const window = { since: startOfTest, limit: 100 };
  const minute = (count: number) => startOfTest + count * 60_000;
  const at = (count: number, change: Partial<Execution> = {}) =>
    executionOf(['a', 'ü "b"', 'c'], { ...shop, executedAt: minute(count), ...change });
  const learned = { fusion: 'LEARNED', contextLevel: 'GLOBAL' } as const;
  const on = (execution: Execution, change: Partial<Interaction> = {}) =>
    interactionOn(execution, { receivedAt: execution.executedAt + 1_000, ...change });

  const clicked = at(1);
  const bought = at(2, { ...learned, userId: null, inputs: { query: 'ü "x" \\', nested: { n: 1 } } });
  const ignored = at(3, learned);
  const fixed = at(4);
  const prior = at(5, { fusion: 'LEARNED', contextLevel: 'PRIOR' });
  const old = at(-5, learned);
  const elsewhere = at(6, { ...learned, namespaceId: uuidv7() });
  const otherRetriever = at(6, { ...learned, retrieverId: uuidv7() });

  let warehouse: Warehouse;
  let log: FeedbackLog;

  beforeAll(async () => {
    warehouse = await open();
    log = createClickHouseFeedbackLog(warehouse);
    const executions = [clicked, bought, ignored, fixed, prior, old, elsewhere, otherRetriever];
    const interactions = [
      on(clicked),
      on(bought, { documentId: 'c', position: 2, interactionTypes: ['CLICK', 'PURCHASE'] }),
      on(bought, { interactionTypes: ['DWELL_TIME'], metadata: { durationMs: 1234.5 } }),
      on(bought, { documentId: null, position: null, interactionTypes: ['QUERY_REFINEMENT'] }),
      on(old),
      on(elsewhere),
      on(otherRetriever),
      interactionOn(null, { namespaceId: shop.namespaceId, retrieverId: shop.retrieverId, receivedAt: minute(1) }),
    ];
    await createClickHouseEventLog(warehouse).append(batchOf({ executions, interactions }));
  });
  afterAll(() => warehouse.close());

  test('has the searches that somebody reacted to, oldest first, with what was shown and done', async () => {
    const searches = await log.searches(shop.namespaceId, shop.retrieverId, window);
    expect(searches.map(({ executionId }) => executionId)).toEqual([clicked.id, bought.id]);
    expect(searches[0]).toMatchObject({ userId: 'ada', sessionId: 'session-1', segment: 'readers' });
    const { signals, ...search } = searches[1]!;
    expect(search).toEqual({
      ...{ executionId: bought.id, executedAt: bought.executedAt, inputs: bought.inputs },
      ...{ userId: null, sessionId: 'session-1', segment: 'readers', shown: ['a', 'ü "b"', 'c'] },
    });
    const done = signals.map(({ type, documentId, durationMs }) => [type, documentId, durationMs]);
    expect(done.sort()).toEqual([
      ['CLICK', 'c', null],
      ['DWELL_TIME', 'a', 1234.5],
      ['PURCHASE', 'c', null],
      ['QUERY_REFINEMENT', '', null],
    ]);
  });

  test('has the whole records of searches with learned weights, reacted to or not', async () => {
    const logged = await log.learnedExecutions(shop.namespaceId, shop.retrieverId, window);
    expect(logged.map(({ execution }) => execution)).toEqual([bought, ignored]);
    expect(logged.map(({ signals }) => signals.length)).toEqual([4, 0]);
  });

  test('gives the newest where there are more than asked for', async () => {
    const [newest, ...others] = await log.searches(shop.namespaceId, shop.retrieverId, { ...window, limit: 1 });
    expect([newest?.executionId, others]).toEqual([bought.id, []]);
    const learnedOnes = await log.learnedExecutions(shop.namespaceId, shop.retrieverId, { ...window, limit: 1 });
    expect(learnedOnes.map(({ execution }) => execution.id)).toEqual([ignored.id]);
  });

  test('goes back only as far as asked, and to no other namespace or retriever', async () => {
    const all = await log.searches(shop.namespaceId, shop.retrieverId, { since: minute(-10), limit: 100 });
    expect(all.map(({ executionId }) => executionId)).toEqual([old.id, clicked.id, bought.id]);
    expect(await log.searches(uuidv7(), shop.retrieverId, window)).toEqual([]);
    expect(await log.learnedExecutions(shop.namespaceId, uuidv7(), window)).toEqual([]);
  });
});
