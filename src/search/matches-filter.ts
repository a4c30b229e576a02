import type { Document } from '../collections/collection.ts';
import { documentField } from '../collections/document-field.ts';
import type { ComparisonOperator, Filter, FilterValue } from './filter.ts';
import { substringPattern } from './filter-substring.ts';

/** Whether a document passes. The same question put to the database (filter-sql.postgres.ts) has the same answer. */
export function matchesFilter(filter: Filter, document: Document): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.operands.every((operand) => matchesFilter(operand, document));
    case 'or':
      return filter.operands.some((operand) => matchesFilter(operand, document));
    case 'not':
      return !matchesFilter(filter.operand, document);
    case 'comparison':
      return compare(documentField(document, filter.field), filter.operator, filter.value);
  }
}

function compare(actual: unknown, operator: ComparisonOperator, value: FilterValue): boolean {
  switch (operator) {
    case 'eq':
      return equals(actual, value);
    case 'ne':
      return !equals(actual, value);
    case 'in':
      return isAnyOf(actual, value);
    case 'nin':
      return !isAnyOf(actual, value);
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return ordered(actual, operator, value);
    case 'contains':
      return contains(actual, value);
    case 'exists':
      return (actual !== null) === value;
  }
}

function equals(actual: unknown, value: FilterValue): boolean {
  if (actual === value) return true;
  return value !== null && Array.isArray(actual) && actual.includes(value);
}

function isAnyOf(actual: unknown, values: FilterValue): boolean {
  return Array.isArray(values) && values.some((value: FilterValue) => equals(actual, value));
}

function contains(actual: unknown, value: FilterValue): boolean {
  if (Array.isArray(actual)) return actual.includes(value);
  return (
    typeof actual === 'string' && typeof value === 'string' && new RegExp(substringPattern(value), 'u').test(actual)
  );
}

function ordered(actual: unknown, operator: 'gt' | 'gte' | 'lt' | 'lte', value: FilterValue): boolean {
  let order: number;
  if (typeof actual === 'number' && typeof value === 'number') order = actual - value;
  else if (typeof actual === 'string' && typeof value === 'string') order = compareCodePoints(actual, value);
  else return false;
  switch (operator) {
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
  }
}

/** The order of the "C" collation; JavaScript's own compares UTF-16 units, which puts U+FFFF after U+10000. */
function compareCodePoints(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
