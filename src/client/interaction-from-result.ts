import { AttuneError } from './attune-error.ts';
import type { Interaction, InteractionType, SearchResult } from './types.ts';

/**
 * What was done with the hit at a position of a result, ready for `track`.
 * @param position from 0
 * @throws AttuneError POSITION_NOT_SHOWN
 */
export function interactionFromResult(
  result: Pick<SearchResult, 'executionId'> & { hits: readonly { position: number; documentId: string }[] },
  position: number,
  types: readonly InteractionType[] = ['CLICK'],
): Interaction & { executionId: string; documentId: string; position: number } {
  const hit = result.hits.find((shown) => shown.position === position);
  if (hit === undefined) {
    const shown = `the result has ${result.hits.length} hits, counted from 0`;
    throw new AttuneError(`There is no hit at position ${position}: ${shown}.`, 'POSITION_NOT_SHOWN', {
      path: ['position'],
    });
  }
  return { executionId: result.executionId, documentId: hit.documentId, position, interactionTypes: [...types] };
}
