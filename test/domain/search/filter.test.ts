import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Document } from '../../../src/collections/collection.ts';
import type { Filter } from '../../../src/search/filter.ts';
import { substringPattern } from '../../../src/search/filter-substring.ts';
import { matchesFilter } from '../../../src/search/matches-filter.ts';
import { parseFilter } from '../../../src/search/parse-filter.ts';
import { arbitraryDocument, arbitraryFilter } from '../../fixtures/arbitrary-filter.ts';

const leaf = (field: string, operator: string, value: unknown) =>
  ({ kind: 'comparison', field, operator, value }) as Filter;

describe('reading a filter', () => {
  test.each<[string, unknown, Filter]>([
    ['the canonical leaf', { field: 'price', operator: 'lt', value: 50 }, leaf('price', 'lt', 50)],
    ['an operator in capitals', { field: 'price', operator: 'LT', value: 50 }, leaf('price', 'lt', 50)],
    ['exists without a value', { field: 'price', operator: 'exists' }, leaf('price', 'exists', true)],
    ['the shorthand', { price: { lt: 50 } }, leaf('price', 'lt', 50)],
    ['a bare value as eq', { category: 'tents' }, leaf('category', 'eq', 'tents')],
    ['a bare null as eq', { category: null }, leaf('category', 'eq', null)],
    ['a bare list as in', { category: ['tents', 'lamps'] }, leaf('category', 'in', ['tents', 'lamps'])],
    [
      'several conditions as all of them',
      { price: { gte: 10, lt: 50 }, category: 'tents' },
      {
        kind: 'and',
        operands: [
          { kind: 'and', operands: [leaf('price', 'gte', 10), leaf('price', 'lt', 50)] },
          leaf('category', 'eq', 'tents'),
        ],
      },
    ],
    [
      'AND and or in either case',
      { AND: [{ a: 1 }, { or: [{ b: 2 }, { c: 3 }] }] },
      {
        kind: 'and',
        operands: [leaf('a', 'eq', 1), { kind: 'or', operands: [leaf('b', 'eq', 2), leaf('c', 'eq', 3)] }],
      },
    ],
    ['NOT of a filter', { NOT: { a: 1 } }, { kind: 'not', operand: leaf('a', 'eq', 1) }],
    [
      'not of a list as none of it',
      { not: [{ a: 1 }, { b: 2 }] },
      {
        kind: 'not',
        operand: { kind: 'or', operands: [leaf('a', 'eq', 1), leaf('b', 'eq', 2)] },
      },
    ],
    ['a field that is called field', { field: 'north' }, leaf('field', 'eq', 'north')],
    ['nothing as letting everything pass', {}, { kind: 'and', operands: [] }],
  ])('takes %s', (_name, json, filter) => {
    expect(parseFilter(json, ['filters'])).toEqual(filter);
  });

  test.each<[string, unknown, (string | number)[]]>([
    ['a list', [{ a: 1 }], []],
    ['a text', 'a = 1', []],
    ['null', null, []],
    ['an unknown operator', { price: { under: 50 } }, ['price', 'under']],
    ['an unknown operator in a leaf', { field: 'price', operator: '<', value: 50 }, ['operator']],
    ['a stranger in a leaf', { field: 'a', operator: 'eq', value: 1, boost: 2 }, ['boost']],
    ['a field that is no text', { field: 7, operator: 'eq', value: 1 }, ['field']],
    ['an empty field', { '': 1 }, ['']],
    ['an empty part of a field', { 'a..b': 1 }, ['a..b']],
    ['a field that no document can have', { 'a\0': 1 }, ['a\0']],
    ['a value that no document can have', { a: 'x\0' }, ['a']],
    ['half a surrogate pair', { a: ['x', '\ud800'] }, ['a', 1]],
    ['no operator', { price: {} }, ['price']],
    ['no value', { field: 'price', operator: 'eq' }, ['value']],
    ['an infinite number', { price: { lt: Infinity } }, ['price', 'lt']],
    ['an order of booleans', { price: { lt: true } }, ['price', 'lt']],
    ['a list for eq', { price: { eq: [1] } }, ['price', 'eq']],
    ['an object for eq', { field: 'price', operator: 'eq', value: {} }, ['value']],
    ['a value for in', { price: { in: 1 } }, ['price', 'in']],
    ['a list in a list', { price: { in: [[1]] } }, ['price', 'in', 0]],
    ['a text for exists', { price: { exists: 'yes' } }, ['price', 'exists']],
    ['null for contains', { price: { contains: null } }, ['price', 'contains']],
    ['an empty AND', { AND: [] }, ['AND']],
    ['an OR of one filter', { OR: { a: 1 } }, ['OR']],
    ['a fault deep down', { AND: [{ a: 1 }, { NOT: { b: { lt: [] } } }] }, ['AND', 1, 'NOT', 'b', 'lt']],
    ['more than 1,000 values', { a: Array.from({ length: 1001 }, () => 1) }, ['a']],
    ['a text of more than 1,000 characters', { a: 'x'.repeat(1001) }, ['a']],
    ['more than 100 conditions', { AND: Array.from({ length: 101 }, () => ({ a: 1 })) }, ['AND', 100, 'a']],
  ])('refuses %s and says where', (_name, json, path) => {
    const read = () => parseFilter(json, ['input', 'filters']);
    expect(read).toThrow(
      expect.objectContaining({
        name: 'ValidationError',
        code: 'INVALID_FILTER',
        path: ['input', 'filters', ...path].map(String),
      }),
    );
  });

  test('takes ten levels and refuses eleven', () => {
    const nested = (levels: number): unknown => (levels === 1 ? { a: 1 } : { NOT: nested(levels - 1) });
    expect(() => parseFilter(nested(10), [])).not.toThrow();
    expect(() => parseFilter(nested(11), [])).toThrow(expect.objectContaining({ code: 'INVALID_FILTER' }));
  });
});

describe('what passes a filter', () => {
  const document: Document = {
    documentId: 'd1',
    content: 'A Red Tent',
    metadata: {
      price: 50,
      sale: true,
      brand: { name: 'Föhn & Söhne', since: '1987-05-01' },
      tags: ['camping', 'Summer', 3],
      gone: null,
      content: 'inside',
      'a.b': 1,
    },
  };

  test.each<[string, unknown]>([
    ['eq of a number', { price: 50 }],
    ['eq of a boolean', { sale: true }],
    ['eq of a text at depth', { 'brand.since': '1987-05-01' }],
    ['eq as membership of a list', { tags: 'camping' }],
    ['eq null of an absent field', { absent: null }],
    ['eq null of a null', { gone: null }],
    ['a field after metadata.', { 'metadata.price': 50 }],
    ['the content', { content: { contains: 'red' } }],
    ['the metadata field called content', { 'metadata.content': 'inside' }],
    ['the document id', { document_id: ['d1', 'd2'] }],
    ['ne of another value', { price: { ne: 51 } }],
    ['ne of an absent field', { absent: { ne: 1 } }],
    ['nin of an absent field', { absent: { nin: [1] } }],
    ['in', { price: [49, 50] }],
    ['in with null of an absent field', { absent: [1, null] }],
    ['gte and lte at the bound', { price: { gte: 50, lte: 50 } }],
    ['an order of dates', { 'brand.since': { gt: '1987-04-30', lt: '1988' } }],
    ['a substring in either case', { 'brand.name': { contains: 'FÖHN &' } }],
    ['contains as membership of a list', { tags: { contains: 3 } }],
    ['exists', { price: { exists: true } }],
    ['not exists of a null', { gone: { exists: false } }],
    ['not', { NOT: { price: 1 } }],
    ['or', { OR: [{ price: 1 }, { price: 50 }] }],
    ['nothing', {}],
  ])('%s', (_name, json) => {
    expect(matchesFilter(parseFilter(json, []), document)).toBe(true);
  });

  test.each<[string, unknown]>([
    ['eq of another type', { price: '50' }],
    ['eq of a part of a text', { 'brand.name': 'Föhn' }],
    ['eq of an object', { brand: 'name' }],
    ['a dot that is part of a key', { 'a.b': 1 }],
    ['a dot into a list', { 'tags.0': 'camping' }],
    ['what every object inherits', { toString: { exists: true } }],
    ['ne of a member of a list', { tags: { ne: 'camping' } }],
    ['in of nothing', { price: [] }],
    ['an order of a number and a text', { price: { lt: '9' } }],
    ['an order of a text and a number', { 'brand.since': { gt: 0 } }],
    ['an order of an absent field', { absent: { lt: 1 } }],
    ['an order of a list', { tags: { gt: 1 } }],
    ['a member of a list in another case', { tags: { contains: 'summer' } }],
    ['contains of a number', { price: { contains: 5 } }],
    ['exists of a null', { gone: { exists: true } }],
    ['or of nothing that passes', { OR: [{ price: 1 }, { absent: 1 }] }],
  ])('not: %s', (_name, json) => {
    expect(matchesFilter(parseFilter(json, []), document)).toBe(false);
  });

  test('the negation of a filter passes exactly what the filter does not', () => {
    fc.assert(
      fc.property(arbitraryFilter, arbitraryDocument, (filter, fields) => {
        const candidate = { documentId: 'x', ...fields };
        expect(matchesFilter({ kind: 'not', operand: filter }, candidate)).toBe(!matchesFilter(filter, candidate));
      }),
    );
  });
});

describe('a substring in either case', () => {
  test('is found wherever lower-casing both would find it, for letters with one lower case', () => {
    const text = fc.string({ unit: fc.constantFrom(...'aAbBéÉΩω.*[]()\\^$|?+{}/ -'), maxLength: 6 });
    fc.assert(
      fc.property(text, text, (haystack, needle) => {
        const found = new RegExp(substringPattern(needle), 'u').test(haystack);
        expect(found).toBe(haystack.toLowerCase().includes(needle.toLowerCase()));
      }),
      { numRuns: 500 },
    );
  });
});
