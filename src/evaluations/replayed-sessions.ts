import type { JudgedQuery } from './evaluation-dataset.ts';
import type { LoggedSearch } from './feedback-log.ts';
import { earnedByDocument, examination, type ScaledReward } from './judge-from-searches.ts';

/** What a purchase is worth, where a purchase is the largest reward. */
const BEST_GRADE = 3;

/**
 * The newest sessions as judged queries, one a search that earned something: who searched is searched for again, what
 * earned a reward is relevant (a third of the largest reward a grade), and what the person probably passed over is not.
 * The searches of a session are one cluster; where there is no session, those of a user, else each is alone.
 * @param searches oldest first
 */
export function replaySessions(
  searches: readonly LoggedSearch[],
  maxSessions: number,
  reward: ScaledReward,
): { queries: JudgedQuery[]; sessionCount: number } {
  const sessions = new Set<string>();
  const queries: JudgedQuery[] = [];
  for (const search of searches.toReversed()) {
    const judgments = judgeSearch(search, reward);
    if (judgments === null) continue;
    const cluster = clusterOf(search);
    if (!sessions.has(cluster) && sessions.size === maxSessions) continue;
    sessions.add(cluster);
    queries.push({ queryId: search.executionId, inputs: personalInputs(search), judgments, cluster, heldOut: false });
  }
  return { queries: queries.reverse(), sessionCount: sessions.size };
}

/** Null where nothing earned a reward. */
function judgeSearch({ shown, signals }: LoggedSearch, reward: ScaledReward): Record<string, number> | null {
  const earned = earnedByDocument(signals, reward);
  const judgments = new Map<string, number>();
  const lastTouched = shown.findLastIndex((documentId) => earned.has(documentId));
  for (const [position, documentId] of shown.entries()) {
    const worth = earned.get(documentId);
    if (worth !== undefined) judgments.set(documentId, worth > 0 ? Math.ceil(worth * BEST_GRADE - 1e-9) : 0);
    else if (position < lastTouched || examination(position) === 1) judgments.set(documentId, 0);
  }
  return [...judgments.values()].some((grade) => grade > 0) ? Object.fromEntries(judgments) : null;
}

function clusterOf({ sessionId, userId, executionId }: LoggedSearch): string {
  if (sessionId !== null) return `session ${sessionId}`;
  return userId === null ? `search ${executionId}` : `user ${userId}`;
}

/** The fields of the search that stand for inputs, where those are absent. */
function personalInputs({ inputs, userId, sessionId, segment }: LoggedSearch): Record<string, unknown> {
  return {
    ...(userId === null ? {} : { user_id: userId }),
    ...(sessionId === null ? {} : { session_id: sessionId }),
    ...(segment === null ? {} : { segment }),
    ...inputs,
  };
}
