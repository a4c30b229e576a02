import type { ExecutionStore } from '../search/execution-store.ts';
import type { Clock } from '../shared/clock.ts';
import type { InteractionStore } from './interaction-store.ts';
import type { Outbox } from './outbox.ts';
import type { RebuildStore } from './rebuild-store.ts';

export interface ExpireEventsDeps {
  executions: Pick<ExecutionStore, 'expire'>;
  interactions: Pick<InteractionStore, 'expire'>;
  outbox: Pick<Outbox, 'backlog'>;
  rebuilds: Pick<RebuildStore, 'isUnderWay'>;
  clock: Clock;
  /** How long feedback on a search is taken. */
  feedbackWindowMs: number;
}

/**
 * Deletes the executions that take no more feedback, and the interactions of that time. ClickHouse has them by then;
 * while it does not, because it is away, nothing that waits for it is deleted, nor what attributing that takes. While
 * learned weights are rebuilt nothing is deleted at all.
 */
export async function expireEvents(deps: ExpireEventsDeps): Promise<{ executions: number; interactions: number }> {
  const { executions, interactions, outbox, rebuilds, clock, feedbackWindowMs } = deps;
  if (await rebuilds.isUnderWay()) return { executions: 0, interactions: 0 };
  const { oldestAt } = await outbox.backlog();
  // What waits may be about a search of up to a window before it.
  const before = Math.min(clock.now(), oldestAt ?? Infinity) - feedbackWindowMs;
  return { executions: await executions.expire(before), interactions: await interactions.expire(before) };
}
