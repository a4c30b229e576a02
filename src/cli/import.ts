import type { Command } from 'commander';
import { existsSync, statSync } from 'node:fs';
import { OperatorError } from '../shared/errors.ts';
import type { RowFormat } from './import/read-rows.ts';

const help = `
Rows are JSON objects, one a line (.jsonl, .ndjson), or the lines of a CSV whose first line names the columns. A row is a
document: its id, its text, and everything else as metadata. Rows that cannot be stored are set aside, with the reason,
in FILE.rejected.jsonl. What is interrupted goes on where it stopped when the same command is given again.

Examples:
  attune import products.jsonl --collection 0198c2de-…
  attune import products.csv --collection 0198c2de-… --id-field sku --content-field description
  ATTUNE_URL=https://search.example ATTUNE_KEY=attune_… attune import products.ndjson --collection 0198c2de-…`;

interface Options {
  collection: string;
  url: string;
  key?: string;
  namespace?: string;
  format?: string;
  idField?: string;
  contentField?: string;
  restart?: boolean;
}

export function addImportCommand(program: Command): void {
  const { ATTUNE_URL = 'http://127.0.0.1:4000', ATTUNE_KEY } = process.env;
  program
    .command('import <file>')
    .description('Stores the rows of a JSONL or CSV file as documents, over the API of a running server.')
    .requiredOption('--collection <id>', 'the collection that they go into')
    .option('--url <url>', 'where the server is (ATTUNE_URL)', ATTUNE_URL)
    .option('--key <key>', 'an API key with the scope admin (better by ATTUNE_KEY)', ATTUNE_KEY)
    .option('--namespace <name>', 'another namespace than the key’s')
    .option('--format <format>', 'jsonl or csv; without: by the name of the file')
    .option('--id-field <name>', 'what holds the id; without: documentId, id or _id')
    .option('--content-field <name>', 'what holds the text; without: content or text')
    .option('--restart', 'begin anew, though an earlier run got somewhere')
    .addHelpText('after', help)
    .action((file: string, options: Options) => importFile(file, options));
}

/** @throws OperatorError for what the command line has wrong, AttuneError for what the server refuses */
async function importFile(file: string, options: Options): Promise<void> {
  const format = formatOf(file, options.format);
  const { key } = options;
  if (!existsSync(file)) throw new OperatorError(`There is no file ${file}.`);
  if (statSync(file).isDirectory()) throw new OperatorError(`${file} is a folder: name one file.`);
  if (key === undefined)
    throw new OperatorError('Give a key with --key, or in ATTUNE_KEY: attune key create NAME --scope admin makes one.');
  const [{ createClient, AttuneError }, { importDocuments, rejectedPath }, { showProgress }] = await Promise.all([
    import('../client/client.ts'),
    import('./import/import-documents.ts'),
    import('./import/show-progress.ts'),
  ]);
  const client = createClient({
    url: options.url,
    key,
    ...(options.namespace !== undefined && { namespace: options.namespace }),
  });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const shown = showProgress(statSync(file).size);
  try {
    const done = await importDocuments((query, variables) => client.request(query, variables, { retries: 6 }), {
      ...{ file, format, collectionId: options.collection, restart: options.restart ?? false, signal: stop.signal },
      ...{ idField: options.idField ?? null, contentField: options.contentField ?? null, onProgress: shown.update },
    });
    shown.end();
    if (done === null) {
      process.stdout.write('Interrupted: the same command goes on from here.\n');
      process.exitCode = 130;
      return;
    }
    process.stdout.write(`${done.stored} documents stored, ${done.rejected} rows set aside.\n`);
    if (done.rejected === 0) return;
    process.stdout.write(`Why is in ${rejectedPath(file)}.\n`);
    process.exitCode = 2;
  } catch (error) {
    shown.end();
    throw error instanceof AttuneError ? new OperatorError(error.message, { cause: error }) : error;
  } finally {
    client.close();
  }
}

/** @throws OperatorError where neither the option nor the name tells */
function formatOf(file: string, given: string | undefined): RowFormat {
  const name = given ?? /\.([^.]+)$/.exec(file)?.[1]?.toLowerCase() ?? '';
  if (name === 'csv') return 'csv';
  if (['jsonl', 'ndjson'].includes(name)) return 'jsonl';
  throw new OperatorError(`It cannot be told what ${file} holds: say --format jsonl or --format csv.`);
}
