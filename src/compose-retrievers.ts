import type { App } from './app.ts';
import type { CollectionStore } from './collections/collection-store.ts';
import type { Evaluations } from './compose-evaluations.ts';
import type { Rollouts } from './compose-rollouts.ts';
import type { WeightFeed } from './learning/weight-feed.ts';
import type { ChangeHint } from './postgres/change-hints.ts';
import { createRetriever } from './retrievers/create-retriever.ts';
import { deleteRetriever } from './retrievers/delete-retriever.ts';
import type { RetrieverRemovals } from './retrievers/retriever-removals.ts';
import type { RetrieverStore } from './retrievers/retriever-store.ts';
import { updateRetriever } from './retrievers/update-retriever.ts';
import { rolloutOfStages } from './rollouts/rollout-of-stages.ts';

export interface RetrieverParts {
  retrievers: RetrieverStore;
  collections: CollectionStore;
  feed: WeightFeed;
  removals: RetrieverRemovals;
  instances: { announce(hint: ChangeHint): Promise<void> };
  rollouts: Pick<Rollouts, 'settingThem'>;
  evaluations: Pick<Evaluations, 'lessons'>;
}

/** Binds retrievers to their stores; what changes is told to the watchers and to the other instances. */
export function bindRetrievers(parts: RetrieverParts): App['retrievers'] {
  const { retrievers, collections, feed, removals, instances, rollouts, evaluations } = parts;
  const deps = (settings: ReturnType<typeof rolloutOfStages>, actor = 'server') => {
    return { retrievers: rollouts.settingThem(settings, actor), collections, lessons: evaluations.lessons };
  };
  // before the caller knows: who searches on another instance next finds the hint there
  const tell = (namespaceId: string, retrieverId: string) =>
    instances.announce({ kind: 'retriever', namespaceId, retrieverId });
  return {
    create: (ns, input, actor) => createRetriever(deps(rolloutOfStages(input.stages), actor), ns, input),
    async update(ns, input, actor) {
      const retriever = await updateRetriever(deps(rolloutOfStages(input.stages), actor), ns, input);
      feed.redefined(retriever);
      await tell(ns, retriever.id);
      return retriever;
    },
    async delete(ns, id) {
      const retrieverId = await deleteRetriever({ retrievers }, ns, id);
      removals.removed(retrieverId);
      await tell(ns, retrieverId);
    },
    get: (ns, ids) => retrievers.get(ns, ids),
    list: (ns, page) => retrievers.list(ns, page),
  };
}
