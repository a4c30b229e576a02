import type { RetrieverStore } from '../retrievers/retriever-store.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { invariant } from '../shared/invariant.ts';
import type { Logger } from '../shared/logger.ts';
import type { DatasetStore } from './dataset-store.ts';
import { asMeasured, contextOf, evaluateQuery, type EvaluateQueryDeps } from './evaluate-query.ts';
import type { EvaluationQuery } from './evaluation-dataset.ts';
import type { EvaluationFeed } from './evaluation-feed.ts';
import type { ClaimedEvaluation, EvaluationStore } from './evaluation-store.ts';
import type { Evaluation } from './evaluation.ts';
import { freezeWeights, type FrozenWeights } from './frozen-weights.ts';
import { meanMetrics } from './ranking-metrics.ts';

/** A query that takes longer may be run twice, which does no harm. */
const LEASE_MS = 15_000;
const POLL_MS = 1_000;
const MAX_ATTEMPTS = 5;
const RETRY_MS = 1_000;

export interface EvaluationRunnerDeps extends EvaluateQueryDeps {
  evaluations: EvaluationStore;
  datasets: Pick<DatasetStore, 'queries'>;
  retrievers: Pick<RetrieverStore, 'version'>;
  feed: Pick<EvaluationFeed, 'changed'>;
  logger: Logger;
  /** Names this instance among those that share a store. */
  runner: string;
}

/**
 * Runs the evaluations that wait, one after the other and a query at a time, so that live searches go before. What each
 * query gave is stored at once: whoever takes over an evaluation, because its runner stopped or died, goes on behind it.
 */
export class EvaluationRunner {
  readonly #deps: EvaluationRunnerDeps;
  readonly #poll: NodeJS.Timeout;
  #working: Promise<void> | null = null;
  #wanted = false;
  #stopping = false;

  constructor(deps: EvaluationRunnerDeps) {
    this.#deps = deps;
    this.#poll = setInterval(() => this.wake(), POLL_MS).unref();
  }

  /** Looks for work now. */
  wake(): void {
    this.#wanted = true;
    if (this.#stopping || this.#working !== null) return;
    this.#working = this.#work().finally(() => (this.#working = null));
  }

  /** Finishes the query at hand and gives the evaluation back. */
  async close(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#poll);
    await this.#working;
  }

  async #work(): Promise<void> {
    const { evaluations, runner, logger } = this.#deps;
    try {
      while (this.#wanted && !this.#stopping) {
        this.#wanted = false;
        const claimed = await evaluations.claim(runner, LEASE_MS);
        if (claimed === null) continue;
        await this.#runOrGiveBack(claimed);
        this.#wanted = true;
      }
    } catch (error) {
      logger.warn({ err: error }, 'Evaluations cannot be run now; trying again.');
    }
  }

  async #runOrGiveBack({ evaluation, frozen, attempts }: ClaimedEvaluation): Promise<void> {
    const { evaluations, runner, feed, logger } = this.#deps;
    const { id } = evaluation;
    try {
      await this.#run(evaluation, frozen);
    } catch (error) {
      logger.error({ err: error, evaluationId: id }, 'An evaluation broke off.');
      const retryInMs = RETRY_MS * 2 ** (attempts - 1);
      const state =
        attempts < MAX_ATTEMPTS
          ? await evaluations.release(id, runner, retryInMs)
          : await evaluations.fail(id, runner, failureOf(error));
      if (state !== null) feed.changed(state);
    }
  }

  async #run(evaluation: Evaluation, begunWith: FrozenWeights | null): Promise<void> {
    const { evaluations, datasets, runner, feed } = this.#deps;
    const { id, datasetId, datasetVersion } = evaluation;
    const retriever = await this.#measuredVersion(evaluation);
    const queries = (await datasets.queries(datasetId, datasetVersion)).filter(
      ({ heldOut }) => heldOut || !evaluation.heldOutOnly,
    );
    const frozen = begunWith ?? (await this.#freeze(retriever, queries));
    const begun = await evaluations.begin(id, runner, frozen);
    if (begun === null) return;
    feed.changed(begun);

    const done = new Set((await evaluations.results(id)).map(({ position }) => position));
    for (const query of queries.filter(({ position }) => !done.has(position))) {
      if (this.#stopping) return void (await evaluations.release(id, runner, 0));
      const result = await evaluateQuery(this.#deps, retriever, query, { frozen, spec: evaluation });
      const saved = await evaluations.save(id, runner, result, LEASE_MS);
      // cancelled, or another took it over
      if (saved === null) return;
      feed.changed(saved);
    }
    const results = await evaluations.results(id);
    const completed = await evaluations.complete(id, runner, meanMetrics(results.map(({ metrics }) => metrics)));
    if (completed !== null) feed.changed(completed);
  }

  async #measuredVersion(evaluation: Evaluation): Promise<Retriever> {
    const { retrieverId, retrieverVersion } = evaluation;
    const retriever = await this.#deps.retrievers.version(retrieverId, retrieverVersion);
    invariant(retriever, `version ${retrieverVersion} of retriever ${retrieverId} is kept`);
    return asMeasured(retriever, evaluation);
  }

  async #freeze(retriever: Retriever, queries: readonly EvaluationQuery[]): Promise<FrozenWeights | null> {
    if (retriever.stages[0].fusion !== 'LEARNED') return null;
    const contexts = queries.map((query) => contextOf(retriever, query));
    return freezeWeights(this.#deps.posteriors, retriever, contexts);
  }
}

function failureOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `It broke off ${MAX_ATTEMPTS} times in a row; the last time: ${reason.slice(0, 500)}`;
}
