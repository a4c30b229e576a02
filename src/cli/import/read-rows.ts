import { parse } from 'csv-parse';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export type RowFormat = 'jsonl' | 'csv';

/** A row of a file: what it holds, or why it is none. */
export interface Row {
  /** From 1; of a CSV, without its header. */
  number: number;
  value: Record<string, unknown> | null;
  /** Null where it could be read. */
  fault: string | null;
  /** Bytes of the file up to here, for progress. */
  bytes: number;
}

/** @throws where the file cannot be read, or a CSV cannot be told into rows at all */
export function readRows(file: string, format: RowFormat): AsyncGenerator<Row> {
  return format === 'csv' ? readCsv(file) : readJsonLines(file);
}

/** Empty lines are no rows. */
async function* readJsonLines(file: string): AsyncGenerator<Row> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  let [number, bytes] = [0, 0];
  for await (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (line.trim() === '') continue;
    number += 1;
    yield { number, bytes, ...parseLine(number === 1 ? line.replace(/^\uFEFF/, '') : line) };
  }
}

function parseLine(line: string): Pick<Row, 'value' | 'fault'> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { value: value as Record<string, unknown>, fault: null };
    }
    return { value: null, fault: 'It is not a JSON object.' };
  } catch (error) {
    return { value: null, fault: `It is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** The first line names the columns. */
async function* readCsv(file: string): AsyncGenerator<Row> {
  const columns = (header: string[]) => header.map((name) => name.trim());
  const parser = createReadStream(file).pipe(
    parse({ columns, bom: true, info: true, relax_column_count: true, skip_empty_lines: true }),
  );
  let number = 0;
  for await (const row of parser as AsyncIterable<{ record: Record<string, string>; info: { bytes: number } }>) {
    number += 1;
    yield { number, value: row.record, fault: null, bytes: row.info.bytes };
  }
}
