import { rewardScale } from '../learning/reward.ts';
import { asInterleaved, mayBeMixed } from '../rollouts/decide-rollout.ts';
import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Execution } from '../search/execution.ts';
import type { ExecutionRecorder } from '../search/execution-recorder.ts';
import type { SearchInput } from '../search/search-input.ts';
import type { Clock } from '../shared/clock.ts';
import { DomainError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { seededRng } from '../shared/rng.ts';
import type { Interleaving, InterleavingStore, TeamCredit, UncreditedSearch } from './interleaving-store.ts';
import { creditTeams, teamDraft } from './interleaving.ts';
import { earnedByDocument } from './judge-from-searches.ts';
import { sequentialSignTest } from './sequential-sign-test.ts';

/** How soon every instance knows what runs, and a reward is credited. */
const TICK_MS = 1_000;
/** Rewards are looked for this far back: a transaction may commit after another that began later. */
const OVERLAP_MS = 60_000;

export interface InterleaverDeps {
  interleavings: InterleavingStore;
  retrievers: Pick<RetrieverStore, 'get'>;
  executions: Pick<ExecutionRecorder, 'record'>;
  /** Searches as usual; what comes is recorded by `record`. */
  search: (namespaceId: string, input: SearchInput, record: (execution: Execution) => void) => Promise<Execution>;
  clock: Clock;
  logger: Logger;
}

/**
 * Mixes the rankings of two retrievers in live searches of one of them, credits who put forward what was liked, and
 * stops by itself when the winner is clear.
 */
export class Interleaver {
  readonly #deps: InterleaverDeps;
  readonly #timer: NodeJS.Timeout;
  /** By the baseline's id. */
  #running: ReadonlyMap<string, Interleaving> = new Map();
  /** Until when the rewards of each were looked at; none where this instance has not yet. */
  readonly #creditedUntil = new Map<string, number>();
  #ticking: Promise<void> | null = null;

  constructor(deps: InterleaverDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.tick(), TICK_MS).unref();
  }

  /** A search, mixed where its retriever is the baseline of an interleaving, and plain everywhere else. */
  async search(namespaceId: string, input: SearchInput): Promise<Execution> {
    const { search, executions } = this.#deps;
    const record = (execution: Execution) => executions.record(execution);
    // a UUID may be spelt in two cases, and the store's is the small one
    const interleaving = this.#running.get(input.retrieverId.toLowerCase());
    if (interleaving?.namespaceId !== namespaceId) return search(namespaceId, input, record);
    const [baseline, candidate] = await Promise.all([
      search(namespaceId, input, () => {}),
      this.#candidate(namespaceId, { ...input, retrieverId: interleaving.candidateId }),
    ]);
    // The id is as good a die as any: nobody can choose it.
    const rng = seededRng(`${interleaving.id} ${baseline.id}`);
    const isMixed = candidate !== null && mayBeMixed(baseline) && rng.next() * 100 < interleaving.trafficPct;
    if (!isMixed) {
      record(baseline);
      return baseline;
    }
    const length = input.limit ?? Math.max(baseline.hits.length, candidate.hits.length);
    const { hits, teams } = teamDraft(baseline.hits, candidate.hits, length, rng);
    const mixed: Execution = { ...baseline, hits, rollout: asInterleaved(baseline.rollout) };
    await this.#deps.interleavings.recordSearch(interleaving.id, mixed.id, teams);
    record(mixed);
    return mixed;
  }

  /** Learns what runs, credits new rewards and decides; one at a time. */
  tick(): Promise<void> {
    this.#ticking ??= this.#tick()
      .catch((error: unknown) => {
        this.#deps.logger.warn({ err: error }, 'Interleavings could not be looked after; trying again.');
      })
      .finally(() => (this.#ticking = null));
    return this.#ticking;
  }

  /** For a change that is to hold here at once. */
  async refresh(): Promise<void> {
    const running = await this.#deps.interleavings.running();
    this.#running = new Map(running.map((interleaving) => [interleaving.baselineId, interleaving]));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#ticking;
  }

  /** A candidate that cannot be searched costs nobody their results. */
  async #candidate(namespaceId: string, input: SearchInput): Promise<Execution | null> {
    try {
      return await this.#deps.search(namespaceId, input, () => {});
    } catch (error) {
      const level = error instanceof DomainError ? 'warn' : 'error';
      this.#deps.logger[level]({ err: error }, 'The candidate of an interleaving could not be searched.');
      return null;
    }
  }

  async #tick(): Promise<void> {
    await this.refresh();
    for (const interleaving of this.#running.values()) await this.#creditAndDecide(interleaving);
  }

  async #creditAndDecide(interleaving: Interleaving): Promise<void> {
    const { interleavings, clock } = this.#deps;
    const { id, namespaceId, alpha } = interleaving;
    const now = clock.now();
    const uncredited = await interleavings.uncredited(id, this.#creditedUntil.get(id) ?? 0);
    const credits = await this.#creditsOf(interleaving, uncredited);
    this.#creditedUntil.set(id, now - OVERLAP_MS);
    if (credits.length === 0) return;
    await interleavings.credit(credits);
    const { wins, losses } = await interleavings.counts(id);
    const { pValue } = sequentialSignTest(wins, losses, alpha, interleaving.pValue);
    await interleavings.lowerPValue(id, pValue);
    if (pValue > alpha) return;
    await interleavings.end(namespaceId, id, 'DECIDED');
    await this.refresh();
  }

  /** Only of searches that earned something: views and the like decide nothing. */
  async #creditsOf(interleaving: Interleaving, searches: readonly UncreditedSearch[]): Promise<TeamCredit[]> {
    if (searches.length === 0) return [];
    const [retriever] = await this.#deps.retrievers.get(interleaving.namespaceId, [interleaving.baselineId]);
    if (retriever === undefined) return [];
    const reward = rewardScale(retriever.stages[0].learningConfig.rewardMap);
    return searches.flatMap(({ executionId, documentIds, teams, signals }) => {
      const earned = earnedByDocument(signals, reward);
      return earned.size === 0 ? [] : { executionId, ...creditTeams(documentIds, teams, earned) };
    });
  }
}
