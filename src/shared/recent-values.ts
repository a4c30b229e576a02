/**
 * An async iterator over values in order, which holds so many at the most: a reader that is slower than they come misses
 * the oldest, so memory is bounded however fast they come. `return()` ends it at once, also while a read is pending (an
 * async generator would hang there), and calls `onEnd` exactly once.
 */
export class RecentValues<Value> implements AsyncIterableIterator<Value> {
  readonly #waiting: Value[] = [];
  readonly #capacity: number;
  readonly #onEnd: () => void;
  #reader: ((result: IteratorResult<Value>) => void) | null = null;
  #ended = false;

  constructor(capacity: number, onEnd: () => void) {
    this.#capacity = capacity;
    this.#onEnd = onEnd;
  }

  push(value: Value): void {
    if (this.#ended) return;
    if (this.#reader !== null) {
      const reader = this.#reader;
      this.#reader = null;
      return reader({ done: false, value });
    }
    this.#waiting.push(value);
    if (this.#waiting.length > this.#capacity) this.#waiting.shift();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting.length = 0;
    this.#reader?.({ done: true, value: undefined });
    this.#reader = null;
    this.#onEnd();
  }

  next(): Promise<IteratorResult<Value>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    if (this.#waiting.length > 0) return Promise.resolve({ done: false, value: this.#waiting.shift() as Value });
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
