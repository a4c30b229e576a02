import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../shared/clock.ts';
import { UnavailableError } from '../shared/errors.ts';
import { issuedAt, type ExecutionIds } from './execution-id.ts';
import type { ExecutionRecorder } from './execution-recorder.ts';
import type { ShowingQuery } from './execution-store.ts';
import type { Execution } from './execution.ts';

/** An id older than this is in the store or nowhere. */
const YOUNG_MS = 10_000;
const RETRY_AFTER_MS = [20, 40, 80, 160, 320, 380];
const WRITE_WAIT_MS = 1_000;

export interface FindExecutionDependencies {
  executions: ExecutionRecorder;
  executionIds: ExecutionIds;
  clock: Clock;
}

/**
 * The executions that feedback refers to, by id, each of them written: what refers to one must not get ahead of it.
 * A search that another instance answered just now may not be written yet, so young ids are looked for up to a second.
 * @throws when this instance cannot write them within a second
 */
export async function findExecutions(
  deps: FindExecutionDependencies,
  namespaceId: string,
  ids: readonly string[],
): Promise<Map<string, Execution>> {
  const genuine = [...new Set(ids)].filter((id) => deps.executionIds.verify(namespaceId, id) === 'valid');
  const found = new Map<string, Execution>();
  const lookUp = async (wanted: readonly string[]) => {
    if (wanted.length === 0) return;
    for (const execution of await deps.executions.find(namespaceId, wanted)) found.set(execution.id, execution);
  };
  await lookUp(genuine);
  await withinWait(deps.executions.written([...found.keys()]));
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
  deps: Pick<FindExecutionDependencies, 'executions'>,
  query: ShowingQuery,
): Promise<Execution | null> {
  const execution = await deps.executions.lastShowing(query);
  if (execution !== null) await withinWait(deps.executions.written([execution.id]));
  return execution;
}

async function withinWait(writing: Promise<void>): Promise<void> {
  const abort = new AbortController();
  const late = sleep(WRITE_WAIT_MS, 'late', { signal: abort.signal }).catch(() => 'stopped');
  try {
    const outcome = await Promise.race([writing, late]);
    if (outcome === 'late') throw new UnavailableError('Postgres', 'The execution could not be written in time.');
  } finally {
    abort.abort();
  }
}
