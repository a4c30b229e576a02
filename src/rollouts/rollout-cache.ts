import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { RolloutStore } from './rollout-store.ts';
import { untouchedRollout, type Rollout } from './rollout.ts';

/** What a search has to know. */
export interface KnownRollout {
  rollout: Rollout;
  /** Whether this user opted out; nobody is never opted out. */
  isOptedOut(userId: string | null): boolean;
}

export interface RolloutCacheOptions {
  store: Pick<RolloutStore, 'since'>;
  clock: Clock;
  logger: Logger;
  /**
   * Whether other instances may change what is in the store. Where they may, no decision rests on a copy older than
   * `maxAgeMs`, hints or no hints; where not, every change passes through here.
   */
  shared: boolean;
  /** How often the store is asked. Default 400 ms. */
  pollMs?: number;
  /** A copy older than this is refreshed before it decides. Default 900 ms. */
  maxAgeMs?: number;
}

/**
 * Every rollout that was ever touched and every user who opted out, in memory (some 100 bytes a user), so that no
 * search asks the store. A change reaches it by `refresh` (its own, or a hint from another instance), by the poll, or
 * at the latest by the first search that finds the copy too old: a kill holds everywhere within a second.
 */
export class RolloutCache {
  readonly #options: RolloutCacheOptions;
  readonly #rollouts = new Map<string, Rollout>();
  readonly #optOuts = new Map<string, Set<string>>();
  readonly #listeners = new Set<(retrieverId: string) => void>();
  #revision = 0;
  /** When the newest refresh that succeeded was begun; null before the first. */
  #asOf: number | null = null;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RolloutCacheOptions) {
    this.#options = options;
  }

  /** Reads everything, and polls from then on. @throws where the store is away */
  async start(): Promise<void> {
    await this.refresh();
    if (!this.#options.shared) return;
    this.#timer = setInterval(() => {
      this.refresh().catch((error: unknown) => {
        this.#options.logger.warn({ err: error }, 'Rollouts could not be read anew; trying again.');
      });
    }, this.#options.pollMs ?? 400).unref();
  }

  /** @throws where the copy is too old and the store is away: nobody knows then whether the switch was thrown. */
  async of(retrieverId: string): Promise<KnownRollout> {
    if (this.#isTooOld()) await this.refresh();
    const users = this.#optOuts.get(retrieverId);
    return {
      rollout: this.#rollouts.get(retrieverId) ?? untouchedRollout(retrieverId),
      isOptedOut: (userId) => userId !== null && users?.has(userId) === true,
    };
  }

  /** Takes in what is in the store now; calls at once share one read that began after all of them. */
  async refresh(): Promise<void> {
    // The one under way may have read before the change that this call is about.
    if (this.#running !== null) await this.#running.catch(() => undefined);
    await (this.#running ??= this.#read().finally(() => (this.#running = null)));
  }

  /** Calls back with a retriever whenever its rollout has changed; returns the way to stop. */
  onChange(listener: (retrieverId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #isTooOld(): boolean {
    if (this.#asOf === null) return true;
    const age = this.#options.clock.now() - this.#asOf;
    return this.#options.shared && age > (this.#options.maxAgeMs ?? 900);
  }

  async #read(): Promise<void> {
    const begunAt = this.#options.clock.now();
    const { revision, rollouts, optOuts } = await this.#options.store.since(this.#revision);
    this.#revision = revision;
    this.#asOf = begunAt;
    for (const { retrieverId, userId, optedOut } of optOuts) {
      const users = this.#optOuts.get(retrieverId) ?? new Set();
      this.#optOuts.set(retrieverId, users);
      if (optedOut) users.add(userId);
      else users.delete(userId);
    }
    for (const rollout of rollouts) this.#rollouts.set(rollout.retrieverId, rollout);
    for (const { retrieverId } of rollouts) for (const listener of this.#listeners) listener(retrieverId);
  }
}
