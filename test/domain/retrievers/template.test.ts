import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onlyReference, renderTemplate, templateReferences } from '../../../src/retrievers/template.ts';

const inputs: Record<string, unknown> = {
  query: 'red tent',
  size: 4,
  vector: [1, 2, 3],
  on: true,
  'user.city': 'Oslo',
};
const lookup = (reference: string) => inputs[reference];

describe('rendering', () => {
  test('a string that is one placeholder becomes the value as it is', () => {
    expect(renderTemplate('{{INPUT.vector}}', lookup)).toEqual([1, 2, 3]);
    expect(renderTemplate({ price: { lt: '{{ INPUT.size }}' } }, lookup)).toEqual({ price: { lt: 4 } });
    expect(renderTemplate(['{{INPUT.on}}', 7, null], lookup)).toEqual([true, 7, null]);
  });

  test('inside a longer string the value is written out', () => {
    expect(renderTemplate('a {{INPUT.query}} for {{INPUT.size}}', lookup)).toBe('a red tent for 4');
    expect(renderTemplate('{{INPUT.query}} ', lookup)).toBe('red tent ');
  });

  test('dots descend and spaces inside the braces do not matter', () => {
    expect(renderTemplate('{{  INPUT.user.city }}', lookup)).toBe('Oslo');
  });

  test('a value that looks like a placeholder is not filled in again', () => {
    expect(renderTemplate('{{INPUT.query}}', () => '{{INPUT.secret}}')).toBe('{{INPUT.secret}}');
    expect(renderTemplate('<{{INPUT.query}}>', () => '$& {{INPUT.secret}}')).toBe('<$& {{INPUT.secret}}>');
  });

  test('a list or an object cannot be written into a longer string', () => {
    expect(() => renderTemplate('near {{INPUT.vector}}', lookup)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', path: ['input', 'inputs', 'vector'] }),
    );
  });

  test('a template without placeholders comes out as it went in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (json) => {
        fc.pre(!/[{}]{2}/.test(JSON.stringify(Object.values({ json }))));
        expect(renderTemplate(json, lookup)).toEqual(json);
      }),
    );
  });

  test('a key called __proto__ stays a key', () => {
    const template: unknown = JSON.parse('{"__proto__": "{{INPUT.size}}"}');
    expect(JSON.stringify(renderTemplate(template, lookup))).toBe('{"__proto__":4}');
  });
});

describe('references', () => {
  test('every input a template names is listed once', () => {
    const template = { a: '{{INPUT.x}} {{INPUT.y.z}}', b: ['{{INPUT.x}}', { c: '{{INPUT.w-1}}' }], d: 3 };
    expect(templateReferences(template, [])).toEqual(['x', 'y.z', 'w-1']);
  });

  test('only a string that is nothing but a placeholder is one', () => {
    expect(onlyReference('{{INPUT.x}}')).toBe('x');
    expect([onlyReference(' {{INPUT.x}}'), onlyReference('x'), onlyReference(3), onlyReference(null)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  test.each([
    '{{INPUT.x}',
    '{{INPUT.}}',
    '{{query}}',
    '{{INPUT.x.}}',
    '{{INPUT.a b}}',
    '{{}}',
    'closed only }}',
    '{{INPUT.x}} {{',
    '{{input.x}}',
    '{{INPUT.1x}}',
  ])('%j is refused with the place it stands at', (text) => {
    expect(() => templateReferences({ list: [text] }, ['input', 'stages'])).toThrow(
      expect.objectContaining({ code: 'INVALID_TEMPLATE', path: ['input', 'stages', 'list', '0'] }),
    );
  });

  test('a placeholder in a key is refused', () => {
    expect(() => templateReferences({ '{{INPUT.field}}': 1 }, [])).toThrow(
      expect.objectContaining({ code: 'INVALID_TEMPLATE' }),
    );
  });

  test('a template nested too deeply is refused instead of overflowing the stack', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(() => templateReferences(deep, [])).toThrow(expect.objectContaining({ code: 'INVALID_TEMPLATE' }));
  });
});
