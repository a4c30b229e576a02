import { describe, expect, test } from 'vitest';
import { renderFilter } from '../../../src/retrievers/filter-template.ts';

const render = (template: unknown, inputs: Record<string, unknown>) => renderFilter(template, (name) => inputs[name]);

describe('a filter template', () => {
  test('takes values of any type from the inputs', () => {
    expect(render({ price: { lt: '{{INPUT.max}}' } }, { max: 50 })).toEqual({
      kind: 'comparison',
      field: 'price',
      operator: 'lt',
      value: 50,
    });
    expect(render({ tag: '{{INPUT.tags}}' }, { tags: ['a', 'b'] })).toMatchObject({
      operator: 'in',
      value: ['a', 'b'],
    });
  });

  test('does not let an input bring a condition where a value was meant', () => {
    for (const owner of [{ ne: '' }, [{ ne: '' }], { exists: true }]) {
      expect(() => render({ owner: '{{INPUT.owner}}' }, { owner })).toThrow(
        expect.objectContaining({ code: 'INVALID_FILTER', path: ['input', 'inputs', 'owner'] }),
      );
    }
  });

  test('that is one placeholder as a whole is the caller’s to write', () => {
    expect(render('{{INPUT.filter}}', { filter: { price: { gte: 3 } } })).toMatchObject({ operator: 'gte', value: 3 });
    expect(() => render('{{INPUT.filter}}', { filter: { price: { near: 3 } } })).toThrow(
      expect.objectContaining({ code: 'INVALID_FILTER', path: ['input', 'inputs', 'filter', 'price', 'near'] }),
    );
  });

  test('names the input whose value does not fit its operator', () => {
    const template = { AND: [{ stock: { exists: true } }, { field: 'price', operator: 'lt', value: '{{INPUT.max}}' }] };
    expect(() => render(template, { max: true })).toThrow(
      expect.objectContaining({
        code: 'INVALID_FILTER',
        path: ['input', 'inputs', 'max'],
        message: expect.stringContaining('The input "max"') as string,
      }),
    );
  });
});
