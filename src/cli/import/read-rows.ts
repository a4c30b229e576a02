import { CsvError, parse } from 'csv-parse';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { OperatorError } from '../../shared/errors.ts';
import { fileFault } from './file-fault.ts';

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

/** @throws OperatorError where the file cannot be read, or a CSV cannot be told into rows at all */
export async function* readRows(file: string, format: RowFormat): AsyncGenerator<Row> {
  try {
    yield* format === 'csv' ? readCsv(file) : readJsonLines(file);
  } catch (error) {
    throw error instanceof CsvError ? brokenCsv(file, error) : fileFault(error, (reason) => unreadable(file, reason));
  }
}

function unreadable(file: string, reason: string): string {
  return `${file} cannot be read (${reason}): name a file that this user may read, on a disk that is well, and give the command again.`;
}

function brokenCsv(file: string, error: CsvError): OperatorError {
  const reason = error.message.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return new OperatorError(
    `${file} is no whole CSV (${reason}): mend it there and give the command again; the rows before may be stored already.`,
    { cause: error },
  );
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
  const parser = parse({ columns, bom: true, info: true, relax_column_count: true, skip_empty_lines: true });
  // what goes wrong with the file ends the parser, and so the loop, which throws it
  pipeline(createReadStream(file), parser, () => {});
  let number = 0;
  for await (const row of parser as AsyncIterable<{ record: Record<string, string>; info: { bytes: number } }>) {
    number += 1;
    yield { number, value: row.record, fault: null, bytes: row.info.bytes };
  }
}
