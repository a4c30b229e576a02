import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import { sinceHours } from '../analytics/window.ts';
import type { Clock } from '../shared/clock.ts';
import { ValidationError } from '../shared/errors.ts';
import type { RolloutEventFeed } from './rollout-event-feed.ts';
import type { RolloutFiguresStore, ShadowReport } from './rollout-figures.ts';
import type { RolloutStore } from './rollout-store.ts';
import type { Rollout, RolloutEvent } from './rollout.ts';
import { checkSampleRatio, type SampleRatio } from './sample-ratio.ts';

export interface ReadRolloutDeps {
  retrievers: Pick<RetrieverStore, 'get'>;
  rollouts: Pick<RolloutStore, 'get' | 'events' | 'revisionOf'>;
  figures: Pick<RolloutFiguresStore, 'units' | 'shadow'>;
  feed: RolloutEventFeed;
  clock: Clock;
}

/** Whether the arms have the sizes that were set, since people last changed the rollout. */
export async function readSampleRatio(deps: Pick<ReadRolloutDeps, 'figures'>, rollout: Rollout): Promise<SampleRatio> {
  return checkSampleRatio(rollout, await deps.figures.units(rollout.retrieverId, rollout.comparedFrom));
}

/** How the shadow's rankings of the last hours compare with what was served. @throws ValidationError INVALID_HOURS */
export async function readShadowReport(
  deps: Pick<ReadRolloutDeps, 'figures' | 'clock'>,
  retrieverId: string,
  hours: number,
): Promise<ShadowReport> {
  return deps.figures.shadow(retrieverId, sinceHours(hours, deps.clock.now()));
}

/**
 * The audit list as it grows, from now on, or after an event.
 * @throws NotFoundError RETRIEVER_NOT_FOUND, ValidationError INVALID_CURSOR
 */
export async function watchRolloutEvents(
  deps: Pick<ReadRolloutDeps, 'retrievers' | 'rollouts' | 'feed'>,
  namespaceId: string,
  retrieverId: string,
  after: string | null,
): Promise<AsyncIterableIterator<RolloutEvent>> {
  const retriever = await findRetriever(deps.retrievers, namespaceId, retrieverId, ['retrieverId']);
  if (after !== null) {
    const known = await deps.rollouts.revisionOf(retriever.id, after);
    if (known !== null) return deps.feed.watch(retriever.id, known);
    throw new ValidationError(
      'after must be the id of an event of this retriever; leave it out for what happens from now on.',
      'INVALID_CURSOR',
      ['after'],
    );
  }
  const { items } = await deps.rollouts.events(namespaceId, retriever.id, { limit: 1, after: null });
  return deps.feed.watch(retriever.id, items[0]?.revision ?? 0);
}
