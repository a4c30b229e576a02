import { once } from 'node:events';
import type { RowFormat } from '../import/read-rows.ts';
import { csvLine } from './csv-line.ts';
import { openExportFile } from './export-file.ts';
import type { ExportedPage, ExportSource } from './source.ts';

export interface ExportOptions {
  format: RowFormat;
  /** Begin anew, whatever an earlier run has done, and replace the file. */
  restart: boolean;
  signal: AbortSignal;
  /** Called with the units that are written. */
  onProgress: (units: number) => void;
}

/**
 * Writes a source to a file, page by page. What is interrupted goes on behind the last page that was written whole.
 * @returns how many units the file has; null where it was interrupted
 * @throws OperatorError where the file is there already
 */
export async function exportToFile(source: ExportSource, file: string, options: ExportOptions): Promise<number | null> {
  const { format, restart, signal, onProgress } = options;
  const columns = async () => (format === 'csv' ? source.columns(signal) : null);
  const target = await openExportFile(file, { source: source.name, format }, { restart, columns });
  let isComplete = false;
  try {
    const { state } = target;
    let units = state.units;
    if (state.columns !== null && state.bytes === 0) {
      await target.write(headerOf(state.columns), { cursor: null, units });
    }
    for await (const page of source.pages(state.cursor)) {
      if (signal.aborted) return null;
      units += page.units ?? page.rows.length;
      await target.write(linesOf(source, page, state.columns), { cursor: page.cursor, units });
      onProgress(units);
    }
    isComplete = true;
    await target.complete();
    return units;
  } finally {
    if (!isComplete) await target.close();
  }
}

/** Writes a source to a stream, no faster than it is read. @returns how many units; null where it was interrupted */
export async function exportToStream(
  source: ExportSource,
  stream: NodeJS.WritableStream,
  { format, signal, onProgress }: Omit<ExportOptions, 'restart'>,
): Promise<number | null> {
  const columns = format === 'csv' ? await source.columns(signal) : null;
  if (columns !== null) await write(stream, headerOf(columns));
  let units = 0;
  for await (const page of source.pages(null)) {
    if (signal.aborted) return null;
    await write(stream, linesOf(source, page, columns));
    units += page.units ?? page.rows.length;
    onProgress(units);
  }
  return units;
}

async function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}

function headerOf(columns: readonly string[]): string {
  return `${csvLine(columns, Object.fromEntries(columns.map((column) => [column, column])))}\n`;
}

function linesOf(source: ExportSource, { rows }: ExportedPage, columns: readonly string[] | null): string {
  const lines = rows.map((row) => (columns === null ? JSON.stringify(row) : csvLine(columns, source.toCells(row))));
  return lines.map((line) => `${line}\n`).join('');
}
