import { OperatorError } from '../../shared/errors.ts';

/** What the file system said, as the sentence that an operator is told; anything else as it is, for it is a fault of ours. */
export function fileFault(error: unknown, sentence: (reason: string) => string): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new OperatorError(sentence(error.message), { cause: error });
}
