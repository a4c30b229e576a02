import { fieldNameFault } from '../collections/document-field.ts';
import { ValidationError } from '../shared/errors.ts';
import { holdsUnstorable } from '../shared/storable-json.ts';
import type { ComparisonOperator, Filter, FilterValue } from './filter.ts';

const MAX_DEPTH = 10;
const MAX_CONDITIONS = 100;
const MAX_LIST_LENGTH = 1000;
const MAX_STRING_LENGTH = 1000;

const OPERATORS: readonly ComparisonOperator[] = [
  'eq',
  'ne',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'nin',
  'contains',
  'exists',
];

type Path = readonly (string | number)[];
type JsonObject = Record<string, unknown>;

interface Progress {
  depth: number;
  /** Shared by the whole filter. */
  count: { conditions: number };
}

/**
 * Reads a filter in either notation: the canonical `{ field, operator, value }`, and the shorthand
 * `{ price: { gte: 10, lt: 50 }, category: "tents", colour: ["red", "blue"] }`, in which a bare value means `eq`, a list
 * means `in` and several conditions must all hold. Both nest under `AND`, `OR` (lists) and `NOT` (a filter, or a list of
 * which none may hold), in either case of letters. `{}` lets everything pass.
 * @throws ValidationError INVALID_FILTER whose path starts with `path`.
 */
export function parseFilter(json: unknown, path: Path): Filter {
  return parseNode(json, path, { depth: 1, count: { conditions: 0 } });
}

function parseNode(json: unknown, path: Path, progress: Progress): Filter {
  const node = requireObject(json, path);
  if (progress.depth > MAX_DEPTH) throw invalid(path, `is nested deeper than ${MAX_DEPTH} levels; flatten it`);
  if (Object.hasOwn(node, 'field') && Object.hasOwn(node, 'operator')) return parseLeaf(node, path, progress);
  return allOf(Object.entries(node).map(([key, value]) => parseEntry(key, value, [...path, key], progress)));
}

function parseEntry(key: string, value: unknown, path: Path, progress: Progress): Filter {
  switch (key.toUpperCase()) {
    case 'AND':
      return allOf(parseList(value, path, progress));
    case 'OR':
      return anyOf(parseList(value, path, progress));
    case 'NOT':
      return {
        kind: 'not',
        operand: anyOf(
          Array.isArray(value) ? parseList(value, path, progress) : [parseNode(value, path, deeper(progress))],
        ),
      };
    default:
      return parseShorthand(key, value, path, progress);
  }
}

function parseList(value: unknown, path: Path, progress: Progress): Filter[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid(path, 'must be a list of at least one filter');
  return value.map((item: unknown, index) => parseNode(item, [...path, index], deeper(progress)));
}

function parseLeaf(node: JsonObject, path: Path, progress: Progress): Filter {
  const stranger = Object.keys(node).find((key) => !['field', 'operator', 'value'].includes(key));
  if (stranger !== undefined) throw invalid([...path, stranger], 'is not one of field, operator and value');
  const operator = parseOperator(node['operator'], [...path, 'operator']);
  const value = operator === 'exists' && !Object.hasOwn(node, 'value') ? true : node['value'];
  return parseComparison(node['field'], operator, value, [...path, 'field'], [...path, 'value'], progress);
}

function parseShorthand(field: string, value: unknown, path: Path, progress: Progress): Filter {
  if (Array.isArray(value)) return parseComparison(field, 'in', value, path, path, progress);
  if (typeof value !== 'object' || value === null) return parseComparison(field, 'eq', value, path, path, progress);
  const conditions = Object.entries(value);
  if (conditions.length === 0) throw invalid(path, 'names no operator: write { "lt": 50 }, say, or a bare value');
  return allOf(
    conditions.map(([name, operand]) => {
      const operandPath = [...path, name];
      return parseComparison(field, parseOperator(name, operandPath), operand, path, operandPath, progress);
    }),
  );
}

function parseComparison(
  field: unknown,
  operator: ComparisonOperator,
  value: unknown,
  fieldPath: Path,
  valuePath: Path,
  progress: Progress,
): Filter {
  progress.count.conditions += 1;
  if (progress.count.conditions > MAX_CONDITIONS)
    throw invalid(
      fieldPath,
      `is condition ${MAX_CONDITIONS + 1}; ${MAX_CONDITIONS} are allowed, and "in" takes a list`,
    );
  const fault = fieldNameFault(field);
  if (fault !== null) throw invalid(fieldPath, fault);
  return { kind: 'comparison', field: field as string, operator, value: checkValue(operator, value, valuePath) };
}

function parseOperator(json: unknown, path: Path): ComparisonOperator {
  const operator = OPERATORS.find((known) => typeof json === 'string' && json.toLowerCase() === known);
  if (operator === undefined) throw invalid(path, `is not an operator; those are ${OPERATORS.join(', ')}`);
  return operator;
}

function checkValue(operator: ComparisonOperator, value: unknown, path: Path): FilterValue {
  switch (operator) {
    case 'eq':
    case 'ne':
      return checkScalar(value, path);
    case 'in':
    case 'nin':
      if (!Array.isArray(value) || value.length > MAX_LIST_LENGTH)
        throw invalid(path, `must be a list of at most ${MAX_LIST_LENGTH} values`);
      return value.map((item: unknown, index) => checkScalar(item, [...path, index]));
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      if (typeof value !== 'number' && typeof value !== 'string')
        throw invalid(path, `must be a number or a string to be compared by "${operator}"`);
      return checkScalar(value, path);
    case 'contains':
      if (value === null) throw invalid(path, 'must be a string, a number or a boolean; "exists" asks for null');
      return checkScalar(value, path);
    case 'exists':
      if (typeof value !== 'boolean') throw invalid(path, 'must be true or false');
      return value;
  }
}

function checkScalar(value: unknown, path: Path): FilterValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'string')
    throw invalid(path, 'must be a string, a finite number, a boolean or null; lists go with "in" and "nin"');
  if (value.length > MAX_STRING_LENGTH) throw invalid(path, `is longer than ${MAX_STRING_LENGTH} characters`);
  if (holdsUnstorable(value))
    throw invalid(path, 'holds a character that no stored text can hold (NUL or half a surrogate pair)');
  return value;
}

function requireObject(json: unknown, path: Path): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw invalid(
    path,
    'must be an object such as { "field": "price", "operator": "lt", "value": 50 } or { "price": { "lt": 50 } }',
  );
}

function deeper(progress: Progress): Progress {
  return { ...progress, depth: progress.depth + 1 };
}

function allOf(operands: readonly Filter[]): Filter {
  return operands.length === 1 && operands[0] ? operands[0] : { kind: 'and', operands };
}

function anyOf(operands: readonly Filter[]): Filter {
  return operands.length === 1 && operands[0] ? operands[0] : { kind: 'or', operands };
}

function invalid(path: Path, fault: string): ValidationError {
  return new ValidationError(`The filter at ${path.join('.')} ${fault}.`, 'INVALID_FILTER', path);
}
