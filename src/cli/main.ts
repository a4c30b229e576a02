import { Command, CommanderError } from 'commander';
import { addDeadLettersCommand } from './dead-letters.ts';
import { addDemoCommand } from './demo.ts';
import { addEvalCommand } from './eval.ts';
import { exitWith } from './exit-with.ts';
import { addExportCommand } from './export.ts';
import { addImportCommand } from './import.ts';
import { addKeyCommand } from './key.ts';
import { addReconcileCommand } from './reconcile.ts';
import { addStartCommand } from './start.ts';

/** Each command is a file that adds itself; what it does is loaded when it is called. */
const commands = [
  ...[addDemoCommand, addStartCommand, addImportCommand, addExportCommand, addEvalCommand],
  ...[addKeyCommand, addReconcileCommand, addDeadLettersCommand],
];

const description = `Attune: self-tuning hybrid search behind a typed GraphQL API.

Configuration is by environment variables, the same for every command: see the README. Without any, Attune keeps its data in the folder .attune, on engines that it brings along.`;

const help = `
To begin:
  attune demo                   a server with a demo shop and simulated shoppers, to look around
  attune start                  the server; it prints its URL and, once, the admin key
  attune import FILE            documents from JSONL or CSV, into a running server
  attune eval RETRIEVER         how good its rankings are, by judged queries
  attune COMMAND --help         what a command does, with examples`;

async function run(args: readonly string[]): Promise<void> {
  const program = new Command('attune')
    .description(description)
    .addHelpText('after', help)
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  for (const add of commands) add(program);
  if (args.length === 0) return program.outputHelp();
  await program.parseAsync(args, { from: 'user' });
}

run(process.argv.slice(2)).catch((error: unknown) => {
  // help was asked for, and is printed
  if (error instanceof CommanderError && error.exitCode === 0) return;
  exitWith(error);
});
