import { ValidationError } from '../shared/errors.ts';
import { isUuid } from '../shared/uuid.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';

export interface ReplayDeadLettersDeps {
  deadLetters: Pick<DeadLetterStore, 'replay'>;
  wakeRelay: () => void;
}

/**
 * Sends batches that were put aside once more, once what ClickHouse had against them is mended; what it has of them
 * already is not sent again. One that it still refuses is put aside again.
 * @param ids null: all
 * @returns the ids of those that were there
 * @throws ValidationError INVALID_ID
 */
export async function replayDeadLetters(
  { deadLetters, wakeRelay }: ReplayDeadLettersDeps,
  ids: readonly string[] | null,
): Promise<string[]> {
  const wrong = ids?.findIndex((id) => !isUuid(id)) ?? -1;
  if (wrong !== -1) {
    throw new ValidationError(`ids[${wrong}] is no id of a dead letter; take it from deadLetters.`, 'INVALID_ID', [
      'input',
      'ids',
      wrong,
    ]);
  }
  const replayed = await deadLetters.replay(ids);
  if (replayed.length > 0) wakeRelay();
  return replayed;
}
