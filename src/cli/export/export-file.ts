import { existsSync } from 'node:fs';
import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { OperatorError } from '../../shared/errors.ts';
import type { RowFormat } from '../import/read-rows.ts';

/** How far an export came; beside the file, so that the same command goes on. */
export interface ExportState {
  source: string;
  format: RowFormat;
  /** Of a CSV; null: JSONL. */
  columns: string[] | null;
  /** Where the next page begins; null: nothing is written yet. */
  cursor: string | null;
  /** Of the file, up to there. */
  bytes: number;
  /** Of what is counted for progress. */
  units: number;
}

const partOf = (file: string) => `${file}.part`;
const stateOf = (file: string) => `${file}.export.json`;

/** A file that is being written: it gets its name when it is complete. */
export interface ExportFile {
  state: ExportState;
  write(text: string, reached: { cursor: string | null; units: number }): Promise<void>;
  complete(): Promise<void>;
  /** Leaves what is there for the next run. */
  close(): Promise<void>;
}

/**
 * Opens the file behind what an earlier run of the same export has written.
 * @throws OperatorError where the file is there already
 */
export async function openExportFile(
  file: string,
  beginning: Pick<ExportState, 'source' | 'format'>,
  { restart, columns }: { restart: boolean; columns: () => Promise<string[] | null> },
): Promise<ExportFile> {
  if (existsSync(file) && !restart) {
    throw new OperatorError(`${file} is there already: choose another name, or replace it with --restart.`);
  }
  if (restart) await rm(stateOf(file), { force: true });
  let state = await readState(file, beginning);
  let handle: FileHandle;
  if (state === null) {
    state = { ...beginning, columns: await columns(), cursor: null, bytes: 0, units: 0 };
    handle = await open(partOf(file), 'w');
  } else {
    handle = await open(partOf(file), 'r+');
    // what came after the last state that was written down may be half a page
    await handle.truncate(state.bytes);
  }
  return openedFile(file, handle, state);
}

function openedFile(file: string, handle: FileHandle, beginning: ExportState): ExportFile {
  let state = beginning;
  return {
    get state() {
      return state;
    },
    async write(text, reached) {
      const bytes = Buffer.from(text);
      await handle.write(bytes, 0, bytes.length, state.bytes);
      state = { ...state, ...reached, bytes: state.bytes + bytes.length };
      const fresh = `${stateOf(file)}.new`;
      await writeFile(fresh, `${JSON.stringify(state)}\n`);
      await rename(fresh, stateOf(file));
    },
    async complete() {
      await handle.close();
      await rename(partOf(file), file);
      await rm(stateOf(file), { force: true });
    },
    close: () => handle.close(),
  };
}

/** Null: there is nothing of this export to go on with. */
async function readState(
  file: string,
  { source, format }: Pick<ExportState, 'source' | 'format'>,
): Promise<ExportState | null> {
  const known = await readFile(stateOf(file), 'utf8').then(
    (text) => JSON.parse(text) as ExportState,
    () => null,
  );
  return known?.source === source && known.format === format && existsSync(partOf(file)) ? known : null;
}
