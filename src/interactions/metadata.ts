import { ValidationError } from '../shared/errors.ts';
import { holdsUnstorable } from '../shared/storable-json.ts';

const MAX_BYTES = 16 * 1024;
const MAX_DEPTH = 32;

/**
 * An event's metadata: a JSON object of at most 16 kB, at most 32 levels deep, that Postgres and ClickHouse can both hold.
 * `durationMs`, where present, is what DWELL_TIME is scaled by, and `depth` how far down the list SCROLL_DEPTH says that a
 * person came: 0 to 1, the share of the list that was on the screen at some time.
 * @throws ValidationError INVALID_METADATA
 */
export function checkMetadata(
  metadata: Record<string, unknown> | null,
  path: readonly (string | number)[],
): Record<string, unknown> {
  if (metadata === null) return {};
  const problem = isPlainObject(metadata) ? (faultIn(metadata, 1) ?? sizeFault(metadata)) : 'must be a JSON object';
  if (problem !== null) throw new ValidationError(`metadata ${problem}.`, 'INVALID_METADATA', path);

  const { durationMs, depth } = metadata;
  if (durationMs !== undefined && !(typeof durationMs === 'number' && durationMs >= 0)) {
    throw new ValidationError('metadata.durationMs must be a number of milliseconds from 0.', 'INVALID_METADATA', [
      ...path,
      'durationMs',
    ]);
  }
  if (depth !== undefined && !(typeof depth === 'number' && depth >= 0 && depth <= 1)) {
    throw new ValidationError(
      'metadata.depth must be a share from 0 to 1: divide a percentage by 100.',
      'INVALID_METADATA',
      [...path, 'depth'],
    );
  }
  return metadata;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultIn(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return holdsUnstorable(value) ? 'holds a NUL or half a surrogate pair: drop it' : null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'holds a number that is not finite';
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value !== 'object') return `holds a ${typeof value}, which JSON does not have`;
  if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels: flatten it`;

  const parts: unknown[] = Array.isArray(value) ? value : Object.entries(value).flat();
  for (const part of parts) {
    const fault = faultIn(part, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}

function sizeFault(metadata: Record<string, unknown>): string | null {
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  return bytes <= MAX_BYTES ? null : `takes ${bytes} bytes as JSON, of ${MAX_BYTES} allowed: leave something out`;
}
