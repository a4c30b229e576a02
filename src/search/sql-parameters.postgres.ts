/** Collects the values of one statement while its text is put together. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** Returns the value's placeholder. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
