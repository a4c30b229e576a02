import type { ContextValues } from '../learning/context.ts';
import { ValidationError } from '../shared/errors.ts';
import { holdsUnstorable, unstorable } from '../shared/storable-json.ts';
import type { SearchInput } from './search-input.ts';

const MAX_INPUTS_BYTES = 64_000;
const MAX_SEED_LENGTH = 64;
const MAX_NAME_LENGTH = 256;
const MAX_LIMIT = 100;

/** Who a search is for; each null where the caller does not say. */
export interface Searcher {
  userId: string | null;
  sessionId: string | null;
  segment: string | null;
}

/**
 * Checks everything of a search that does not depend on its retriever, and says who it is for.
 * @throws ValidationError INVALID_INPUTS, INVALID_SEED, INVALID_LIMIT, INVALID_USER_ID, …
 */
export function checkSearchInput(input: SearchInput): Searcher {
  const inputs: unknown = input.inputs;
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
    throw invalid('inputs must be a JSON object such as { "query": "tent" }.', 'INVALID_INPUTS', 'inputs');
  }
  const fault = unstorable(inputs, MAX_INPUTS_BYTES);
  if (fault !== null) throw invalid(`inputs ${fault}.`, 'INVALID_INPUTS', 'inputs');
  if (input.seed !== null && (input.seed === '' || isUnfit(input.seed, MAX_SEED_LENGTH))) {
    throw invalid(`seed must be a text of 1 to ${MAX_SEED_LENGTH} characters.`, 'INVALID_SEED', 'seed');
  }
  const { limit } = input;
  if (limit !== null && !(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT)) {
    throw invalid(`limit must be a whole number from 1 to ${MAX_LIMIT}, not ${limit}.`, 'INVALID_LIMIT', 'limit');
  }
  return {
    userId: searcherField(input, 'userId', 'user_id'),
    sessionId: searcherField(input, 'sessionId', 'session_id'),
    segment: searcherField(input, 'segment', 'segment'),
  };
}

/** @throws ValidationError INVALID_INPUT for a context value too long to name a context by */
export function checkContextValues(values: ContextValues): ContextValues {
  for (const [name, value] of Object.entries(values)) {
    if (value.length <= MAX_NAME_LENGTH) continue;
    throw new ValidationError(
      `The input "${name}" names the context that weights are learned for: at most ${MAX_NAME_LENGTH} characters are taken.`,
      'INVALID_INPUT',
      ['input', 'inputs', name],
    );
  }
  return values;
}

/** A field of the search, else the input of that meaning; an empty one says nothing. */
function searcherField(input: SearchInput, field: keyof Searcher, inputName: string): string | null {
  const fromInputs = Object.hasOwn(input.inputs, inputName) ? input.inputs[inputName] : null;
  const value = input[field] ?? (typeof fromInputs === 'number' ? String(fromInputs) : fromInputs);
  if (typeof value !== 'string' || value === '') return null;
  if (!isUnfit(value, MAX_NAME_LENGTH)) return value;
  throw new ValidationError(
    `${field} must have at most ${MAX_NAME_LENGTH} characters, and no NUL or half surrogate pair.`,
    `INVALID_${field.replace('Id', '_id').toUpperCase()}`,
    input[field] === null ? ['input', 'inputs', inputName] : ['input', field],
  );
}

function isUnfit(text: string, maxLength: number): boolean {
  return text.length > maxLength || holdsUnstorable(text);
}

function invalid(message: string, code: string, field: string): ValidationError {
  return new ValidationError(message, code, ['input', field]);
}
