export interface CsvRecord {
  /** Where it begins, from 1. */
  line: number;
  fields: string[];
  /** What is wrong with its quotes; null: nothing. */
  problem: string | null;
}

/**
 * Splits CSV as RFC 4180 has it: fields may be quoted, and then hold separators, line breaks and doubled quotes. Lines
 * end in CRLF or LF; empty ones are left out, and so is a byte order mark. A quote inside of an unquoted field is text.
 */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let place = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (place < text.length) {
    const record: CsvRecord = { line, fields: [], problem: null };
    for (;;) {
      const field = text[place] === '"' ? quotedField(text, place) : plainField(text, place);
      record.fields.push(field.value);
      record.problem ??= field.problem;
      line += field.value.split('\n').length - 1;
      place = field.end;
      if (text[place] !== ',') break;
      place++;
    }
    if (text[place] === '\r') place++;
    if (text[place] === '\n') place++;
    line++;
    if (record.fields.length > 1 || record.fields[0] !== '') records.push(record);
  }
  return records;
}

interface Field {
  value: string;
  /** Just behind it: a comma, a line break or the end. */
  end: number;
  problem: string | null;
}

function plainField(text: string, start: number): Field {
  const separator = /[,\n]|\r\n/g;
  separator.lastIndex = start;
  const end = separator.exec(text)?.index ?? text.length;
  return { value: text.slice(start, end), end, problem: null };
}

function quotedField(text: string, start: number): Field {
  let value = '';
  let place = start + 1;
  for (;;) {
    const quote = text.indexOf('"', place);
    if (quote === -1) return { value: value + text.slice(place), end: text.length, problem: 'a quote is never closed' };
    value += text.slice(place, quote);
    place = quote + 1;
    if (text[place] !== '"') break;
    value += '"';
    place++;
  }
  const rest = plainField(text, place);
  const problem = rest.value === '' ? null : 'a quoted field is followed by more text; double the quotes inside of it';
  return { value, end: rest.end, problem };
}
