import type { Retriever } from '../retrievers/retriever.ts';
import type { ContextLevel, ContextValues } from './context.ts';
import type { ArmPosterior } from './learned-weights.ts';
import type { WeightPosterior } from './weight-posterior.ts';

/** The posteriors that decide a search. */
export interface DecidingPosteriors {
  level: ContextLevel;
  /** False at PRIOR without a warm start: no draw is better than another there. */
  hasLearned: boolean;
  /** The weight version they were read at (see weight-version.ts). */
  version: string;
  /** Signals of the deciding context; 0 at PRIOR. */
  interactions: number;
  /** When the deciding context last changed, milliseconds since the epoch; null at PRIOR. */
  changedAt: number | null;
  /** One a feature of the retriever, ordered by feature URI. */
  arms: readonly ArmPosterior[];
  /** What searches draw their weights from. */
  weights: WeightPosterior;
  /** False where a more specific context could not be read in time. */
  complete: boolean;
  /** Why they may be out of date; null where they are not. */
  warning: string | null;
}

export interface PosteriorSource {
  /** Served from memory; a context that is not there is waited for briefly, and done without when it does not come. */
  posteriors(retriever: Retriever, values: ContextValues): Promise<DecidingPosteriors>;
}
