import type { Command } from 'commander';
import { toRate } from './rate.ts';

const help = `
It starts a server of its own with a catalogue of some 300 products, signs you in by the URL that it prints, and lets
simulated shoppers of two opposite tastes search: gearheads buy by the data sheet, browsers by how it would feel to own
the thing. Open the console, choose demo-search, and compare the two segments: within a minute their weights part.

It runs on the embedded engines, whatever DATABASE_URL and CLICKHOUSE_URL say, and keeps its data and its key in a folder
of its own; removing the folder begins anew. Ctrl-C stops it.

Examples:
  attune demo
  attune demo --no-shoppers
  attune demo --shoppers 20 --data-dir /tmp/demo
  PORT=8080 attune demo`;

const SHOPPERS_PER_SECOND = 5;
const OWN_FOLDER = '.attune-demo';

interface DemoOptions {
  shoppers: number | false;
  dataDir: string;
}

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('Starts a server with a demo shop and simulated shoppers, to look around.')
    .option('--shoppers <rate>', 'searches a second of the simulated shoppers', toRate, SHOPPERS_PER_SECOND)
    .option('--no-shoppers', 'nobody but you')
    .option(
      '--data-dir <folder>',
      'where it keeps its data (ATTUNE_DATA_DIR)',
      process.env['ATTUNE_DATA_DIR'] ?? OWN_FOLDER,
    )
    .addHelpText('after', help)
    .action(runDemo);
}

async function runDemo({ shoppers, dataDir }: DemoOptions): Promise<void> {
  const [{ runServer }, { ensureDemoKey }] = await Promise.all([
    import('./run-server.ts'),
    import('../demo/demo-key.ts'),
  ]);
  const key = process.env['ATTUNE_ADMIN_KEY'] || (await ensureDemoKey(dataDir));
  const env = {
    ...process.env,
    ...{ ATTUNE_DATA_DIR: dataDir, ATTUNE_DEMO: '1', DATABASE_URL: '', CLICKHOUSE_URL: '' },
    ...(key !== null && { ATTUNE_ADMIN_KEY: key }),
  };
  await runServer({ shoppersPerSecond: shoppers === false ? null : shoppers, demo: { key } }, env);
}
