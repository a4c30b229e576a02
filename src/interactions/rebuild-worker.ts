import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { LogCursor, LoggedEvents } from './logged-events.ts';
import type { PrepareAttribution } from './outbox.ts';
import { creditGained, creditOf, DeltaSum, lastChange } from './posterior-deltas.ts';
import type { Rebuild, RebuildProgress, RebuildStore, RebuiltPage } from './rebuild-store.ts';
import { earningsOf, splitContexts } from './split-earnings.ts';

export interface RebuildWorkerDeps {
  rebuilds: RebuildStore;
  log: LoggedEvents;
  prepareAttribution: PrepareAttribution;
  clock: Clock;
  logger: Logger;
  wakeRelay: () => void;
  /** Other posteriors are read from now on: caches and subscribers read anew, on every instance. */
  changed: (retrieverId: string) => void;
  /** Executions of the log a page. Default 1,000. */
  logPage?: number;
}

/** After so long without a step a rebuild is anybody's. */
export const REBUILD_LEASE_MS = 30_000;
/** How long a step waits for ClickHouse to take what there is, before it is left for later. */
const DRAIN_PATIENCE_MS = 15_000;
const POLL_MS = 20;
const LOG_PAGE = 1_000;
/** Batches that may wait for ClickHouse before the next page is worked out. */
const MAX_PENDING = 4;

/** Carries rebuilds out, step by step, as rebuild-posteriors.ts describes. */
export class RebuildWorker {
  readonly #deps: RebuildWorkerDeps;
  readonly #running = new Set<Promise<void>>();
  #isClosing = false;

  constructor(deps: RebuildWorkerDeps) {
    this.#deps = deps;
  }

  /** Until it is done, somebody else does it, or it cannot go on. Never rejects. */
  goOn(rebuild: Rebuild): Promise<void> {
    const running = this.#goOn(rebuild)
      .catch((error: unknown) => {
        const { retrieverId } = rebuild;
        this.#deps.logger.warn({ err: error, retrieverId }, 'Learned weights could not be rebuilt yet; trying again.');
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Goes on with what was left behind: by a process that died, or because ClickHouse was away. */
  async finishDue(): Promise<void> {
    const now = this.#deps.clock.now();
    const due = await this.#deps.rebuilds.claimDue(now, now + REBUILD_LEASE_MS);
    await Promise.all(due.map((rebuild) => this.goOn(rebuild)));
  }

  /** Ends the step under way; the rest is gone on with after the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#running);
  }

  async #goOn(begun: Rebuild): Promise<void> {
    let rebuild: Rebuild | null = begun;
    while (rebuild !== null && rebuild.progress !== null && !this.#isClosing) {
      rebuild = await this.#step(rebuild, rebuild.progress);
    }
  }

  async #step(rebuild: Rebuild, progress: RebuildProgress): Promise<Rebuild | null> {
    const { rebuilds, log, clock, prepareAttribution, logPage = LOG_PAGE } = this.#deps;
    if (progress.phase === 'publishing') {
      await this.#drained(() => rebuilds.isDrained(progress.lastBatch));
      await log.publish(rebuild.retrieverId, rebuild.generation);
      const done = await rebuilds.finish(rebuild);
      this.#deps.changed(rebuild.retrieverId);
      return done;
    }
    await this.#drained(async () => (await rebuilds.pendingBatches()) < MAX_PENDING);
    const leaseUntil = clock.now() + REBUILD_LEASE_MS;
    if (progress.phase === 'recent') return rebuilds.creditRecent(rebuild, prepareAttribution, leaseUntil);
    const page = await log.executionsAfter(rebuild.retrieverId, progress.after, rebuild.startedAt, logPage);
    if (page.length === 0) return rebuilds.closeGeneration(rebuild, leaseUntil);
    return rebuilds.addPage(rebuild, await creditPage(this.#deps, rebuild, page), leaseUntil);
  }

  /** @throws where it takes too long */
  async #drained(isDrained: () => Promise<boolean>): Promise<void> {
    const until = this.#deps.clock.now() + DRAIN_PATIENCE_MS;
    while (!(await isDrained())) {
      if (this.#isClosing || this.#deps.clock.now() > until) throw new Error('ClickHouse has not taken it in yet.');
      this.#deps.wakeRelay();
      await sleep(POLL_MS);
    }
  }
}

/** What the executions of a page that only the log has have earned. */
async function creditPage(
  { rebuilds, log, prepareAttribution }: RebuildWorkerDeps,
  rebuild: Rebuild,
  page: readonly LogCursor[],
): Promise<RebuiltPage> {
  const { namespaceId, retrieverId, generation, ruledBy } = rebuild;
  const onlyLogged = await rebuilds.onlyLogged(page.map(({ executionId }) => executionId));
  const wanted = page.filter(({ executionId }) => onlyLogged.has(executionId));
  const found = await log.withSignals(namespaceId, retrieverId, wanted);
  const left = await rebuilds.leftByUsers(
    rebuild,
    found.map(({ execution }) => execution),
  );
  const events = found.filter(({ execution }) => left.get(execution.id) !== 'erased');
  const executions = events.map(({ execution }) => execution);
  const attribute = await prepareAttribution(executions, new Map([[retrieverId, { number: generation, ruledBy }]]));
  const sum = new DeltaSum();
  let interactions = 0;
  for (const { execution, signals } of events) {
    const earnings = earningsOf(attribute, execution, signals);
    if (earnings === null) continue;
    const { own, common } = earnings;
    const gained = creditGained(execution.hits, creditOf(own), null);
    const shared = own === common ? gained : creditGained(execution.hits, creditOf(common), null);
    interactions += gained?.interactions ?? 0;
    const origin = { generation, changedAt: lastChange(execution, signals) };
    const contexts = splitContexts(own.contexts.filter(({ level }) => level !== 'PERSONAL' || !left.has(execution.id)));
    if (gained !== null) sum.add(retrieverId, contexts.own, gained, own.decay, origin);
    if (shared !== null) sum.add(retrieverId, contexts.common, shared, own.decay, origin);
  }
  const next: RebuildProgress = { phase: 'logged', after: page.at(-1) ?? null };
  return { deltas: sum.deltas(), executions: events.length, interactions, next };
}
