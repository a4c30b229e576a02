import type { App } from './app.ts';
import type { InteractionStore } from './interactions/interaction-store.ts';
import type { Metrics } from './monitoring/metrics.ts';
import type { FeatureSearcher } from './search/feature-searcher.ts';
import type { Tracer } from './shared/tracer.ts';

/** A span for each feature that is searched. */
export function traceSearches(searcher: FeatureSearcher, tracer: Tracer): FeatureSearcher {
  return {
    search(request) {
      const { collection, feature, topK } = request;
      const attributes = {
        'attune.collection': collection.id,
        'attune.feature': feature.featureUri,
        'attune.top_k': topK,
      };
      return tracer.span('feature search', attributes, () => searcher.search(request));
    },
  };
}

/** A span for each commit, which begins with waiting for a place in one. */
export function traceCommits(interactions: InteractionStore, tracer: Tracer): InteractionStore {
  return {
    ...interactions,
    record: (events) =>
      tracer.span('interaction commit', { 'attune.interactions': events.length }, () => interactions.record(events)),
  };
}

/** Counts and traces whole searches. */
export function observeSearches(
  execute: App['search']['execute'],
  { metrics, tracer }: { metrics: Pick<Metrics, 'search'>; tracer: Tracer },
): App['search']['execute'] {
  return async (ns, input) => {
    const execution = await tracer.span('search', { 'attune.retriever': input.retrieverId }, () => execute(ns, input));
    metrics.search(execution);
    return execution;
  };
}
