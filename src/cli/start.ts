import type { Command } from 'commander';
import { toRate } from './rate.ts';

const help = `
The first start makes an admin key and prints it once, and fills an empty embedded store with a demo catalogue. Ctrl-C
stops it in order: requests are finished, feedback is sent to ClickHouse, subscribers are told; a second Ctrl-C at once.

Examples:
  attune start
  PORT=8080 ATTUNE_DEMO=0 attune start
  attune start --shoppers 20
  DATABASE_URL=postgres://… CLICKHOUSE_URL=http://… attune start`;

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('Starts the server.')
    .option('--shoppers [rate]', 'let simulated shoppers of two tastes search the demo, so many times a second', toRate)
    .addHelpText('after', help)
    .action(async ({ shoppers }: { shoppers?: number | true }) => {
      const { runServer } = await import('./run-server.ts');
      await runServer({ shoppersPerSecond: shoppers === true ? 5 : (shoppers ?? null) });
    });
}
