import type { FusionMethod } from '../fusion/ranked-list.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { decideRollout, type RolloutSubject } from '../rollouts/decide-rollout.ts';
import type { KnownRollout } from '../rollouts/rollout-cache.ts';
import type { RolloutDecision } from '../rollouts/rollout.ts';

/** A retriever as it serves one search. */
export interface ServedRetriever {
  decision: RolloutDecision;
  /** With the fusion that serves. */
  served: Retriever;
  /** With the learned fusion, to be worked out beside it; null where none is. */
  shadow: Retriever | null;
}

/** What the rollout makes of a retriever, for one search. */
export function applyRollout(
  { rollout, isOptedOut }: KnownRollout,
  retriever: Retriever,
  subject: RolloutSubject,
): ServedRetriever {
  const [{ fusion }] = retriever.stages;
  const decision = decideRollout(rollout, fusion, subject, isOptedOut(subject.userId));
  const serving = decision.arm === 'LEARNED' || fusion !== 'LEARNED' ? fusion : rollout.staticFusion;
  return {
    decision,
    served: withFusion(retriever, serving),
    shadow: decision.arm === 'SHADOW' ? withFusion(retriever, 'LEARNED') : null,
  };
}

/** The retriever with another fusion in its feature search. */
export function withFusion(
  retriever: Retriever,
  fusion: FusionMethod,
  change: { facets?: readonly string[] } = {},
): Retriever {
  const [stage, ...later] = retriever.stages;
  return stage.fusion === fusion ? retriever : { ...retriever, stages: [{ ...stage, ...change, fusion }, ...later] };
}
