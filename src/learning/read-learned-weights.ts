import type { Retriever } from '../retrievers/retriever.ts';
import type { ContextValues } from './context.ts';
import type { LearnedWeights, LearnedWeightsQuery, WeightedArm } from './learned-weights.ts';
import type { DecidingPosteriors, PosteriorSource } from './posterior-source.ts';
import { meanWeights, probabilityOfLargest } from './weight-posterior.ts';

/** What the retriever has learned for these values, the prior where it has learned nothing; `complete` as in DecidingPosteriors. */
export async function readLearnedWeights(
  source: PosteriorSource,
  retriever: Retriever,
  values: ContextValues,
): Promise<{ weights: LearnedWeights; complete: boolean }> {
  const deciding = await source.posteriors(retriever, values);
  const weights = {
    retrieverId: retriever.id,
    version: deciding.version,
    contextLevel: deciding.level,
    interactions: deciding.interactions,
    updatedAt: deciding.changedAt ?? retriever.updatedAt,
    arms: weightedArms(deciding),
  };
  return { weights, complete: deciding.complete };
}

/** What weighs on average, and the chance of being best, beside each arm's own posterior. */
export function weightedArms({ arms, weights }: Pick<DecidingPosteriors, 'arms' | 'weights'>): WeightedArm[] {
  const mean = meanWeights(weights);
  const chances = probabilityOfLargest(weights);
  return arms.map((arm, index) => ({ ...arm, weight: mean[index] ?? 0, probabilityBest: chances[index] ?? 0 }));
}

/** The context values that a subscription's or query's arguments stand for. */
export function valuesOf(query: LearnedWeightsQuery): ContextValues {
  return {
    ...(query.userId === null ? {} : { user_id: query.userId }),
    ...(query.segment === null ? {} : { segment: query.segment }),
  };
}
