import { ValidationError } from '../shared/errors.ts';
import { holdsUnstorable } from '../shared/storable-json.ts';
import { isUuid } from '../shared/uuid.ts';
import type { InteractionInput } from './interaction-input.ts';
import { interactionTypes, isAboutTheList, type InteractionType } from './interaction.ts';
import { checkMetadata } from './metadata.ts';

/** Where the input stands in the request, for error paths: ['input'] or ['input', 'interactions', 3]. */
export type InputPath = readonly (string | number)[];

/** An input that is sound in itself; what it refers to is still to be looked up. */
export interface CheckedInteraction extends InteractionInput {
  metadata: Record<string, unknown>;
  occurredAt: number;
  receivedAt: number;
  path: InputPath;
}

/** Client clocks go wrong by so much before an event's time is refused; within it, the time is moved to the nearest possible one. */
export const CLOCK_SKEW_MS = 5 * 60_000;

const MAX_ID_LENGTH = 512;
const MAX_KEY_LENGTH = 200;
const MAX_POSITION = 2 ** 31 - 1;

/** @throws ValidationError naming the field at fault and the remedy */
export function checkInteraction(input: InteractionInput, path: InputPath, now: number): CheckedInteraction {
  const types = checkTypes(input.interactionTypes, path);
  checkText(input.documentId, 'documentId', 'INVALID_DOCUMENT_ID', MAX_ID_LENGTH, path);
  checkText(input.userId, 'userId', 'INVALID_USER_ID', MAX_ID_LENGTH, path);
  checkText(input.sessionId, 'sessionId', 'INVALID_SESSION_ID', MAX_ID_LENGTH, path);
  checkText(input.idempotencyKey, 'idempotencyKey', 'INVALID_IDEMPOTENCY_KEY', MAX_KEY_LENGTH, path);
  checkPosition(input.position, path);
  if (input.retrieverId !== null && !isUuid(input.retrieverId)) {
    throw new ValidationError('retrieverId is not the id of a retriever.', 'INVALID_RETRIEVER_ID', [
      ...path,
      'retrieverId',
    ]);
  }
  checkReference(input, types, path);
  return {
    ...input,
    executionId: input.executionId?.toLowerCase() ?? null,
    retrieverId: input.retrieverId?.toLowerCase() ?? null,
    interactionTypes: types,
    metadata: checkMetadata(input.metadata, [...path, 'metadata']),
    occurredAt: checkTime(input.occurredAt, now, path),
    receivedAt: now,
    path,
  };
}

function checkTypes(types: readonly InteractionType[], path: InputPath): InteractionType[] {
  const at = [...path, 'interactionTypes'];
  if (types.length === 0) {
    throw new ValidationError(
      'interactionTypes is empty: name at least one type, or leave it out for CLICK.',
      'INVALID_INTERACTION_TYPES',
      at,
    );
  }
  const unknown = types.find((type) => !interactionTypes.includes(type));
  if (unknown !== undefined) {
    throw new ValidationError(
      `interactionTypes holds ${JSON.stringify(unknown).slice(0, 60)}; known are ${interactionTypes.join(', ')}.`,
      'INVALID_INTERACTION_TYPES',
      at,
    );
  }
  return [...new Set(types)];
}

function checkText(value: string | null, field: string, code: string, maxLength: number, path: InputPath): void {
  if (value === null || (value.length > 0 && value.length <= maxLength && !holdsUnstorable(value))) return;
  throw new ValidationError(
    `${field} must be 1 to ${maxLength} characters of valid Unicode without NUL; leave it out where there is none.`,
    code,
    [...path, field],
  );
}

function checkPosition(position: number | null, path: InputPath): void {
  if (position === null || (Number.isInteger(position) && position >= 0 && position <= MAX_POSITION)) return;
  throw new ValidationError('position must be a whole number from 0, the first hit being 0.', 'INVALID_POSITION', [
    ...path,
    'position',
  ]);
}

/** Enough to say what the event is about, before anything is looked up. */
function checkReference(input: InteractionInput, types: readonly InteractionType[], path: InputPath): void {
  const { executionId, documentId, position, userId, sessionId } = input;
  const aboutTheList = types.every(isAboutTheList);
  if (executionId === null && userId === null && sessionId === null) {
    throw new ValidationError(
      'Nothing says which search this is about: give executionId, or documentId with userId or sessionId.',
      'MISSING_REFERENCE',
      [...path, 'executionId'],
    );
  }
  if (aboutTheList || documentId !== null || (executionId !== null && position !== null)) return;
  const remedy = executionId === null ? 'documentId' : 'documentId or position';
  throw new ValidationError(`${types.join(', ')} is about one hit: give ${remedy}.`, 'MISSING_REFERENCE', [
    ...path,
    'documentId',
  ]);
}

function checkTime(occurredAt: number | null, now: number, path: InputPath): number {
  if (occurredAt === null) return now;
  if (!Number.isFinite(occurredAt) || occurredAt < 0 || occurredAt > now + CLOCK_SKEW_MS) {
    throw new ValidationError(
      'occurredAt must be a time that is not in the future; leave it out for now.',
      'INVALID_OCCURRED_AT',
      [...path, 'occurredAt'],
    );
  }
  return Math.min(Math.trunc(occurredAt), now);
}
