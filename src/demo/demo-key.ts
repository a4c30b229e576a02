import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateSecret } from '../access/api-key.ts';

const fileName = 'demo.key';

/**
 * The admin key of a demo, kept in its data directory, so that every start can sign its visitor in; made where the
 * directory is new. Null: the directory is not the demo's own, and whoever set it up has a key of theirs.
 */
export async function ensureDemoKey(dataDir: string): Promise<string | null> {
  const file = path.join(dataDir, fileName);
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) return null;
  const key = generateSecret();
  await mkdir(dataDir, { recursive: true });
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  return key;
}
