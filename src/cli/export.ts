import { Option, type Command } from 'commander';
import { OperatorError } from '../shared/errors.ts';
import { addApiOptions, INTERRUPTED, withApi, type ApiOptions, type Send } from './api.ts';
import type { ExportSource } from './export/source.ts';
import type { RowFormat } from './import/read-rows.ts';
import { showProgress } from './show-progress.ts';

const help = `
Rows go to stdout, or to a file with --output, which gets its name once it is complete: what is interrupted goes on where
it stopped when the same command is given again. JSONL holds everything as it was sent, and attune import takes it back;
a CSV has objects and lists as JSON text, and no vectors.

Examples:
  attune export documents products --output products.jsonl
  attune export documents products --format csv | head
  attune export judgments 0198c2de-… --output judged.csv
  attune export interactions --retriever shop-search --output clicks.jsonl`;

interface Options extends ApiOptions {
  output?: string;
  format?: RowFormat;
  restart?: boolean;
}

type OpenSource = (send: Send, format: RowFormat) => Promise<ExportSource>;

export function addExportCommand(program: Command): void {
  const command = program
    .command('export')
    .description('Writes documents, judgments or interactions as JSONL or CSV, over the API of a running server.')
    .addHelpText('after', help);
  addWhat(command, 'documents <collection>', 'The documents of a collection, by its id or name.').action(
    (collection: string, options: Options) =>
      exportTo(options, async (send, format) => {
        const { documentsOf } = await import('./export/documents.ts');
        return documentsOf(send, collection, format === 'jsonl');
      }),
  );
  addWhat(command, 'judgments <dataset>', 'The newest judgments of an evaluation dataset, by its id or name.').action(
    (dataset: string, options: Options) =>
      exportTo(options, async (send) => {
        const { judgmentsOf } = await import('./export/judgments.ts');
        return judgmentsOf(send, dataset);
      }),
  );
  addWhat(command, 'interactions', 'What people did in the last days, as long as the server keeps it; it names users.')
    .option('--retriever <id>', 'of this retriever, by its id or name; without: of all')
    .action((options: Options & { retriever?: string }) =>
      exportTo(options, async (send) => {
        const { interactionsOf } = await import('./export/interactions.ts');
        return interactionsOf(send, options.retriever ?? null);
      }),
    );
}

function addWhat(command: Command, usage: string, description: string): Command {
  const what = command
    .command(usage)
    .description(description)
    .option('--output <file>', 'where it goes; without: to stdout')
    .addOption(
      new Option('--format <format>', 'without: by the name of the file, else jsonl').choices(['jsonl', 'csv']),
    )
    .option('--restart', 'begin anew, though an earlier run got somewhere, and replace the file');
  return addApiOptions(what).addHelpText('after', help);
}

/** @throws OperatorError for what the command line has wrong, and for what the server refuses */
async function exportTo(options: Options, open: OpenSource): Promise<void> {
  const { output, restart = false } = options;
  const format = options.format ?? (output?.toLowerCase().endsWith('.csv') ? 'csv' : 'jsonl');
  if (output === undefined && restart)
    throw new OperatorError('--restart is for an --output file: stdout has no past.');
  const { exportToFile, exportToStream } = await import('./export/export-rows.ts');
  endWithReader();
  const [source, units] = await withApi(options, async (send, signal) => {
    const opened = await open(send, format);
    // on a terminal the rows themselves are to be seen
    const shown = output === undefined && process.stdout.isTTY ? null : showProgress(opened.total, process.stderr);
    const onProgress = (done: number) => shown?.update(done, `${done} ${opened.unit}`);
    const how = { format, restart, signal, onProgress };
    try {
      const done =
        output === undefined
          ? await exportToStream(opened, process.stdout, how)
          : await exportToFile(opened, output, how);
      return [opened, done] as const;
    } catch (error) {
      // between two pages of what is only read for its columns
      if (signal.aborted) return [opened, null] as const;
      throw error;
    } finally {
      shown?.end();
    }
  });
  if (units === null) {
    const goesOn = output === undefined ? '' : ': the same command goes on from here';
    process.stderr.write(`Interrupted${goesOn}.\n`);
    process.exitCode = INTERRUPTED;
    return;
  }
  process.stderr.write(`${units} ${source.unit} exported.\n`);
}

/** Whoever reads stdout may have had enough, as `head` has: that is no fault. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
