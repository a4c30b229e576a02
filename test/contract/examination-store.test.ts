import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcomeGained, outcomeOf } from '../../src/analytics/search-outcome.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import { signalsOf } from '../../src/interactions/interaction.ts';
import { ExaminationCurves } from '../../src/learning/examination-curves.ts';
import { createClickHouseExaminationStore } from '../../src/learning/examination-store.clickhouse.ts';
import { defaultRewardMap } from '../../src/learning/reward.ts';
import { testWarehouses } from '../fixtures/clickhouse.ts';
import { executionOf, interactionOn } from '../fixtures/interaction.ts';
import { batchOf } from '../fixtures/outbox-batch.ts';
import { silentLogger } from '../fixtures/postgres.ts';

describe.each(testWarehouses())('positions in $name', ({ open }) => {
  let warehouse: Warehouse;
  const shop = { namespaceId: uuidv7(), retrieverId: uuidv7() };
  let now = Date.now();

  beforeAll(async () => {
    warehouse = await open();
    await log(['a', 'b', 'c'], 'lamp', ['a']);
    await log(['b', 'a', 'c'], 'lamp', ['a', 'c']);
    await log(['b', 'a'], 'lamp', []);
    // The same documents for another query, and at another retriever: other items.
    await log(['c', 'a'], 'chair', ['c']);
    await log(['c', 'a'], 'lamp', ['c'], uuidv7());
  });
  afterAll(() => warehouse.close());

  async function log(shown: string[], query: string, clicked: string[], retrieverId = shop.retrieverId): Promise<void> {
    const executedAt = now - 60_000;
    const execution = executionOf(shown, { ...shop, retrieverId, inputs: { query }, executedAt });
    const interactions = clicked.flatMap((documentId) => [
      interactionOn(execution, { documentId, receivedAt: executedAt + 10 }),
      interactionOn(execution, { documentId, receivedAt: executedAt + 20, interactionTypes: ['CLICK', 'SHARE'] }),
    ]);
    const outcome = outcomeOf(execution, interactions.flatMap(signalsOf), defaultRewardMap);
    const gained = outcomeGained(execution, outcome, null);
    const searchOutcomes = gained === null ? [] : [{ execution, ...gained }];
    await createClickHouseEventLog(warehouse).append(
      batchOf({ executions: [execution], interactions, searchOutcomes }),
    );
  }

  test('items are told by query and document, and a click counts once a search', async () => {
    const cells = await createClickHouseExaminationStore(warehouse).cells(shop.namespaceId, shop.retrieverId);
    const byItem = new Map<string, string[]>();
    for (const { item, position, shown, clicks } of cells) {
      byItem.set(item, [...(byItem.get(item) ?? []), `${position}: ${clicks} of ${shown}`].sort());
    }
    // Of lamp: a and b; c was always at one position, and chair was asked once.
    expect([...byItem.values()].sort()).toEqual([
      ['0: 0 of 2', '1: 0 of 1'],
      ['0: 1 of 1', '1: 1 of 2'],
    ]);
  });

  test('totals are of all searches of the retriever', async () => {
    const store = createClickHouseExaminationStore(warehouse);
    expect(await store.totals(shop.retrieverId)).toEqual([
      { position: 0, shown: 4, clicks: 2 },
      { position: 1, shown: 4, clicks: 1 },
      { position: 2, shown: 2, clicks: 1 },
    ]);
    expect(await store.totals(uuidv7())).toEqual([]);
  });

  test('a curve is in memory once it was estimated, and estimated again after ten minutes', async () => {
    const real = createClickHouseExaminationStore(warehouse);
    let asked = 0;
    const curves = new ExaminationCurves({
      store: { ...real, cells: (...args) => (asked++, real.cells(...args)) },
      clock: { now: () => now },
      logger: silentLogger,
    });
    expect(curves.of(shop.namespaceId, shop.retrieverId)).toBeNull();
    const points = await curves.read(shop.namespaceId, shop.retrieverId);
    expect(points.map(({ position, shown }) => [position, shown])).toEqual([
      [0, 4],
      [1, 4],
      [2, 2],
    ]);
    expect(points[0]?.probability).toBe(1);
    expect(curves.of(shop.namespaceId, shop.retrieverId)?.slice(0, 3)).toEqual(points.map((p) => p.probability));
    expect(asked).toBe(2);
    now += 10 * 60_000;
    expect(curves.of(shop.namespaceId, shop.retrieverId)).toHaveLength(20);
    expect(asked).toBe(3);
  });
});
