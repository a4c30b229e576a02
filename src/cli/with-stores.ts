import { openMaintenance, type Maintenance } from '../compose-maintenance.ts';
import { readConfig } from '../config.ts';
import { createLogger } from '../monitoring/create-logger.ts';
import { createScrubber, secretsOf } from '../monitoring/scrub.ts';

/** Does something with the stores of the environment, and closes them. Logs go to stderr: stdout is for what was asked. */
export async function withStores<Result>(work: (stores: Maintenance) => Promise<Result>): Promise<Result> {
  const config = readConfig(process.env);
  const scrub = createScrubber(secretsOf(process.env));
  const logger = createLogger({ level: config.logLevel, scrub, destination: process.stderr });
  const stores = await openMaintenance(config, logger);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}
