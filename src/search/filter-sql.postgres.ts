import { fieldSource, type FieldSource } from '../collections/document-field.ts';
import type { SqlParameters } from './sql-parameters.postgres.ts';
import type { ComparisonOperator, Filter, FilterValue } from './filter.ts';
import { substringPattern } from './filter-substring.ts';

/**
 * A filter as a condition on the row `d` of `documents`: true or false, never null, and every value a parameter.
 * Equality is written as containment, which the GIN index on metadata answers. Agrees with matches-filter.ts.
 */
export function filterCondition(filter: Filter, parameters: SqlParameters): string {
  switch (filter.kind) {
    case 'and':
      return join(filter.operands, ' and ', 'true', parameters);
    case 'or':
      return join(filter.operands, ' or ', 'false', parameters);
    case 'not':
      return `not ${filterCondition(filter.operand, parameters)}`;
    case 'comparison':
      return `(${comparison(fieldSource(filter.field), filter.operator, filter.value, parameters)})`;
  }
}

function join(operands: readonly Filter[], conjunction: string, empty: string, parameters: SqlParameters): string {
  if (operands.length === 0) return empty;
  return `(${operands.map((operand) => filterCondition(operand, parameters)).join(conjunction)})`;
}

function comparison(
  source: FieldSource,
  operator: ComparisonOperator,
  value: FilterValue,
  parameters: SqlParameters,
): string {
  switch (operator) {
    case 'eq':
      return isAnyOf(source, [value], parameters);
    case 'ne':
      return `not (${isAnyOf(source, [value], parameters)})`;
    case 'in':
      return isAnyOf(source, asList(value), parameters);
    case 'nin':
      return `not (${isAnyOf(source, asList(value), parameters)})`;
    case 'gt':
      return ordered(source, '>', value, parameters);
    case 'gte':
      return ordered(source, '>=', value, parameters);
    case 'lt':
      return ordered(source, '<', value, parameters);
    case 'lte':
      return ordered(source, '<=', value, parameters);
    case 'contains':
      return contains(source, value, parameters);
    case 'exists':
      return value === true ? exists(source, parameters) : `not (${exists(source, parameters)})`;
  }
}

function isAnyOf(source: FieldSource, values: readonly FilterValue[], parameters: SqlParameters): string {
  const given = values.filter((value) => value !== null);
  const conditions = [];
  if (given.length > 0) conditions.push(equalsAny(source, given, parameters));
  if (given.length < values.length) conditions.push(`not (${exists(source, parameters)})`);
  return conditions.length === 0 ? 'false' : conditions.join(' or ');
}

function equalsAny(source: FieldSource, values: readonly FilterValue[], parameters: SqlParameters): string {
  if (source.kind !== 'metadata') {
    const texts = values.filter((value) => typeof value === 'string');
    return `coalesce(${column(source)} = any(${parameters.add(texts)}::text[]), false)`;
  }
  // {"a": 1} is contained in {"a": 1}, and {"a": [1]} in {"a": [0, 1]}: the value itself, or an element of it
  const wanted = values.flatMap((value) => [nested(source.keys, value), nested(source.keys, [value])]);
  return `d.metadata @> any(${parameters.add(wanted)}::jsonb[])`;
}

function nested(keys: readonly string[], value: FilterValue): string {
  const opening = keys.map((key) => `{${JSON.stringify(key)}:`).join('');
  return `${opening}${JSON.stringify(value)}${'}'.repeat(keys.length)}`;
}

function ordered(source: FieldSource, symbol: string, value: FilterValue, parameters: SqlParameters): string {
  const field = json(source, parameters);
  if (typeof value === 'number') {
    const number = `${parameters.add(JSON.stringify(value))}::jsonb`;
    return `coalesce(jsonb_typeof(${field}) = 'number' and ${field} ${symbol} ${number}, false)`;
  }
  const text = `${parameters.add(value)}::text`;
  return `coalesce(jsonb_typeof(${field}) = 'string' and (${field} #>> '{}') collate "C" ${symbol} ${text}, false)`;
}

function contains(source: FieldSource, value: FilterValue, parameters: SqlParameters): string {
  const field = json(source, parameters);
  const element = `jsonb_typeof(${field}) = 'array' and ${field} @> ${parameters.add(JSON.stringify(value))}::jsonb`;
  if (typeof value !== 'string') return `coalesce(${element}, false)`;
  const pattern = `${parameters.add(substringPattern(value))}::text`;
  const substring = `jsonb_typeof(${field}) = 'string' and (${field} #>> '{}') collate "C" ~ ${pattern}`;
  return `coalesce(${substring} or ${element}, false)`;
}

function exists(source: FieldSource, parameters: SqlParameters): string {
  if (source.kind !== 'metadata') return `${column(source)} is not null`;
  return `coalesce(jsonb_typeof(${json(source, parameters)}) <> 'null', false)`;
}

/** The field as jsonb, null where it is absent. `->` with a text key descends into objects only. */
function json(source: FieldSource, parameters: SqlParameters): string {
  if (source.kind !== 'metadata') return `to_jsonb(${column(source)})`;
  return `(d.metadata${source.keys.map((key) => ` -> ${parameters.add(key)}::text`).join('')})`;
}

function column(source: { kind: 'documentId' | 'content' }): string {
  return source.kind === 'documentId' ? 'd.document_id' : 'd.content';
}

function asList(value: FilterValue): readonly FilterValue[] {
  return Array.isArray(value) ? (value as readonly FilterValue[]) : [value];
}
