import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcomeGained, outcomeOf, type OutcomeDelta } from '../../src/analytics/search-outcome.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import type { InteractionType, Signal } from '../../src/interactions/interaction.ts';
import { defaultRewardMap } from '../../src/learning/reward.ts';
import { createClickHouseRolloutFigures } from '../../src/rollouts/rollout-figures.clickhouse.ts';
import type { RolloutArm, RolloutReason } from '../../src/rollouts/rollout.ts';
import { compareRankings } from '../../src/rollouts/shadow-agreement.ts';
import type { Execution } from '../../src/search/execution.ts';
import { testWarehouses } from '../fixtures/clickhouse.ts';
import { executionOf } from '../fixtures/interaction.ts';
import { batchOf } from '../fixtures/outbox-batch.ts';

const now = Date.now();

describe.each(testWarehouses())('figures of a rollout on $name', ({ open }) => {
  let warehouse: Warehouse;
  let log: ReturnType<typeof createClickHouseEventLog>;
  let figures: ReturnType<typeof createClickHouseRolloutFigures>;

  beforeAll(async () => {
    warehouse = await open();
    log = createClickHouseEventLog(warehouse);
    figures = createClickHouseRolloutFigures(warehouse);
  });
  afterAll(() => warehouse.close());

  const served = (
    retrieverId: string,
    [arm, reason]: [RolloutArm, RolloutReason],
    overrides: Partial<Execution> & { revision?: number } = {},
  ): Execution => {
    const { revision = 5, ...rest } = overrides;
    return executionOf(['a', 'b', 'c'], {
      ...{ retrieverId, executedAt: now, rollout: { arm, reason, bucket: 1, revision } },
      ...rest,
    });
  };
  const signal = (documentId: string, type: InteractionType): Signal => ({ documentId, type, durationMs: null });
  const outcome = (execution: Execution, ...signals: Signal[]): OutcomeDelta => ({
    execution,
    ...outcomeGained(execution, outcomeOf(execution, signals, defaultRewardMap), null)!,
  });
  const learned: [RolloutArm, RolloutReason] = ['LEARNED', 'ROLLED_OUT'];
  const control: [RolloutArm, RolloutReason] = ['CONTROL', 'CONTROL_GROUP'];
  const held: [RolloutArm, RolloutReason] = ['STATIC', 'NOT_ROLLED_OUT'];

  test('are those of what chance assigned, learned beside the rest, however often a batch is sent', async () => {
    const id = randomUUID();
    const slow = { timing: { totalMs: 900, embeddingMs: 0, fusionMs: 0, samplingMs: 0, searches: [] } };
    const executions = [
      served(id, learned),
      served(id, learned, slow),
      served(id, learned, { hits: [] }),
      served(id, held),
      served(id, control),
      served(id, ['STATIC', 'KILLED']),
      served(id, ['STATIC', 'OPTED_OUT']),
      served(id, learned, { revision: 4 }),
      served(id, learned, { executedAt: now - 2 * 3_600_000 }),
    ];
    const searchOutcomes = [
      outcome(executions[0]!, signal('b', 'CLICK'), signal('c', 'CLICK'), signal('c', 'SKIP')),
      outcome(executions[1]!, signal('a', 'PURCHASE')),
      outcome(executions[3]!, signal('a', 'CLICK')),
      outcome(executions[5]!, signal('a', 'CLICK')),
      outcome(executions[7]!, signal('a', 'CLICK')),
    ];
    const batch = batchOf({ executions, searchOutcomes });
    for (let tries = 0; tries < 3; tries++) await log.append(batch);
    expect(await figures.figures(id, { since: now - 3_600_000, fromRevision: 5 })).toEqual({
      learned: {
        ...{ searches: 3, zeroResults: 1, clicked: 1, interacted: 2, penalised: 1, reciprocalRanks: 0.5 },
        latencyP95Ms: expect.any(Number),
      },
      baseline: {
        ...{ searches: 2, zeroResults: 0, clicked: 1, interacted: 1, penalised: 0, reciprocalRanks: 1 },
        latencyP95Ms: 1,
      },
    });
    const { latencyP95Ms } = (await figures.figures(id, { since: now - 3_600_000, fromRevision: 5 })).learned;
    expect(latencyP95Ms).toBeGreaterThan(500);
    expect((await figures.figures(id, { since: now - 3 * 3_600_000, fromRevision: 0 })).learned.searches).toBe(5);
    expect((await figures.figures(randomUUID(), { since: 0, fromRevision: 0 })).learned).toMatchObject({
      ...{ searches: 0, latencyP95Ms: null },
    });
  });

  test('an outcome that grows is told as differences, and never counts a search twice', async () => {
    const id = randomUUID();
    const execution = served(id, learned);
    const first = outcomeOf(execution, [signal('c', 'CLICK')], defaultRewardMap);
    const second = outcomeOf(execution, [signal('c', 'CLICK'), signal('a', 'CLICK')], defaultRewardMap);
    await log.append(
      batchOf({ executions: [execution], searchOutcomes: [{ execution, ...outcomeGained(execution, first, null)! }] }),
    );
    await log.append(batchOf({ searchOutcomes: [{ execution, ...outcomeGained(execution, second, first)! }] }));
    expect((await figures.figures(id, { since: now - 60_000, fromRevision: 0 })).learned).toMatchObject({
      ...{ searches: 1, clicked: 1, interacted: 1, reciprocalRanks: expect.closeTo(1, 9) },
    });
  });

  test('units are users, else sessions, else searches, each once', async () => {
    const id = randomUUID();
    const anonymous = { userId: null, sessionId: null };
    await log.append(
      batchOf({
        executions: [
          ...[served(id, learned), served(id, learned, { sessionId: 'another' })],
          ...[served(id, learned, { userId: null }), served(id, learned, { userId: null, segment: 'x' })],
          ...[served(id, learned, anonymous), served(id, learned, anonymous)],
          ...[served(id, control, { userId: 'bob' }), served(id, held, { userId: 'eve' })],
          ...[served(id, ['STATIC', 'KILLED'], { userId: 'kim' }), served(id, held, { userId: 'old', revision: 4 })],
        ],
      }),
    );
    expect(await figures.units(id, 5)).toEqual({ LEARNED: 4, STATIC: 1, CONTROL: 1 });
    expect(await figures.units(id, 4)).toEqual({ LEARNED: 4, STATIC: 2, CONTROL: 1 });
  });

  test('the shadow report averages agreement, and says where clicked documents would have stood', async () => {
    const id = randomUUID();
    const shadowed = (documentIds: string[]) =>
      served(id, ['SHADOW', 'SHADOW_MODE'], {
        shadow: {
          ...{ contextLevel: 'GLOBAL', weights: [], weightVersion: '1', seed: 's', documentIds },
          agreement: compareRankings(['a', 'b', 'c'], documentIds),
        },
      });
    const [same, turned, other] = [shadowed(['a', 'b', 'c']), shadowed(['c', 'b', 'a']), shadowed(['x', 'y', 'c'])];
    await log.append(
      batchOf({
        executions: [same, turned, other, served(id, held)],
        searchOutcomes: [
          outcome(same, signal('b', 'CLICK')),
          outcome(turned, signal('c', 'CLICK'), signal('a', 'CLICK')),
          outcome(other, signal('a', 'CLICK')),
        ],
      }),
    );
    const report = await figures.shadow(id, now - 3_600_000);
    expect(report).toEqual({
      ...{ searches: 3, overlapAt1: 1 / 3, rankCorrelation: 0 },
      overlapAt3: expect.closeTo((1 + 1 + 1 / 3) / 3, 9),
      overlapAt5: expect.closeTo((1 + 1 + 1 / 3) / 3, 9),
      overlapAt10: expect.closeTo((1 + 1 + 1 / 3) / 3, 9),
      // b stays at 1; c goes from 2 to 0, a from 0 to 2; the last a is not in its shadow
      clicks: { clicks: 4, alsoInShadow: 3, servedPosition: 1, shadowPosition: 1, higher: 1, lower: 1, same: 1 },
    });
    expect((await figures.shadow(randomUUID(), 0)).overlapAt1).toBeNull();
  });
});
