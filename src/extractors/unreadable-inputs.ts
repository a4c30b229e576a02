import { ConflictError, ValidationError } from '../shared/errors.ts';

/** Some inputs of an extractor can never be embedded, a broken picture, say; the others could. */
export class UnreadableInputs extends ValidationError {
  /** What is wrong, as a sentence, by the place of the input. */
  readonly faults: ReadonlyMap<number, string>;

  constructor(faults: ReadonlyMap<number, string>) {
    super([...faults.values()][0] ?? 'An input cannot be read.', 'UNREADABLE_INPUT', []);
    this.faults = faults;
  }
}

/** All inputs of an extractor are refused by who embeds them: it may be them, or how their extractor is set up. */
export class RefusedInputs extends ConflictError {
  /** What is wrong, as a sentence, of each of them. */
  readonly fault: string;

  constructor({ message, code }: ConflictError) {
    super(message, code);
    this.fault = message;
  }
}
