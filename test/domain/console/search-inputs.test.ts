import { describe, expect, test } from 'vitest';
import { inputFields, toInputs } from '../../../src/console/playground/search-inputs.ts';

const names = (schema: unknown) => inputFields(schema).map(({ name }) => name);

describe('the fields of a search', () => {
  test('are those of the input schema, without who searches', () => {
    expect(names({ query: { type: 'text' }, brand: { type: 'text' }, user_id: { type: 'text' }, segment: {} })).toEqual(
      ['query', 'brand'],
    );
  });

  test('are the query alone where there is no schema', () => {
    expect(names(null)).toEqual(['query']);
    expect(names({})).toEqual(['query']);
  });

  test('say what is required, and what is no text', () => {
    expect(inputFields({ embedding: { type: 'array', required: true, description: 'of the query' } })).toEqual([
      { name: 'embedding', hint: 'of the query', required: true, isText: false },
    ]);
  });
});

describe('what was typed', () => {
  const fields = inputFields({ query: { type: 'text' }, price: { type: 'number' } });

  test('is text or JSON by its field, and is left out where it is empty', () => {
    expect(toInputs(fields, { query: ' 12 ', price: '12' })).toEqual({ query: '12', price: 12 });
    expect(toInputs(fields, { query: 'kettle', price: ' ' })).toEqual({ query: 'kettle' });
  });

  test('is refused where it is no JSON, by the name of the field', () => {
    expect(() => toInputs(fields, { price: 'cheap' })).toThrow('price must be JSON');
  });
});
