import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../shared/logger.ts';
import { migrate } from './migrate.ts';
import { openEmbedded } from './open-embedded.ts';
import { isWhole, templatePath, TEMPLATES_DIRECTORY } from './template.ts';

/** Returns the template (see template.ts), made when missing; processes that begin at once may each make it, and one stays. */
export async function ensureTemplate(logger: Logger): Promise<string> {
  const template = await templatePath();
  if (isWhole(template)) return template;
  await rm(template, { recursive: true, force: true });
  const fresh = path.join(TEMPLATES_DIRECTORY, `new-${randomUUID()}`);
  await mkdir(TEMPLATES_DIRECTORY, { recursive: true });
  const database = await openEmbedded({ directory: fresh, logger });
  await migrate(database, logger);
  await database.query('checkpoint');
  await database.close();
  await rename(fresh, template).catch(async (error: NodeJS.ErrnoException) => {
    await rm(fresh, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  return template;
}

/** Makes the template, and removes those of other engines and migrations. */
export async function buildTemplate(logger: Logger): Promise<void> {
  const template = await ensureTemplate(logger);
  for (const name of await readdir(TEMPLATES_DIRECTORY)) {
    if (name !== path.basename(template)) {
      await rm(path.join(TEMPLATES_DIRECTORY, name), { recursive: true, force: true });
    }
  }
}
