import { setTimeout as sleep } from 'node:timers/promises';
import type { ContextRef } from '../learning/context.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { checkUserId } from './check-rollout-input.ts';
import type { Erasure, ErasureKind, ErasureStore, UserLogStore, UserRows } from './erasure.ts';
import type { DeleteUserDataInput, UserPreferenceInput } from './rollout-input.ts';

export interface EraseUserDeps {
  retrievers: Pick<RetrieverStore, 'get'>;
  erasures: ErasureStore;
  userLog: UserLogStore;
  clock: Clock;
  logger: Logger;
  /** A fresh UUIDv7. */
  newId: () => string;
  wakeRelay: () => void;
  /** These personal contexts are gone: caches and subscribers read anew, on every instance. */
  forgotten: (retrieverId: string, contexts: readonly ContextRef[]) => void;
}

export interface ErasureResult {
  userId: string;
  /** False while ClickHouse is away or busy: it goes on by itself, and repeating the call tells how far it is. */
  complete: boolean;
  /** What was deleted: of each kind, what the store that had more of it had. */
  removed: UserRows;
  /** What a count found afterwards; all 0 where it is complete. */
  remaining: UserRows;
}

/** How long a caller waits for the end of it. */
const PATIENCE_MS = 8_000;
const POLL_MS = 20;
const LEASE_MS = 30_000;
const nothing: UserRows = { interactions: 0, executions: 0, posteriors: 0 };

/**
 * Deletes a user's own posteriors at a retriever: their next search gets the weights of their segment or of everyone.
 * The log stays, and so does what they brought into the sums of segments and of everyone, which name nobody. Feedback
 * that comes later on searches from before trains nobody's personal weights; a new search begins anew.
 * @throws ValidationError INVALID_USER_ID, NotFoundError RETRIEVER_NOT_FOUND
 */
export async function resetPreferences(
  deps: EraseUserDeps,
  namespaceId: string,
  { retrieverId, userId }: UserPreferenceInput,
): Promise<ErasureResult> {
  const checked = checkUserId(userId, ['input', 'userId']);
  const retriever = await findRetriever(deps.retrievers, namespaceId, retrieverId, ['input', 'retrieverId']);
  return erase(deps, { kind: 'preferences', namespaceId, retrieverId: retriever.id, userId: checked });
}

/**
 * Deletes every search, interaction and posterior of a user in the namespace, in Postgres and in ClickHouse, and counts
 * that none is left. What stays names nobody: sums over segments and everyone (posteriors, analytics) that the user's
 * feedback went into, and the texts of slow and of empty searches. An opt-out stays too: it is the user's will.
 * @throws ValidationError INVALID_USER_ID
 */
export async function deleteUserData(
  deps: EraseUserDeps,
  namespaceId: string,
  input: DeleteUserDataInput,
): Promise<ErasureResult> {
  const userId = checkUserId(input.userId, ['input', 'userId']);
  return erase(deps, { kind: 'everything', namespaceId, retrieverId: null, userId });
}

/** Goes on with what was left behind: by a process that died, or because ClickHouse was away. */
export async function finishErasures(deps: EraseUserDeps): Promise<void> {
  const now = deps.clock.now();
  for (const erasure of await deps.erasures.claimDue(now, now + LEASE_MS)) {
    try {
      const { erasure: swept } = await deps.erasures.sweep(erasure);
      if (await deps.erasures.isDrained(swept)) await forget(deps, swept);
      else deps.wakeRelay();
    } catch (error) {
      deps.logger.warn({ err: error, erasureId: erasure.id }, 'A user could not be forgotten yet; trying again.');
    }
  }
}

async function erase(
  deps: EraseUserDeps,
  wish: { kind: ErasureKind; namespaceId: string; retrieverId: string | null; userId: string },
): Promise<ErasureResult> {
  const requestedAt = deps.clock.now();
  const { erasure, removed } = await deps.erasures.begin(
    { ...wish, id: deps.newId(), requestedAt },
    requestedAt + LEASE_MS,
  );
  const patience = new AbortController();
  const late = sleep(PATIENCE_MS, null, { signal: patience.signal }).catch(() => null);
  try {
    const outcome = await Promise.race([drainAndForget(deps, erasure, removed, patience.signal), late]);
    if (outcome !== null) return { userId: wish.userId, ...outcome };
  } catch (error) {
    deps.logger.warn({ err: error, erasureId: erasure.id }, 'A user could not be forgotten yet; trying again.');
  } finally {
    patience.abort();
  }
  return { userId: wish.userId, complete: false, removed, remaining: nothing };
}

/**
 * Again until a count finds nothing left, or the caller has gone. Both stores hold copies of the same rows, taken out
 * of each in any number of rounds: what was removed is what either has lost in all.
 */
async function drainAndForget(
  deps: EraseUserDeps,
  first: Erasure,
  removedFirst: UserRows,
  gaveUp: AbortSignal,
): Promise<Omit<ErasureResult, 'userId'> | null> {
  let [erasure, here, there] = [first, removedFirst, nothing];
  while (!gaveUp.aborted) {
    deps.wakeRelay();
    while (!gaveUp.aborted && !(await deps.erasures.isDrained(erasure))) await sleep(POLL_MS);
    if (gaveUp.aborted) return null;
    const outcome = await forget(deps, erasure);
    there = sum(there, outcome.removed);
    if (outcome.complete) return { ...outcome, removed: larger(here, there) };
    await sleep(POLL_MS);
    const swept = await deps.erasures.sweep(erasure);
    erasure = swept.erasure;
    here = sum(here, swept.removed);
  }
  return null;
}

/** Only once no batch under way can bring anything back. It is finished where a count finds nothing left. */
async function forget(deps: EraseUserDeps, erasure: Erasure): Promise<Omit<ErasureResult, 'userId'>> {
  const retrieverIds = await deps.erasures.retrieverIds(erasure);
  const { removed, remaining: there, contexts } = await deps.userLog.forget(erasure, retrieverIds);
  for (const retrieverId of retrieverIds) {
    const own = contexts.filter((known) => known.retrieverId === retrieverId).map(({ context }) => context);
    // what this was interrupted in may have deleted some already, and cannot name them any more
    deps.forgotten(retrieverId, [...own, { level: 'PERSONAL', key: erasure.userId }]);
  }
  const remaining = sum(await deps.erasures.remaining(erasure), there);
  const complete = Object.values(remaining).every((count) => count === 0);
  if (complete) await deps.erasures.finish(erasure.id);
  return { complete, removed, remaining };
}

function larger(one: UserRows, other: UserRows): UserRows {
  return {
    interactions: Math.max(one.interactions, other.interactions),
    executions: Math.max(one.executions, other.executions),
    posteriors: Math.max(one.posteriors, other.posteriors),
  };
}

function sum(one: UserRows, other: UserRows): UserRows {
  return {
    interactions: one.interactions + other.interactions,
    executions: one.executions + other.executions,
    posteriors: one.posteriors + other.posteriors,
  };
}
