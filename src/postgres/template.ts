import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MIGRATIONS_DIRECTORY } from './migrate.ts';

/** Where `npm run build` leaves it, under a hash of what it is made from. */
export const TEMPLATES_DIRECTORY = fileURLToPath(new URL('./dist', import.meta.url));

/**
 * The data directory of an embedded database that is initialised and migrated, to be copied: making one takes seconds,
 * opening a copy a fraction of one. Null where none was built of this engine and these migrations.
 */
export async function findTemplate(): Promise<string | null> {
  const template = await templatePath();
  return isWhole(template) ? template : null;
}

/** What copies a tree may leave out empty folders, without which no database starts: this is one of them. */
export function isWhole(template: string): boolean {
  return existsSync(path.join(template, 'pg_notify'));
}

export async function templatePath(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['@electric-sql/pglite', '@electric-sql/pglite-pgvector']) hash.update(await manifest(name));
  for (const file of (await readdir(MIGRATIONS_DIRECTORY)).sort()) {
    hash.update(`\0${file}\0`).update(await readFile(path.join(MIGRATIONS_DIRECTORY, file)));
  }
  return path.join(TEMPLATES_DIRECTORY, hash.digest('hex').slice(0, 16));
}

/** Neither package exports its package.json; it lies beside the folder of the entry. */
function manifest(name: string): Promise<Buffer> {
  const entry = createRequire(import.meta.url).resolve(name);
  return readFile(path.join(path.dirname(path.dirname(entry)), 'package.json'));
}
