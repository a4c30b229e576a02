import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../shared/clock.ts';
import { UnavailableError } from '../shared/errors.ts';
import { issuedAt, type ExecutionIds } from './execution-id.ts';
import type { ExecutionRecorder } from './execution-recorder.ts';
import type { ShowingQuery } from './execution-store.ts';
import type { Showing } from './showing.ts';

/** An id older than this is in the store or nowhere. */
const YOUNG_MS = 10_000;
const RETRY_AFTER_MS = [20, 40, 80, 160, 320, 380];
const WRITE_WAIT_MS = 1_000;

export interface FindShowingsDeps {
  executions: ExecutionRecorder;
  executionIds: ExecutionIds;
  clock: Clock;
}

/**
 * What the executions showed that feedback refers to, by id, each of them written: what refers to one must not get ahead of it.
 * A search that another instance answered just now may not be written yet, so young ids are looked for up to a second.
 * @throws when this instance cannot write them within a second
 */
export async function findShowings(
  deps: FindShowingsDeps,
  namespaceId: string,
  ids: readonly string[],
): Promise<Map<string, Showing>> {
  const genuine = [...new Set(ids)].filter((id) => deps.executionIds.verify(namespaceId, id) === 'valid');
  const found = new Map<string, Showing>();
  const lookUp = async (wanted: readonly string[]) => {
    if (wanted.length === 0) return;
    for (const showing of await deps.executions.shown(namespaceId, wanted)) found.set(showing.id, showing);
  };
  await lookUp(genuine);
  await writtenInTime(deps, [...found.keys()]);
  for (const waitMs of RETRY_AFTER_MS) {
    const missing = genuine.filter((id) => !found.has(id) && deps.clock.now() - issuedAt(id) < YOUNG_MS);
    if (missing.length === 0) break;
    await sleep(waitMs);
    await lookUp(missing);
  }
  return found;
}

/** See ExecutionStore.lastShowing; the execution is written. @throws when this instance cannot write it within a second */
export async function findLastShowing(
  deps: Pick<FindShowingsDeps, 'executions'>,
  query: ShowingQuery,
): Promise<Showing | null> {
  const showing = await deps.executions.lastShowing(query);
  if (showing !== null) await writtenInTime(deps, [showing.id]);
  return showing;
}

async function writtenInTime({ executions }: Pick<FindShowingsDeps, 'executions'>, ids: readonly string[]) {
  if (executions.isWritten(ids)) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new UnavailableError('Postgres', 'The execution could not be written in time.'));
    timer = setTimeout(giveUp, WRITE_WAIT_MS);
  });
  try {
    await Promise.race([executions.written(ids), late]);
  } finally {
    clearTimeout(timer);
  }
}
