import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '../../../src/cli/export/csv-line.ts';
import { parseCsv } from '../../../src/evaluations/csv.ts';

test('a line reads back as what was written, whatever its fields hold', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é', '{') });
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (values) => {
      const columns = values.map((_, index) => `c${index}`);
      const line = csvLine(columns, Object.fromEntries(columns.map((column, index) => [column, values[index]])));
      expect(parseCsv(`${line}\n`)).toMatchObject([{ fields: values, problem: null }]);
    }),
  );
});

test('nothing is empty, numbers are plain, and lists and objects are JSON', () => {
  const values = { nothing: null, number: 0.5, yes: true, list: ['a', 1], object: { a: 'b' } };
  expect(csvLine(['missing', 'nothing', 'number', 'yes', 'list', 'object'], values)).toBe(
    ',,0.5,true,"[""a"",1]","{""a"":""b""}"',
  );
});
