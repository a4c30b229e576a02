import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { App } from '../app.ts';
import type { Config } from '../config.ts';

/**
 * Loading the demo takes seconds, and a kill in their midst leaves part of it. A file in the data directory says that it
 * is under way: found at a start, the demo is completed.
 */
const fileName = 'demo.loading';

type DemoConfig = Pick<Config, 'demo' | 'databaseUrl' | 'dataDir'>;

/** Whether a start will want the demo, as far as can be told before its stores are open. */
export function expectsDemo({ demo, databaseUrl, dataDir }: DemoConfig): boolean {
  if (demo === false || databaseUrl !== null) return false;
  return existsSync(path.join(dataDir, fileName)) || !existsSync(path.join(dataDir, 'postgres'));
}

/** Only into an empty embedded store, or one that is so far filled with part of the demo; never into a database given by URL. */
export async function wantsDemo(
  { demo, databaseUrl, dataDir }: DemoConfig,
  collections: Pick<App['collections'], 'list'>,
  ns: string,
): Promise<boolean> {
  if (demo === false || databaseUrl !== null) return false;
  if (existsSync(path.join(dataDir, fileName))) return true;
  return (await collections.list(ns, { limit: 1, after: null })).items.length === 0;
}

/** @returns what to call once the demo is complete */
export async function markDemoUnderWay(dataDir: string): Promise<() => Promise<void>> {
  const file = path.join(dataDir, fileName);
  await writeFile(file, '');
  return () => rm(file);
}
