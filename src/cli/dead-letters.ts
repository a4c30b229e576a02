import type { Command } from 'commander';
import type { DeadLetter } from '../interactions/dead-letter-store.ts';
import { everyPage } from './every-page.ts';

const help = `
A batch that ClickHouse refuses three times, because of its rows, is put aside whole and nothing of it is lost. Mend what
it says (a full disk, a column that was changed by hand), then replay. What ClickHouse has of a batch already is not sent
again. The running server sends what is replayed; on the embedded engines, where the server has to be stopped for this
command, the next start does. A running server also knows the query deadLetters and the mutation replayDeadLetters.

Examples:
  attune dead-letters
  attune dead-letters --replay
  attune dead-letters --replay 0198c2de-… 0198c2df-…`;

export function addDeadLettersCommand(program: Command): void {
  program
    .command('dead-letters')
    .description('Lists the batches that ClickHouse refused, or sends them again.')
    .option('--replay [ids...]', 'put these back into the outbox; without ids: all')
    .addHelpText('after', help)
    .action(async ({ replay }: { replay?: string[] | true }) => {
      const { withStores } = await import('./with-stores.ts');
      await withStores(async ({ deadLetters, replayDeadLetters }) => {
        if (replay === undefined) return list(await everyPage(deadLetters.list));
        const replayed = await replayDeadLetters(replay === true ? null : replay);
        say(`${replayed.length} put back into the outbox.`);
      });
    });
}

function list(letters: readonly DeadLetter[]): void {
  for (const { id, buriedAt, executions, interactions, attempts, error } of letters) {
    say(`${id}  ${new Date(buriedAt).toISOString()}  ${executions} searches, ${interactions} interactions`);
    say(`    refused ${attempts} times: ${error}`);
  }
  say(letters.length === 0 ? 'None.' : `${letters.length} in all.`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
