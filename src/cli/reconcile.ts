import type { Command } from 'commander';
import type { Difference, Reconciliation } from '../interactions/reconcile.ts';

const help = `
Postgres has what was acknowledged, ClickHouse what was learned from it: they must agree on the week that Postgres keeps,
but for what is still on its way. Servers may run meanwhile (the embedded engines take one process at a time). The exit
code is 0 where they agree, else 1.

  missing     in Postgres only: --repair sends it again; crediting it again changes nothing
  surplus     in ClickHouse only: an old backup of Postgres, or rows that were made by hand
  repeated    more than once in ClickHouse
  learned     sums that are not those of their log: the mutation rebuildLearnedWeights works them out anew

Examples:
  attune reconcile
  attune reconcile --repair`;

export function addReconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .description('Compares what the two stores have of searches and interactions.')
    .option('--repair', 'send again what ClickHouse lacks')
    .addHelpText('after', help)
    .action(async ({ repair = false }: { repair?: boolean }) => {
      const { withStores } = await import('./with-stores.ts');
      const found = await withStores(({ reconcile }) => reconcile(repair));
      process.stdout.write(`${report(found).join('\n')}\n`);
      if (found.differences.length + found.learned.length > 0) process.exitCode = 1;
    });
}

function report({ compared, differences, learned, sentAgain }: Reconciliation): string[] {
  return [
    `Compared ${compared.execution} searches and ${compared.interaction} interactions.`,
    ...differences.map(line),
    ...learned.map(
      ({ retrieverId, logged, summed }) =>
        `${retrieverId}  learned: ${summed.batches} batches with ${summed.interactions} interactions are summed up, of ${logged.batches} with ${logged.interactions} in the log`,
    ),
    ...(sentAgain > 0 ? [`${sentAgain} put into the outbox again.`] : []),
    ...(differences.length + learned.length === 0 ? ['The stores agree.'] : []),
  ];
}

function line({ kind, retrieverId, hour, missing, surplus, repeated }: Difference): string {
  const counts = Object.entries({ missing, surplus, repeated }).filter(([, ids]) => ids.length > 0);
  const what = counts.map(([name, ids]) => `${ids.length} ${name} (${ids[0]}${ids.length > 1 ? ', …' : ''})`);
  return `${retrieverId ?? 'no retriever'}  ${new Date(hour).toISOString().slice(0, 13)}h  ${kind}s: ${what.join(', ')}`;
}
