/** Tells all that holds something open for a retriever that it was deleted, here or on another instance. */
export class RetrieverRemovals {
  readonly #listeners: ((retrieverId: string) => void)[] = [];

  /** @param listener must not throw; it is told for as long as the process lives */
  onRemoved(listener: (retrieverId: string) => void): void {
    this.#listeners.push(listener);
  }

  removed(retrieverId: string): void {
    for (const listener of this.#listeners) listener(retrieverId);
  }
}
