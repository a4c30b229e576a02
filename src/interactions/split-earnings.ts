import type { ContextRef } from '../learning/context.ts';
import type { Attributable } from '../search/attributable.ts';
import type { Signal } from './interaction.ts';
import type { Attribute, Earnings } from './outbox.ts';

/**
 * What an execution has earned in the eyes of the person, whom all its signals teach, and of everyone, whom those beyond a
 * cap of their client do not. The same object where there are none of these.
 */
export function earningsOf(
  attribute: Attribute,
  execution: Attributable,
  signals: readonly Signal[],
): { own: Earnings; common: Earnings } | null {
  const own = attribute(execution, signals);
  const training = signals.filter(({ trains = true }) => trains);
  const common = training.length === signals.length ? own : attribute(execution, training);
  return own === null || common === null ? null : { own, common };
}

/** A person's own contexts, where a flood moves nobody else's weights, and those of many. */
export function splitContexts(contexts: readonly ContextRef[]): { own: ContextRef[]; common: ContextRef[] } {
  const isOwn = ({ level }: ContextRef) => level === 'PERSONAL' || level === 'SESSION';
  return { own: contexts.filter(isOwn), common: contexts.filter((context) => !isOwn(context)) };
}
