import { createHash } from 'node:crypto';

const MAX_LENGTH = 400;

/**
 * A name for a query that has none: its inputs, the same in whatever order their fields come. Inputs longer than a name
 * should be are named by their hash.
 */
export function queryKey(inputs: Readonly<Record<string, unknown>>): string {
  const key = JSON.stringify(ordered(inputs));
  return key.length <= MAX_LENGTH ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, item]) => [name, ordered(item)]));
}
