import type { Retriever } from '../retrievers/retriever.ts';
import type { Clock } from '../shared/clock.ts';
import type { ContextRef, ContextValues } from './context.ts';
import { decidePosterior, decidingContexts } from './decide-posterior.ts';
import type { PosteriorCache } from './posterior-cache.ts';
import type { PosteriorSource } from './posterior-source.ts';
import { weightVersion } from './weight-version.ts';

const OUT_OF_DATE =
  'The store of learned weights does not answer: this used the last known weights, which may miss recent interactions.';

/** Resolves a searcher's contexts, most specific first, to the posteriors that decide. */
export function createPosteriorReader(cache: PosteriorCache, clock: Clock): PosteriorSource {
  return {
    async posteriors(retriever, values) {
      const contexts = contextsOf(retriever, values);
      const cached = await cache.read(retriever.id, contexts);
      return {
        ...decidePosterior(retriever.stages[0], contexts, cached.totals, clock.now()),
        version: weightVersion(cached.version, retriever.version),
        complete: cached.complete,
        warning: cached.current && cached.complete ? null : OUT_OF_DATE,
      };
    },
  };
}

/** The contexts whose posteriors a retriever reads for these values. */
export function contextsOf(retriever: Retriever, values: ContextValues): ContextRef[] {
  return decidingContexts(retriever.stages[0], values);
}
