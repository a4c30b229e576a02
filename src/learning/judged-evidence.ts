import type { ExecutedHit } from '../search/execution.ts';
import { attributeOutcomes } from './attribution.ts';
import { evidenceBasis, evidenceOf } from './evidence.ts';
import type { LearningConfig } from './learning-config.ts';
import type { ContextTotals } from './posterior-store.ts';
import type { Lesson, WarmStart } from './warm-start.ts';

/**
 * What one judged ranking says: a document earns its grade as a share of the best grade of the query, as every query
 * counts alike in nDCG, and all that was ranked counts as looked at, since what nobody judged is taken as not relevant.
 * @param hits best first; the features of the first are all there are
 * @param grades document id → grade, a whole number from 0
 * @returns null where the query has no relevant document, or none was found
 */
export function lessonOf(
  hits: readonly ExecutedHit[],
  grades: ReadonlyMap<string, number>,
  config: Pick<LearningConfig, 'credit'>,
): Lesson | null {
  const best = Math.max(0, ...grades.values());
  const earned = hits.map(({ documentId }) => (best === 0 ? 0 : (grades.get(documentId) ?? 0) / best));
  const interactions = earned.filter((reward) => reward > 0).length;
  if (interactions === 0) return null;
  const outcomes = earned.map((reward) => ({ reward, penalty: 0, failure: reward > 0 ? 0 : 1 }));
  const arms = Object.fromEntries(
    [...attributeOutcomes(hits, outcomes, config)].map(([uri, { rewards, failures }]) => [uri, [rewards, failures]]),
  ) as Lesson['arms'];
  const documents = earned.map((reward) => ({ reward, examined: 1 }));
  return { queries: 1, interactions, arms, sums: evidenceOf(hits, documents, Object.keys(arms)).sums };
}

/** The lesson as a context that others borrow from; null where there is none. */
export function warmTotals(warmStart: WarmStart | null): ContextTotals | null {
  if (warmStart === null || warmStart.lesson === null) return null;
  const { interactions, arms, sums } = warmStart.lesson;
  return {
    interactions,
    changedAt: 0,
    arms: new Map(Object.entries(arms).map(([uri, [rewards, failures]]) => [uri, { rewards, failures }])),
    evidence: [{ basis: evidenceBasis(Object.keys(arms)), sums }],
  };
}
