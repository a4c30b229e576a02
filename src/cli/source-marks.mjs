// @ts-check
import { statSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');
export const bundleDirectory = path.join(import.meta.dirname, 'dist');
/** In the bundle: each of its source files, relative to `root`, with its mark. */
export const marksFile = path.join(bundleDirectory, 'sources.json');

/** Differs once a file was written anew. @param {string} file relative to `root` @throws where there is none */
export function markOf(file) {
  const { mtimeMs, size } = statSync(path.join(root, file));
  return `${mtimeMs} ${size}`;
}
