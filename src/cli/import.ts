import type { Command } from 'commander';
import { existsSync, statSync } from 'node:fs';
import { OperatorError } from '../shared/errors.ts';
import { addApiOptions, INTERRUPTED, withApi, type ApiOptions } from './api.ts';
import { findNamed } from './find-named.ts';
import type { RowFormat } from './import/read-rows.ts';
import { showProgress } from './show-progress.ts';

const help = `
Rows are JSON objects, one a line (.jsonl, .ndjson), or the lines of a CSV whose first line names the columns. A row is a
document: its id, its text, and everything else as metadata. Rows that cannot be stored are set aside, with the reason,
in FILE.rejected.jsonl. What is interrupted goes on where it stopped when the same command is given again.

Examples:
  attune import products.jsonl --collection products
  attune import products.csv --collection 0198c2de-… --id-field sku --content-field description
  ATTUNE_URL=https://search.example ATTUNE_KEY=attune_… attune import products.ndjson --collection 0198c2de-…`;

interface Options extends ApiOptions {
  collection: string;
  format?: string;
  idField?: string;
  contentField?: string;
  restart?: boolean;
}

export function addImportCommand(program: Command): void {
  const command = program
    .command('import <file>')
    .description('Stores the rows of a JSONL or CSV file as documents, over the API of a running server.')
    .requiredOption('--collection <id>', 'the collection that they go into, by id or name')
    .option('--format <format>', 'jsonl or csv; without: by the name of the file')
    .option('--id-field <name>', 'what holds the id; without: documentId, id or _id')
    .option('--content-field <name>', 'what holds the text; without: content or text')
    .option('--restart', 'begin anew, though an earlier run got somewhere');
  addApiOptions(command)
    .addHelpText('after', help)
    .action((file: string, options: Options) => importFile(file, options));
}

/** @throws OperatorError for what the command line has wrong, and for what the server refuses */
async function importFile(file: string, options: Options): Promise<void> {
  const format = formatOf(file, options.format);
  if (!existsSync(file)) throw new OperatorError(`There is no file ${file}.`);
  if (statSync(file).isDirectory()) throw new OperatorError(`${file} is a folder: name one file.`);
  const { importDocuments, rejectedPath } = await import('./import/import-documents.ts');
  const { idField = null, contentField = null, restart = false } = options;
  const done = await withApi(options, async (send, signal) => {
    const { id: collectionId } = await findNamed(send, 'collection', options.collection);
    const shown = showProgress(statSync(file).size, process.stdout);
    try {
      return await importDocuments(send, {
        ...{ file, format, collectionId, idField, contentField, restart, signal },
        onProgress: ({ bytes, stored, rejected }) => shown.update(bytes, `${stored} stored, ${rejected} set aside`),
      });
    } finally {
      shown.end();
    }
  });
  if (done === null) {
    process.stdout.write('Interrupted: the same command goes on from here.\n');
    process.exitCode = INTERRUPTED;
    return;
  }
  process.stdout.write(`${done.stored} documents stored, ${done.rejected} rows set aside.\n`);
  if (done.rejected === 0) return;
  process.stdout.write(`Why is in ${rejectedPath(file)}.\n`);
  process.exitCode = 2;
}

/** @throws OperatorError where neither the option nor the name tells */
function formatOf(file: string, given: string | undefined): RowFormat {
  const name = given ?? /\.([^.]+)$/.exec(file)?.[1]?.toLowerCase() ?? '';
  if (name === 'csv') return 'csv';
  if (['jsonl', 'ndjson'].includes(name)) return 'jsonl';
  throw new OperatorError(`It cannot be told what ${file} holds: say --format jsonl or --format csv.`);
}
