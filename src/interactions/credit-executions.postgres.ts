import { outcomeGained, type OutcomeDelta, type SearchOutcome } from '../analytics/search-outcome.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Attributable } from '../search/attributable.ts';
import type { Logger } from '../shared/logger.ts';
import type { Signal } from './interaction.ts';
import type { Attribute, OutboxBatch } from './outbox.ts';
import { creditGained, creditOf, DeltaSum, lastChange, type Credit } from './posterior-deltas.ts';
import { generationOf, type Generations } from './posterior-generation.ts';
import { signalsByExecution } from './signals.postgres.ts';
import { earningsOf, splitContexts } from './split-earnings.ts';

/** What executions have earned since they were last credited. */
export type Earned = Pick<OutboxBatch, 'deltas' | 'searchOutcomes'>;

/** What an execution's batches have told so far. */
interface Told extends Credit {
  /** What everyone has learned of it, where some of its signals are for the person alone. */
  common?: Credit;
  outcome?: SearchOutcome;
  /** The generation that was told; absent: the first. */
  generation?: number;
}

interface Locked {
  credited: Told | null;
  forgotten: string | null;
}

interface Crediting {
  attribute: Attribute;
  /** Those that are written into, until the transaction ends. */
  generations: Generations;
  logger: Logger;
}

/**
 * Works out what the executions have earned by all their signals, and writes that down as credited. Executions stay
 * locked, in the order of their ids, until the batch is there: nobody else credits the same difference. To a generation
 * that an execution was not credited to yet, it brings all it has earned.
 * @param executions ordered by id
 * @returns also how many of them brought something, and their signals
 */
export async function creditExecutions(
  tx: Queryable,
  executions: readonly Attributable[],
  { attribute, generations, logger }: Crediting,
): Promise<{ earned: Earned; executions: number; interactions: number }> {
  const sum = new DeltaSum();
  const searchOutcomes: OutcomeDelta[] = [];
  const changed: { id: string; now: Told }[] = [];
  if (executions.length > 0) {
    const ids = executions.map(({ id }) => id);
    const locked = await lockExecutions(tx, ids);
    const signals = await signalsByExecution(tx, ids);
    for (const execution of executions) {
      const row = locked.get(execution.id);
      if (row === undefined) continue;
      try {
        const told = creditOne(execution, signals.get(execution.id) ?? [], row);
        if (told !== null) changed.push({ id: execution.id, now: told });
      } catch (error) {
        // One execution that cannot be attributed must not hold up all the others.
        logger.error({ err: error, executionId: execution.id }, 'Could not attribute an execution; it trains nothing.');
      }
    }
    await writeCredited(tx, changed);
  }
  return {
    earned: { deltas: sum.deltas(), searchOutcomes },
    executions: changed.length,
    interactions: changed.reduce((total, { now }) => total + now.interactions, 0),
  };

  /** What is to be written down as told; null where nothing has changed. */
  function creditOne(
    execution: Attributable,
    signals: readonly Signal[],
    { credited, forgotten }: Locked,
  ): Told | null {
    const earnings = earningsOf(attribute, execution, signals);
    if (earnings === null) return null;
    const { own, common } = earnings;
    const generation = generationOf(generations, execution.retrieverId).number;
    const isNew = (credited?.generation ?? 0) !== generation;
    const before = isNew ? null : credited;
    const now: Told = {
      ...creditOf(own),
      ...(common !== own && { common: creditOf(common) }),
      outcome: common.searchOutcome,
      ...(generation > 0 && { generation }),
    };
    const gained = creditGained(execution.hits, now, before);
    const isTheSame = now.common === undefined && before?.common === undefined;
    const shared = isTheSame ? gained : creditGained(execution.hits, now.common ?? now, before?.common ?? before);
    const outcome = outcomeGained(execution, common.searchOutcome, credited?.outcome ?? null);
    if (gained === null && shared === null && outcome === null) return isNew ? now : null;
    const { retrieverId } = execution;
    const changedAt = isNew && generation > 0 ? lastChange(execution, signals) : undefined;
    const origin = { generation, changedAt };
    const contexts = splitContexts(own.contexts);
    // A user who has reset their preferences: what they did before counts for others only.
    if (gained !== null && forgotten === null) sum.add(retrieverId, contexts.own, gained, own.decay, origin);
    if (shared !== null) sum.add(retrieverId, contexts.common, shared, own.decay, origin);
    if (outcome !== null) searchOutcomes.push({ execution: outcomeKey(execution), ...outcome });
    return now;
  }
}

async function lockExecutions(tx: Queryable, ids: readonly string[]): Promise<Map<string, Locked>> {
  const rows = await tx.query<Locked & { id: string }>(
    'select id, credited, forgotten from executions where id = any($1::uuid[]) order by id for update',
    [ids],
    { prepare: true },
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** What an outcome is summed up by. */
function outcomeKey({ id, retrieverId, executedAt, segment, rollout }: Attributable): OutcomeDelta['execution'] {
  return { id, retrieverId, executedAt, segment, rollout };
}

async function writeCredited(tx: Queryable, changed: readonly { id: string; now: Told }[]): Promise<void> {
  if (changed.length === 0) return;
  await tx.query(
    `update executions set credited = c.credited::jsonb
     from unnest($1::uuid[], $2::text[]) as c(id, credited) where executions.id = c.id`,
    [changed.map(({ id }) => id), changed.map(({ now }) => JSON.stringify(now))],
    { prepare: true },
  );
}
