/** How values of different types are ordered among themselves. */
const TYPE_ORDER = ['number', 'string', 'boolean'];

/**
 * Orders hits by a field. Hits without a value, or with a list or an object, come last either way; ties keep their order.
 * Numbers come before texts, texts before booleans; false before true.
 * @param valueOf the field's value of a hit; null: none
 */
export function sortByAttribute<Hit>(
  hits: readonly Hit[],
  direction: 'ASC' | 'DESC',
  valueOf: (hit: Hit) => unknown,
): Hit[] {
  const valued: { hit: Hit; value: SortValue }[] = [];
  const unvalued: Hit[] = [];
  for (const hit of hits) {
    const value = valueOf(hit);
    if (isSortValue(value)) valued.push({ hit, value });
    else unvalued.push(hit);
  }
  const sign = direction === 'ASC' ? 1 : -1;
  valued.sort((a, b) => sign * compare(a.value, b.value));
  return [...valued.map(({ hit }) => hit), ...unvalued];
}

type SortValue = number | string | boolean;

function isSortValue(value: unknown): value is SortValue {
  return TYPE_ORDER.includes(typeof value);
}

function compare(a: SortValue, b: SortValue): number {
  if (typeof a !== typeof b) return TYPE_ORDER.indexOf(typeof a) - TYPE_ORDER.indexOf(typeof b);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
