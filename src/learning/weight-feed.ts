import type { Retriever } from '../retrievers/retriever.ts';
import { LatestValue } from '../shared/latest-value.ts';
import type { Logger } from '../shared/logger.ts';
import { contextName, type ContextRef, type ContextValues } from './context.ts';
import { decidingContexts } from './decide-posterior.ts';
import type { LearnedWeights } from './learned-weights.ts';
import type { PosteriorCache } from './posterior-cache.ts';
import { parseWeightVersion } from './weight-version.ts';

/** Everyone who watches the same user and segment of the same retriever: worked out once, however many they are. */
interface Audience {
  key: string;
  retriever: Retriever;
  values: ContextValues;
  /** What the watchers know by now; equal weights are not sent again. */
  last: LearnedWeights | null;
  watchers: Set<Watcher>;
}

/** Of so many, all that decides them is read anew with each change; of more, what is told to have changed. */
const FEW_AUDIENCES = 100;

interface Watcher {
  slot: LatestValue<LearnedWeights>;
  /** The version last handed over; what is not newer is not sent. */
  sent: number;
  /** Whether it has had its snapshot (or needed none). */
  started: boolean;
}

export interface WeightFeedDeps {
  cache: PosteriorCache;
  /** What these values see now; null where it is neither in memory nor to be had from the store. */
  weigh: (retriever: Retriever, values: ContextValues) => Promise<LearnedWeights | null>;
  logger: Logger;
  /** Milliseconds before a refresh that failed is tried again. */
  retryMs?: number;
}

/**
 * Turns changes of posteriors into new weights for who watches. A change names contexts; the feed re-reads those that
 * are in memory here, then sends each audience its weights. Changes that come while a refresh runs are taken together
 * by the next one, so a burst of batches costs one read, not one a batch.
 */
export class WeightFeed {
  readonly #deps: WeightFeedDeps;
  readonly #audiences = new Map<string, Map<string, Audience>>();
  readonly #pending = new Map<string, Map<string, ContextRef>>();
  readonly #refreshing = new Set<string>();
  readonly #refreshes = new Set<Promise<void>>();
  readonly #retries = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(deps: WeightFeedDeps) {
    this.#deps = deps;
  }

  /** Watchers now open, over all retrievers. */
  get watcherCount(): number {
    let count = 0;
    for (const audiences of this.#audiences.values()) {
      for (const audience of audiences.values()) count += audience.watchers.size;
    }
    return count;
  }

  /**
   * A snapshot first, unless `after` is that version already, then every newer state. Versions only grow; a slow
   * reader gets the newest.
   */
  async watch(retriever: Retriever, values: ContextValues, after: number): Promise<LatestValue<LearnedWeights>> {
    const [other] = this.#audiences.get(retriever.id)?.values() ?? [];
    // who comes may know of a definition that nobody has told yet, or have looked it up before the last one was told
    if (other !== undefined && other.retriever.version < retriever.version) this.redefined(retriever);
    const audience = this.#audience(other?.retriever ?? retriever, values);
    const watcher: Watcher = {
      slot: new LatestValue(() => this.#leave(audience, watcher)),
      sent: after,
      started: false,
    };
    // In before the snapshot is worked out, so that no change falls between the two.
    audience.watchers.add(watcher);
    try {
      const snapshot = await this.#deps.weigh(audience.retriever, values);
      if (snapshot === null) this.#retryLater(retriever.id);
      else {
        audience.last ??= snapshot;
        send(watcher, snapshot, numberOf(snapshot));
      }
    } catch (error) {
      watcher.slot.end();
      throw error;
    }
    return watcher.slot;
  }

  /** These contexts of a retriever (null: unknown which) have changed in the store. */
  changed(retrieverId: string, contexts: readonly ContextRef[] | null): void {
    if (this.#closed) return;
    const { cache } = this.#deps;
    this.#await(
      retrieverId,
      contexts === null ? cache.known(retrieverId) : contexts.filter((context) => cache.holds(retrieverId, context)),
    );
    const refresh = this.#refresh(retrieverId).finally(() => this.#refreshes.delete(refresh));
    this.#refreshes.add(refresh);
  }

  /** Changes may have been missed: everything in memory is read anew. */
  resync(): void {
    for (const retrieverId of this.#deps.cache.retrievers()) this.changed(retrieverId, null);
  }

  /** A retriever has a new definition: other features, priors or thresholds. */
  redefined(retriever: Retriever): void {
    for (const audience of this.#audiences.get(retriever.id)?.values() ?? []) {
      // two may be looked up at once, and the older one be told last
      if (audience.retriever.version < retriever.version) audience.retriever = retriever;
    }
    this.changed(retriever.id, []);
  }

  /** The retrievers that somebody watches, as they are known here. */
  watched(): Retriever[] {
    return [...this.#audiences.values()].flatMap((audiences) => {
      const [first] = audiences.values();
      return first === undefined ? [] : [first.retriever];
    });
  }

  /** A retriever is gone: its watchers' streams complete. */
  removed(retrieverId: string): void {
    for (const audience of [...(this.#audiences.get(retrieverId)?.values() ?? [])]) endAll(audience);
  }

  /** Resolves when every change so far was read, and handed to who watches. */
  async settled(): Promise<void> {
    while (this.#refreshes.size > 0) await Promise.all(this.#refreshes);
  }

  /** Ends every stream. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#retries.values()) clearTimeout(timer);
    for (const retrieverId of [...this.#audiences.keys()]) this.removed(retrieverId);
  }

  #await(retrieverId: string, contexts: readonly ContextRef[]): void {
    const pending = this.#pending.get(retrieverId) ?? new Map<string, ContextRef>();
    for (const context of contexts) pending.set(contextName(context), context);
    this.#pending.set(retrieverId, pending);
  }

  async #refresh(retrieverId: string): Promise<void> {
    if (this.#refreshing.has(retrieverId)) return;
    this.#refreshing.add(retrieverId);
    let taken: ContextRef[] = [];
    try {
      for (
        let pending = this.#pending.get(retrieverId);
        pending !== undefined;
        pending = this.#pending.get(retrieverId)
      ) {
        taken = this.#withWatched(retrieverId, pending);
        this.#pending.delete(retrieverId);
        await this.#deps.cache.refresh(retrieverId, taken);
        await this.#publish(retrieverId);
      }
    } catch (error) {
      this.#deps.logger.warn({ err: error, retrieverId }, 'Could not read new weights; trying again.');
      this.#await(retrieverId, taken);
      this.#retryLater(retrieverId);
    } finally {
      this.#refreshing.delete(retrieverId);
    }
  }

  /**
   * What has changed, and what else decides weights that are watched: a batch that is in the store already may have moved
   * it, though nobody has told of it yet. Else the version that counts that batch would be sent with what was before it, and
   * what comes be no news.
   */
  #withWatched(retrieverId: string, pending: ReadonlyMap<string, ContextRef>): ContextRef[] {
    const audiences = this.#audiences.get(retrieverId);
    if (audiences === undefined || audiences.size > FEW_AUDIENCES) return [...pending.values()];
    const contexts = new Map(pending);
    for (const { retriever, values } of audiences.values()) {
      for (const context of decidingContexts(retriever.stages[0], values)) contexts.set(contextName(context), context);
    }
    return [...contexts.values()];
  }

  #retryLater(retrieverId: string): void {
    if (this.#closed || this.#retries.has(retrieverId)) return;
    const timer = setTimeout(() => {
      this.#retries.delete(retrieverId);
      this.changed(retrieverId, []);
    }, this.#deps.retryMs ?? 500);
    timer.unref();
    this.#retries.set(retrieverId, timer);
  }

  async #publish(retrieverId: string): Promise<void> {
    for (const audience of this.#audiences.get(retrieverId)?.values() ?? []) {
      const weights = await this.#deps.weigh(audience.retriever, audience.values);
      if (weights === null) this.#retryLater(retrieverId);
      else tell(audience, weights);
    }
  }

  #audience(retriever: Retriever, values: ContextValues): Audience {
    const audiences = this.#audiences.get(retriever.id) ?? new Map<string, Audience>();
    this.#audiences.set(retriever.id, audiences);
    const key = JSON.stringify([values['user_id'], values['segment']]);
    const known = audiences.get(key);
    if (known !== undefined) return known;
    const audience: Audience = { key, retriever, values, last: null, watchers: new Set() };
    audiences.set(key, audience);
    return audience;
  }

  #leave(audience: Audience, watcher: Watcher): void {
    audience.watchers.delete(watcher);
    if (audience.watchers.size > 0) return;
    const audiences = this.#audiences.get(audience.retriever.id);
    if (audiences?.get(audience.key) === audience) audiences.delete(audience.key);
    if (audiences?.size === 0) this.#audiences.delete(audience.retriever.id);
  }
}

function tell(audience: Audience, weights: LearnedWeights): void {
  const news = audience.last === null || !sameWeights(audience.last, weights);
  audience.last = weights;
  const version = numberOf(weights);
  for (const watcher of audience.watchers) if (news || !watcher.started) send(watcher, weights, version);
}

function numberOf({ version }: LearnedWeights): number {
  return parseWeightVersion(version) ?? 0;
}

function send(watcher: Watcher, weights: LearnedWeights, version: number): void {
  watcher.started = true;
  if (version <= watcher.sent) return;
  watcher.sent = version;
  watcher.slot.push(weights);
}

function endAll(audience: Audience): void {
  for (const watcher of [...audience.watchers]) watcher.slot.end();
}

function sameWeights(one: LearnedWeights, other: LearnedWeights): boolean {
  return (
    one.contextLevel === other.contextLevel &&
    one.interactions === other.interactions &&
    one.arms.length === other.arms.length &&
    one.arms.every((arm, index) => {
      const twin = other.arms[index];
      return (
        arm.featureUri === twin?.featureUri &&
        arm.alpha === twin.alpha &&
        arm.beta === twin.beta &&
        arm.weight === twin.weight
      );
    })
  );
}
