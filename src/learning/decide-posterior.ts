import type { FeatureSearchStage } from '../retrievers/retriever.ts';
import { armPosteriors } from './beta-posterior.ts';
import {
  chooseContext,
  readableContexts,
  sessionContext,
  type ContextLevel,
  type ContextRef,
  type ContextValues,
} from './context.ts';
import { evidenceBasis } from './evidence.ts';
import { warmTotals } from './judged-evidence.ts';
import type { LearningConfig } from './learning-config.ts';
import { poolArms, pooledShare, poolTotals, type Borrowed } from './pool-evidence.ts';
import type { DecidingPosteriors } from './posterior-source.ts';
import type { ContextTotals } from './posterior-store.ts';
import { weightPosterior } from './weight-posterior.ts';

type LearningStage = Pick<FeatureSearchStage, 'learningConfig'> & { searches: readonly { featureUri: string }[] };

/** A segment is alike, everyone is not: what everyone does tells a person or a segment a tenth of it. */
const EVERYONE_S_WORTH = 0.1;

/** The contexts that can decide for these values, most specific first; then that of the session, where it counts. */
export function decidingContexts({ learningConfig }: LearningStage, values: ContextValues): ContextRef[] {
  const session = sessionContext(learningConfig, values);
  return [...readableContexts(learningConfig, values), ...(session === null ? [] : [session])];
}

/**
 * What contexts have learned to what searches draw from: the most specific context that knows enough, with a share of the
 * next wider one's and of the session's.
 * @param totals of each context, in the same order
 * @param now milliseconds since the epoch: what a session has taught fades by it
 */
export function decidePosterior(
  { searches, learningConfig }: LearningStage,
  contexts: readonly ContextRef[],
  totals: readonly (ContextTotals | null)[],
  now: number,
): Pick<DecidingPosteriors, 'level' | 'hasLearned' | 'interactions' | 'changedAt' | 'arms' | 'weights'> {
  const featureUris = searches.map((search) => search.featureUri);
  const levels = contexts.filter(({ level }) => level !== 'SESSION');
  const known = totals.slice(0, levels.length);
  const chosen = chooseContext(levels, known, learningConfig.minInteractions);
  const wider = levels.findIndex(({ level }) => level === chosen.level) + 1;
  const session = contexts.length > levels.length ? (totals.at(-1) ?? null) : null;
  const borrowed = [
    ...(chosen.level === 'PRIOR' ? [] : borrowFrom(levels.slice(wider), known.slice(wider), learningConfig)),
    ...borrowFromSession(session, learningConfig, now),
  ];
  const basis = evidenceBasis(featureUris);
  const warm = borrowFromJudgments(learningConfig, chosen.level);
  const pooled = poolTotals(chosen.totals, [...borrowed, ...warm], basis);
  const interactions = chosen.totals?.interactions ?? 0;
  return {
    level: chosen.level,
    hasLearned: chosen.level !== 'PRIOR' || warm.length > 0,
    interactions,
    changedAt: chosen.totals?.changedAt ?? null,
    arms: armPosteriors(featureUris, poolArms(chosen.totals, warm), learningConfig),
    weights: weightPosterior(
      learningConfig,
      armPosteriors(featureUris, pooled.arms, learningConfig),
      pooled.evidence,
      interactions,
    ),
  };
}

/** From the next wider context that knows anything. */
function borrowFrom(
  wider: readonly ContextRef[],
  totals: readonly (ContextTotals | null)[],
  { pooling }: LearningConfig,
): Borrowed[] {
  const index = totals.findIndex((known) => known !== null && known.interactions > 0);
  const worth = wider[index]?.level === 'GLOBAL' ? pooling * EVERYONE_S_WORTH : pooling;
  return index < 0 ? [] : [{ totals: totals[index] ?? null, share: pooledShare(totals[index] ?? null, worth) }];
}

/** Judges are not one's segment either: they tell everyone's weights in full, a person's or a segment's by a tenth. */
function borrowFromJudgments({ warmStart }: LearningConfig, level: ContextLevel): Borrowed[] {
  const totals = warmTotals(warmStart);
  if (warmStart === null || totals === null) return [];
  const ofEveryone = level === 'GLOBAL' || level === 'PRIOR';
  const worth = ofEveryone ? warmStart.strength : warmStart.strength * EVERYONE_S_WORTH;
  return [{ totals, share: pooledShare(totals, worth) }];
}

function borrowFromSession(
  totals: ContextTotals | null,
  { sessionAdaptation }: LearningConfig,
  now: number,
): Borrowed[] {
  if (totals === null || sessionAdaptation === null) return [];
  const { strength, halfLifeMinutes } = sessionAdaptation;
  const ageMinutes = Math.max(0, now - totals.changedAt) / 60_000;
  return [{ totals, share: strength * 2 ** (-ageMinutes / halfLifeMinutes) }];
}
