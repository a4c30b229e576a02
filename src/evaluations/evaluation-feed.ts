import { LatestValue } from '../shared/latest-value.ts';
import type { Logger } from '../shared/logger.ts';
import type { EvaluationStore } from './evaluation-store.ts';
import { isOver, type Evaluation } from './evaluation.ts';

/** How soon a watcher hears of what another instance does. */
const POLL_MS = 500;

interface Watcher {
  slot: LatestValue<Evaluation>;
  seen: Evaluation;
}

/**
 * Tells who watches an evaluation of its progress. What runs here is pushed; what another instance runs is read from
 * the store while somebody watches it. A slow reader gets the newest state and misses those between.
 */
export class EvaluationFeed {
  readonly #evaluations: Pick<EvaluationStore, 'get'>;
  readonly #logger: Logger;
  readonly #watchers = new Set<Watcher>();
  #poll: NodeJS.Timeout | null = null;

  constructor(deps: { evaluations: Pick<EvaluationStore, 'get'>; logger: Logger }) {
    this.#evaluations = deps.evaluations;
    this.#logger = deps.logger;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** The state as it is now, then every change; ends behind the last one. */
  watch(evaluation: Evaluation): AsyncIterableIterator<Evaluation> {
    const slot = new LatestValue<Evaluation>(() => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#stopPolling();
    });
    const watcher: Watcher = { slot, seen: evaluation };
    this.#watchers.add(watcher);
    this.#poll ??= setInterval(() => void this.#readAll(), POLL_MS).unref();
    slot.push(evaluation);
    return endingWhenOver(slot);
  }

  /** To be told of every new state; one that is older than what was seen is not sent. */
  changed(evaluation: Evaluation): void {
    for (const watcher of this.#watchers) {
      if (watcher.seen.id !== evaluation.id || !isNewer(evaluation, watcher.seen)) continue;
      watcher.seen = evaluation;
      watcher.slot.push(evaluation);
    }
  }

  /** Ends every watch. */
  close(): void {
    for (const { slot } of [...this.#watchers]) slot.end();
  }

  async #readAll(): Promise<void> {
    const namespaces = new Set([...this.#watchers].map(({ seen }) => seen.namespaceId));
    try {
      for (const namespaceId of namespaces) {
        const watched = [...this.#watchers].filter(({ seen }) => seen.namespaceId === namespaceId);
        const ids = new Set(watched.map(({ seen }) => seen.id));
        for (const evaluation of await this.#evaluations.get(namespaceId, [...ids])) this.changed(evaluation);
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'The progress of evaluations could not be read; trying again.');
    }
  }

  #stopPolling(): void {
    if (this.#poll !== null) clearInterval(this.#poll);
    this.#poll = null;
  }
}

function isNewer(evaluation: Evaluation, seen: Evaluation): boolean {
  if (isOver(seen)) return false;
  return evaluation.status !== seen.status || evaluation.doneCount > seen.doneCount;
}

/** The value that ends it must be read before the end is: a slot that is ended forgets what waits in it. */
function endingWhenOver(slot: LatestValue<Evaluation>): AsyncIterableIterator<Evaluation> {
  let over = false;
  return {
    async next() {
      if (over) return slot.return();
      const event = await slot.next();
      over = event.done !== true && isOver(event.value);
      return event;
    },
    return: () => slot.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
