import type { GroupBy } from '../retrievers/retriever.ts';

/**
 * Keeps the first `limit` hits of each value of the group's field, in their order. Hits without a value are in no group
 * and all stay.
 * @param valueOf the field's value of a hit; null: none
 */
export function keepBestOfGroups<Hit>(hits: readonly Hit[], groupBy: GroupBy, valueOf: (hit: Hit) => unknown): Hit[] {
  const kept = new Map<string, number>();
  return hits.filter((hit) => {
    const value = valueOf(hit);
    if (value === null) return true;
    const group = JSON.stringify(value);
    const count = (kept.get(group) ?? 0) + 1;
    kept.set(group, count);
    return count <= groupBy.limit;
  });
}
