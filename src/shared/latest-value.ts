/**
 * An async iterator that holds one value: a reader that is slow gets the newest and misses those between, so memory
 * is bounded however fast values come. `return()` ends it at once, also while a read is pending (an async generator
 * would hang there), and calls `onEnd` exactly once.
 */
export class LatestValue<Value> implements AsyncIterableIterator<Value> {
  #waiting: { value: Value } | null = null;
  #reader: ((result: IteratorResult<Value>) => void) | null = null;
  #ended = false;
  readonly #onEnd: () => void;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(value: Value): void {
    if (this.#ended) return;
    if (this.#reader === null) {
      this.#waiting = { value };
      return;
    }
    const reader = this.#reader;
    this.#reader = null;
    reader({ done: false, value });
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = null;
    this.#reader?.({ done: true, value: undefined });
    this.#reader = null;
    this.#onEnd();
  }

  next(): Promise<IteratorResult<Value>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    if (this.#waiting !== null) {
      const { value } = this.#waiting;
      this.#waiting = null;
      return Promise.resolve({ done: false, value });
    }
    // Two reads at once would make the first hang: the newer one takes over.
    this.#reader?.({ done: true, value: undefined });
    return new Promise((resolve) => (this.#reader = resolve));
  }

  return(): Promise<IteratorResult<Value>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
