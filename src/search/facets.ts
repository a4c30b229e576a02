import type { Document } from '../collections/collection.ts';
import { documentField } from '../collections/document-field.ts';
import type { Facets } from './execution.ts';

const MAX_VALUES = 100;
const MAX_VALUE_LENGTH = 256;

/**
 * Counts, for each field, how many of the documents have each value: the 100 most frequent ones, ties by value. A list
 * counts once for each of its values; objects, long texts and absent values are not counted.
 */
export function countFacets(documents: readonly Document[], fields: readonly string[]): Facets {
  return Object.fromEntries(fields.map((field) => [field, countValues(documents, field)]));
}

function countValues(documents: readonly Document[], field: string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const document of documents) {
    const value = documentField(document, field);
    const labels: unknown[] = Array.isArray(value) ? value : [value];
    for (const label of new Set(labels.flatMap(labelOf))) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const mostFrequent = [...counts].sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1));
  return Object.fromEntries(mostFrequent.slice(0, MAX_VALUES));
}

function labelOf(value: unknown): string[] {
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  return typeof value === 'string' && value.length <= MAX_VALUE_LENGTH ? [value] : [];
}
