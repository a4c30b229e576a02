import { ValidationError } from '../shared/errors.ts';

/** Some inputs of an extractor can never be embedded, a broken picture, say; the others could. */
export class UnreadableInputs extends ValidationError {
  /** What is wrong, as a sentence, by the place of the input. */
  readonly faults: ReadonlyMap<number, string>;

  constructor(faults: ReadonlyMap<number, string>) {
    super([...faults.values()][0] ?? 'An input cannot be read.', 'UNREADABLE_INPUT', []);
    this.faults = faults;
  }
}
