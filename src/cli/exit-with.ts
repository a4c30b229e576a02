import { CommanderError } from 'commander';
import { createScrubber, secretsOf } from '../monitoring/scrub.ts';
import { DomainError, OperatorError } from '../shared/errors.ts';

/** Ends the process with one sentence on stderr for what its operator can mend, and with a stack for our own faults. */
export function exitWith(error: unknown): never {
  const scrub = createScrubber(secretsOf(process.env));
  process.stderr.write(`attune: ${scrub(reasonOf(error))}\n`);
  process.exit(1);
}

function reasonOf(error: unknown): string {
  if (error instanceof CommanderError) {
    const sentence = error.message
      .replace(/^error: /, '')
      .replaceAll('\n', ' ')
      .replace(/\.$/, '');
    return `${sentence}. See --help.`;
  }
  if (error instanceof OperatorError || error instanceof DomainError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
