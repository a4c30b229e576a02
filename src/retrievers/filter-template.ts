import type { Filter } from '../search/filter.ts';
import { parseFilter } from '../search/parse-filter.ts';
import { ValidationError } from '../shared/errors.ts';
import type { Template } from './retriever.ts';
import { onlyReference, renderTemplate, type InputLookup } from './template.ts';

type Path = readonly (string | number)[];

/**
 * Checks a filter whose values may be placeholders. A filter that is one placeholder as a whole is left to the search.
 * @throws ValidationError INVALID_FILTER, INVALID_TEMPLATE
 */
export function checkFilterTemplate(template: Template, path: Path): void {
  if (onlyReference(template) === null) parseFilter(withStandIns(template, 'eq'), path);
}

/**
 * The filter for one search. A placeholder stands for a value or a list of values, never for a condition: else whoever
 * sends the inputs could put `{ "ne": "" }` where a value was meant. Only a filter that is one placeholder as a whole is
 * the caller's to write.
 * @throws ValidationError INVALID_FILTER, naming the input at fault
 */
export function renderFilter(template: Template, lookup: InputLookup): Filter {
  const whole = onlyReference(template);
  if (whole !== null) return parseFilter(lookup(whole), inputPath(whole));
  const rendered = renderTemplate(template, (reference) => plainValue(reference, lookup(reference)));
  try {
    return parseFilter(rendered, []);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const reference = referenceAt(template, error.path);
    if (reference === null) throw error;
    throw new ValidationError(
      `The input "${reference}" does not fit where the retriever filters by it: ${error.message}`,
      error.code,
      inputPath(reference),
    );
  }
}

function plainValue(reference: string, value: unknown): unknown {
  const values = Array.isArray(value) ? value : [value];
  if (values.every((item) => typeof item !== 'object' || item === null)) return value;
  throw new ValidationError(
    `The input "${reference}" is a value that the retriever filters by: send a text, a number, a boolean or a list of those.`,
    'INVALID_FILTER',
    inputPath(reference),
  );
}

/** The template with a value that fits its operator in place of each placeholder. */
function withStandIns(template: Template, operator: string): unknown {
  if (onlyReference(template) !== null) return standIn(operator.toLowerCase());
  if (Array.isArray(template)) return template.map((item: Template) => withStandIns(item, 'eq'));
  if (typeof template !== 'object' || template === null) return template;
  const declared = 'operator' in template && typeof template.operator === 'string' ? template.operator : 'eq';
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [key, withStandIns(value, key === 'value' ? declared : key)]),
  );
}

function standIn(operator: string): unknown {
  if (operator === 'in' || operator === 'nin') return [];
  return operator === 'exists' ? true : 'value';
}

/** The placeholder on the way to where a rendered filter went wrong; null where the template itself is at fault. */
function referenceAt(template: Template, path: readonly string[]): string | null {
  let node: unknown = template;
  for (const key of path) {
    const reference = onlyReference(node);
    if (reference !== null) return reference;
    if (typeof node !== 'object' || node === null) return null;
    node = (node as Record<string, unknown>)[key];
  }
  return onlyReference(node);
}

function inputPath(reference: string): Path {
  return ['input', 'inputs', ...reference.split('.')];
}
