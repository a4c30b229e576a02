import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../../src/evaluations/csv.ts';
import { parseCsvJudgments, parseJsonlJudgments } from '../../../src/evaluations/parse-judgments.ts';

const fieldsOf = (text: string) => parseCsv(text).map(({ fields }) => fields);

describe('CSV', () => {
  test('may quote separators, line breaks and quotes, end lines either way, and begin with a byte order mark', () => {
    expect(fieldsOf('\uFEFFa,b\r\n"1,5","say ""hi"""\n\n"two\nlines",\n')).toEqual([
      ['a', 'b'],
      ['1,5', 'say "hi"'],
      ['two\nlines', ''],
    ]);
  });

  test('says at which line a record begins', () => {
    expect(parseCsv('a\n"two\nlines"\nb').map(({ line }) => line)).toEqual([1, 2, 4]);
  });

  test('names what is wrong with quotes', () => {
    expect(parseCsv('"open').map(({ problem }) => problem)).toEqual(['a quote is never closed']);
    expect(parseCsv('"a"b,c')[0]).toMatchObject({ fields: ['a', 'c'] });
    expect(parseCsv('"a"b,c')[0]?.problem).toContain('double the quotes');
  });

  test('reads back whatever fields were written', () => {
    const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
    const rows = fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, (written) => {
        expect(fieldsOf(written.map((row) => row.map(quoted).join(',')).join('\r\n'))).toEqual(written);
      }),
    );
  });
});

describe('judgments as CSV', () => {
  test('are graded, with every other column an input of the search', () => {
    const { rows, rejected } = parseCsvJudgments(
      'query,segment,document_id,relevance\nwarm jacket,men,d1,2\ntent,,d2,0\n',
    );
    expect(rejected).toEqual([]);
    expect(rows).toEqual([
      { queryId: null, inputs: { query: 'warm jacket', segment: 'men' }, documentId: 'd1', relevance: 2 },
      { queryId: null, inputs: { query: 'tent' }, documentId: 'd2', relevance: 0 },
    ]);
  });

  test('are binary where no relevance is given, and may name their query', () => {
    const { rows } = parseCsvJudgments('query_id,query,document_id\nq1,tent,d1');
    expect(rows).toEqual([{ queryId: 'q1', inputs: { query: 'tent' }, documentId: 'd1', relevance: 1 }]);
  });

  test('leave bad rows out and say which and why', () => {
    const { rows, rejected } = parseCsvJudgments(
      ['query,document_id,relevance', 'tent,d1,1', 'tent,,1', ',d2,1', 'tent,d3,very', 'tent,d4', 'tent,d5,-1'].join(
        '\n',
      ),
    );
    expect(rows.map(({ documentId }) => documentId)).toEqual(['d1']);
    expect(rejected.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7]);
    expect(rejected.map(({ message }) => message)).toEqual([
      'Line 3 was left out: it names no document.',
      'Line 4 was left out: it has no query.',
      'Line 5 was left out: relevance must be a whole number from 0 to 100, such as 0 or 1.',
      'Line 6 was left out: it has 2 fields, and the header has 3.',
      'Line 7 was left out: relevance must be a whole number from 0 to 100, such as 0 or 1.',
    ]);
  });

  test.each([
    ['no document', 'query,relevance\na,1'],
    ['no input', 'document_id,relevance\na,1'],
    ['a column twice', 'query,query,document_id\na,b,c'],
    ['a nameless column', 'query,,document_id\na,b,c'],
    ['nothing', ''],
  ])('are refused with a header that names %s', (_what, text) => {
    expect(() => parseCsvJudgments(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_CSV', path: ['input', 'csv'] }),
    );
  });
});

describe('judgments as JSONL', () => {
  test('are objects with a query or inputs', () => {
    const { rows, rejected } = parseJsonlJudgments(
      '{"query":"tent","documentId":"d1","relevance":3}\n\n{"queryId":"q","inputs":{"a":1},"documentId":"d2"}\r\n',
    );
    expect(rejected).toEqual([]);
    expect(rows).toEqual([
      { queryId: null, inputs: { query: 'tent' }, documentId: 'd1', relevance: 3 },
      { queryId: 'q', inputs: { a: 1 }, documentId: 'd2', relevance: 1 },
    ]);
  });

  test('leave bad rows out and say which and why', () => {
    const lines = [
      '{"query":"a"',
      '[]',
      '{"documentId":"d"}',
      '{"query":"a","documentId":7}',
      '{"query":"a","documentId":"d","relevance":1.5}',
    ];
    const { rows, rejected } = parseJsonlJudgments(lines.join('\n'));
    expect(rows).toEqual([]);
    expect(rejected.map(({ line, message }) => [line, message.split(': ')[1]])).toEqual([
      [1, 'it is no JSON object.'],
      [2, 'it is no JSON object.'],
      [3, 'it has no query.'],
      [4, 'it names no document.'],
      [5, 'relevance must be a whole number from 0 to 100, such as 0 or 1.'],
    ]);
  });
});
