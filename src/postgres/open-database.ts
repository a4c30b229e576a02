import { openEmbedded, type EmbeddedOptions } from './open-embedded.ts';
import { openServer } from './open-server.ts';
import type { PoolDatabase } from './pool-database.ts';

export interface OpenDatabaseOptions extends EmbeddedOptions {
  /** DATABASE_URL; null or absent means embedded, in `directory`. */
  url?: string | null;
}

/**
 * Opens the database that the configuration asks for. Its schema is migrate.ts's affair.
 * @throws OperatorError when it cannot be used
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<PoolDatabase> {
  const { url, ...embedded } = options;
  return url ? await openServer({ url, logger: options.logger }) : await openEmbedded(embedded);
}
