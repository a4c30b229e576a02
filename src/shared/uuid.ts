const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a string is a UUID in its usual form: what is not can name nothing stored, and never reaches a database's cast. */
export function isUuid(value: string): boolean {
  return pattern.test(value);
}

/** The lowest UUIDv7 of a millisecond since the epoch: ids sort by time. */
export function firstUuidAt(at: number): string {
  const hex = Math.max(0, Math.trunc(at)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
