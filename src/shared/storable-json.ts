const MAX_DEPTH = 32;

/** What Postgres holds neither as text nor in jsonb: NUL, and half a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Of a value that `holdsUnstorable`, as the end of a sentence. */
export const unstorableCharacters = 'holds a NUL character or half a surrogate pair, which cannot be stored; remove it';

/** What keeps a JSON value from being stored as jsonb, as the end of a sentence; null: nothing. */
export function unstorable(value: unknown, maxBytes: number): string | null {
  if (isDeeperThan(value, MAX_DEPTH)) return `is nested deeper than ${MAX_DEPTH} levels; flatten it`;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > maxBytes) return `has ${bytes} bytes as JSON; at most ${maxBytes} are taken`;
  return holdsUnstorable(value) ? unstorableCharacters : null;
}

/** In the text, or in any text or key of the JSON value, whose depth was checked before. */
export function holdsUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return UNSTORABLE.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => UNSTORABLE.test(key) || holdsUnstorable(item));
}

export function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeperThan(item, depth - 1));
}
