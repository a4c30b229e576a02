import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';

/** How far an import came; beside the file, so that the same command goes on. */
export interface Progress {
  collectionId: string;
  /** Of the file when it began: another one is begun anew. */
  size: number;
  modifiedAt: number;
  /** Rows that are done, stored or set aside. */
  rows: number;
  stored: number;
  rejected: number;
}

const pathOf = (file: string) => `${file}.import.json`;

/** Where an earlier run of the same file into the same collection stopped; else the beginning. */
export async function readProgress(file: string, collectionId: string): Promise<Progress> {
  const { size, mtimeMs: modifiedAt } = await stat(file);
  const beginning = { collectionId, size, modifiedAt, rows: 0, stored: 0, rejected: 0 };
  const known = await readFile(pathOf(file), 'utf8').then(
    (text) => JSON.parse(text) as Progress,
    () => null,
  );
  const isSame =
    known?.collectionId === collectionId && known.size === size && known.modifiedAt === modifiedAt && known.rows > 0;
  return isSame ? known : beginning;
}

/** Whole or not at all, whenever the process ends. */
export async function writeProgress(file: string, progress: Progress): Promise<void> {
  const fresh = `${pathOf(file)}.new`;
  await writeFile(fresh, `${JSON.stringify(progress)}\n`);
  await rename(fresh, pathOf(file));
}

export async function removeProgress(file: string): Promise<void> {
  await rm(pathOf(file), { force: true });
}
