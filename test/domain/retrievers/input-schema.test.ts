import { describe, expect, test } from 'vitest';
import { describeInputs, misfit, parseInputSchema } from '../../../src/retrievers/input-schema.ts';

const parse = (schema: unknown) => parseInputSchema(schema, ['input', 'inputSchema']);

describe('an input schema', () => {
  test('is read in both of its forms', () => {
    const plain = parse({ query: { type: 'text', required: true }, size: { type: 'integer', default: 10 } });
    const jsonSchema = parse({
      type: 'object',
      properties: { query: { type: 'text' }, size: { type: 'integer', default: 10, required: false } },
      required: ['query'],
    });
    expect(plain?.get('query')).toEqual({ type: 'text', required: true, default: undefined });
    expect(jsonSchema?.get('query')).toEqual(plain?.get('query'));
    expect(jsonSchema?.get('size')).toEqual({ type: 'integer', required: false, default: 10 });
  });

  test('may have an input called type', () => {
    expect([...(parse({ type: { type: 'text' } })?.keys() ?? [])]).toEqual(['type']);
  });

  test('may be absent, so that any input goes', () => {
    expect(parse(null)).toBeNull();
  });

  test('reads in words', () => {
    const schema = parse({ query: { type: 'text' }, size: { type: 'number', default: 1 }, any: {} });
    expect(schema && describeInputs(schema)).toBe('query (text), size (number, optional), any');
  });

  test.each([
    ['a list', [], ['input', 'inputSchema']],
    ['a text', 'query', ['input', 'inputSchema']],
    ['an input that is no object', { query: 'text' }, ['input', 'inputSchema', 'query']],
    ['an unknown type', { query: { type: 'image' } }, ['input', 'inputSchema', 'query', 'type']],
    ['a required that is no boolean', { query: { required: 'yes' } }, ['input', 'inputSchema', 'query', 'required']],
    ['a default of another type', { n: { type: 'number', default: 'x' } }, ['input', 'inputSchema', 'n', 'default']],
    ['a name that no placeholder can write', { 'a b': {} }, ['input', 'inputSchema', 'a b']],
    [
      'a required list of something else',
      { type: 'object', properties: {}, required: 'query' },
      ['input', 'inputSchema', 'required'],
    ],
  ])('with %s is refused', (_what, schema, path) => {
    expect(() => parse(schema)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT_SCHEMA', path }));
  });
});

test.each([
  ['text', 'x', 1],
  ['number', 1.5, NaN],
  ['integer', 3, 1.5],
  ['boolean', false, 'false'],
  ['array', ['x'], { 0: 'x' }],
  ['vector', [1, 2], [1, 'x']],
  ['object', { a: 1 }, [1]],
] as const)('the type %s takes %j and refuses %j', (type, good, bad) => {
  const spec = { type, required: null, default: undefined };
  expect(misfit(spec, good)).toBeNull();
  expect(misfit(spec, bad)).toMatch(/^must be /);
});
