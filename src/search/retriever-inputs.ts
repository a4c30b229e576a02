import { callerInputs } from '../retrievers/check-definition.ts';
import { describeInputs, misfit, parseInputSchema, type InputSchema } from '../retrievers/input-schema.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { inputNameOf, templateReferences, type InputLookup } from '../retrievers/template.ts';
import { ValidationError } from '../shared/errors.ts';
import type { Searcher } from './check-search-input.ts';

/** The inputs of one search, as the retriever's templates see them. */
export interface RetrieverInputs {
  /** @throws ValidationError MISSING_INPUT */
  lookup: InputLookup;
  /** Whether the input is one that a search may come without, and this one does. */
  isLeftOut(reference: string): boolean;
}

/**
 * Checks the inputs against the retriever's schema and fills in its defaults.
 * @throws ValidationError INVALID_INPUT, MISSING_INPUT
 */
export function retrieverInputs(
  retriever: Retriever,
  inputs: Readonly<Record<string, unknown>>,
  searcher: Searcher,
): RetrieverInputs {
  const schema = parseInputSchema(retriever.inputSchema, ['retriever', 'inputSchema']);
  const values = new Map<string, unknown>([
    ['user_id', searcher.userId],
    ['session_id', searcher.sessionId],
    ['segment', searcher.segment],
  ]);
  for (const [name, value] of Object.entries(inputs)) if (isPresent(value)) values.set(name, value);

  const missing = (reference: string) =>
    new ValidationError(
      `The input "${reference}" is missing: send it in inputs. The retriever's inputs are: ${inputsInWords(retriever, schema)}.`,
      'MISSING_INPUT',
      ['input', 'inputs', ...reference.split('.')],
    );
  for (const [name, spec] of schema ?? []) {
    const given = values.get(name);
    if (!isPresent(given)) {
      if (spec.default !== undefined) values.set(name, spec.default);
      else if (spec.required === true) throw missing(name);
      continue;
    }
    const problem = misfit(spec, given);
    if (problem !== null) {
      throw new ValidationError(`The input "${name}" ${problem}.`, 'INVALID_INPUT', ['input', 'inputs', name]);
    }
  }
  const find = (reference: string) => reference.split('.').reduce<unknown>(descend, values);
  return {
    lookup(reference) {
      const value = find(reference);
      if (!isPresent(value)) throw missing(reference);
      return value;
    },
    isLeftOut: (reference) => schema?.get(inputNameOf(reference))?.required === false && !isPresent(find(reference)),
  };
}

function descend(container: unknown, key: string): unknown {
  if (container instanceof Map) return container.get(key) as unknown;
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, key)) return undefined;
  return (container as Record<string, unknown>)[key];
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}

/** By the schema; without one, what the templates use. */
function inputsInWords(retriever: Retriever, schema: InputSchema | null): string {
  if (schema !== null) return describeInputs(schema);
  const names = templateReferences(retriever.stages, []).map(inputNameOf);
  return [...new Set(names)].filter((name) => !callerInputs.includes(name)).join(', ');
}
