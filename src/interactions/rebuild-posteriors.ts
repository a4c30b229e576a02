import { setTimeout as sleep } from 'node:timers/promises';
import { findRetriever } from '../retrievers/find-retriever.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Clock } from '../shared/clock.ts';
import type { Rebuild, RebuildStore } from './rebuild-store.ts';
import { REBUILD_LEASE_MS, type RebuildWorker } from './rebuild-worker.ts';

export interface RebuildPosteriorsDeps {
  retrievers: Pick<RetrieverStore, 'get'>;
  rebuilds: Pick<RebuildStore, 'begin' | 'get'>;
  worker: Pick<RebuildWorker, 'goOn'>;
  clock: Clock;
}

export interface RebuildResult {
  /** Searches and interactions that were attributed again so far. */
  executions: number;
  interactions: number;
  /** False where there is a lot, or ClickHouse is away: it goes on by itself, and repeating the call tells how far it is. */
  complete: boolean;
}

/** How long a caller waits for the end of it. */
const PATIENCE_MS = 8_000;
const POLL_MS = 20;

/**
 * Attributes everything that people have done at a retriever again, with its learning config as it is now: another
 * reward map, credit rule or half-life is applied to the past, and what a fault has left in the posteriors is gone.
 * Every execution keeps the features of the version that ran.
 *
 * Nothing is paused and nothing counts twice. Posteriors are kept in generations. From the beginning of a rebuild every
 * credit goes into the next generation, and an execution that was credited to the one before brings all it has earned
 * instead of the difference: its row in Postgres, locked meanwhile, says to which generation it was credited. The
 * executions in Postgres that no new feedback moves by itself are credited in the same way, and after them those that
 * only ClickHouse has, which take no feedback any more; sweeping old ones out of Postgres rests meanwhile. Each page is
 * one transaction, of its batch for the outbox and of how far the rebuild is, so that it can break off anywhere. Searches
 * read the old generation until all batches of the new one are in; then one row makes it the one that is read, and the
 * old one is deleted. What is learned meanwhile shows from then on.
 *
 * While one is under way another call joins it, or begins anew where the definition has changed since. Users who have
 * reset their preferences keep only what they have learned since; contexts that lay idle too long stay forgotten.
 * @throws NotFoundError RETRIEVER_NOT_FOUND
 */
export async function rebuildPosteriors(
  { retrievers, rebuilds, worker, clock }: RebuildPosteriorsDeps,
  namespaceId: string,
  { retrieverId }: { retrieverId: string },
): Promise<RebuildResult> {
  const retriever = await findRetriever(retrievers, namespaceId, retrieverId, ['input', 'retrieverId']);
  const begun = await rebuilds.begin(retriever.id, retriever.version, clock.now() + REBUILD_LEASE_MS);
  const abort = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: abort.signal }).catch(() => undefined);
  const working = begun.isMine ? worker.goOn(begun.rebuild) : endOf(rebuilds, begun.rebuild, abort.signal);
  await Promise.race([working, late]).finally(() => abort.abort());
  const { executions, interactions, progress } = (await rebuilds.get(retriever.id)) ?? begun.rebuild;
  return { executions, interactions, complete: progress === null };
}

async function endOf(
  rebuilds: Pick<RebuildStore, 'get'>,
  { retrieverId }: Rebuild,
  gaveUp: AbortSignal,
): Promise<void> {
  while (!gaveUp.aborted && (await rebuilds.get(retrieverId))?.progress !== null) await sleep(POLL_MS);
}
