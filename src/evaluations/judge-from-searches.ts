import type { Signal } from '../interactions/interaction.ts';
import type { LoggedSearch } from './feedback-log.ts';

/** From a signal to its reward, −1 to 1. */
export type ScaledReward = (signal: Signal) => number;

/** The chance that a person looks at a position falls with its rank, and is taken to be at least this. */
const LEAST_EXAMINED = 0.1;
/** Examinations that every document is given on top: one lucky click far down must not outdo a proven document. */
const SMOOTHING = 1;

/**
 * The chance that a person looks at a position: 1 / rank, as in Joachims, Swaminathan and Schnabel, "Unbiased
 * Learning-to-Rank with Biased Feedback", WSDM 2017 (η = 1), clipped below, so that no click weighs more than ten.
 */
export function examination(position: number): number {
  return Math.max(LEAST_EXAMINED, 1 / (position + 1));
}

/**
 * Grades of the documents that these searches, all of one query, showed: 0 to 3.
 *
 * What a document earned is divided by how often it was probably looked at, so that a document is not judged good for
 * having stood on top (clicks over expected clicks: Zhang and Jones, "Comparing Click Logs and Editorial Labels for
 * Training Query Rewriting", 2007). The grade is relative to the query's best document: 3 from two thirds of its worth
 * on, 2 from one third on, 1 above nothing, 0 for what was looked at about once or more and earned nothing.
 */
export function judgeFromSearches(searches: readonly LoggedSearch[], reward: ScaledReward): Map<string, number> {
  const documents = new Map<string, { earned: number; examined: number }>();
  for (const { shown, signals } of searches) {
    const earned = earnedByDocument(signals, reward);
    for (const [position, documentId] of shown.entries()) {
      const known = documents.get(documentId) ?? { earned: 0, examined: 0 };
      documents.set(documentId, {
        earned: known.earned + (earned.get(documentId) ?? 0),
        examined: known.examined + examination(position),
      });
    }
  }
  const worth = ({ earned, examined }: { earned: number; examined: number }) => earned / (examined + SMOOTHING);
  const best = Math.max(0, ...[...documents.values()].map(worth));
  const grades = new Map<string, number>();
  for (const [documentId, document] of documents) {
    if (document.earned > 0) grades.set(documentId, gradeOf(worth(document) / best));
    else if (document.examined >= 1) grades.set(documentId, 0);
  }
  return grades;
}

function gradeOf(shareOfBest: number): number {
  if (shareOfBest >= 2 / 3) return 3;
  return shareOfBest >= 1 / 3 ? 2 : 1;
}

/** What each document earned in one search, −1 to 1; the same (document, type) counts once, with its largest reward. */
export function earnedByDocument(signals: readonly Signal[], reward: ScaledReward): Map<string, number> {
  const ofType = new Map<string, { documentId: string; reward: number }>();
  for (const signal of signals) {
    if (signal.documentId === '') continue;
    const key = `${signal.type} ${signal.documentId}`;
    const worth = reward(signal);
    const known = ofType.get(key);
    if (known === undefined || Math.abs(worth) > Math.abs(known.reward)) {
      ofType.set(key, { documentId: signal.documentId, reward: worth });
    }
  }
  const earned = new Map<string, number>();
  for (const { documentId, reward: worth } of ofType.values()) {
    const sum = (earned.get(documentId) ?? 0) + worth;
    if (worth !== 0) earned.set(documentId, sum);
  }
  return new Map([...earned].map(([documentId, sum]) => [documentId, Math.min(1, Math.max(-1, sum))]));
}

/** How many distinct (document, type) of a search say something of a document. */
export function countInteractions({ signals }: Pick<LoggedSearch, 'signals'>, reward: ScaledReward): number {
  const telling = signals.filter((signal) => signal.documentId !== '' && reward(signal) !== 0);
  return new Set(telling.map(({ type, documentId }) => `${type} ${documentId}`)).size;
}
