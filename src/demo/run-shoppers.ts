import type { App } from '../app.ts';
import type { InteractionInput } from '../interactions/interaction-input.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import type { Execution } from '../search/execution.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import { pause } from '../shared/pause.ts';
import type { Rng } from '../shared/rng.ts';
import { demoQueries, segments, simulateShopper, type DemoQuery, type Segment } from './shoppers.ts';

/** Of the App, what a shopper uses: the same as any other client. */
export type ShoppersApp = {
  search: Pick<App['search'], 'execute'>;
  collections: Pick<App['collections'], 'documents'>;
  interactions: Pick<App['interactions'], 'recordMany'>;
};

export interface ShoppersOptions {
  /** Searches a second at most, above 0: one shopper at a time, so a slow server is not pressed. */
  ratePerSecond: number;
  /** Ends it. */
  signal: AbortSignal;
  rng: Rng;
  clock: Clock;
  logger: Logger;
}

interface Shopper {
  userId: string;
  segment: Segment;
}

const shoppersPerSegment = 10;
const searchesPerSession = 5;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/**
 * Sends 20 shoppers, half of each segment, to search and to react to what they are shown, until the signal aborts. What
 * goes wrong is logged, and the next attempt waits, twice as long after each failure in a row. Never rejects.
 */
export async function runShoppers(
  app: ShoppersApp,
  ns: string,
  retriever: Pick<Retriever, 'id' | 'collectionIds'>,
  options: ShoppersOptions,
): Promise<void> {
  const { ratePerSecond, signal, rng, clock, logger } = options;
  const shoppers = everyShopper();
  let due = clock.now();
  let failuresInARow = 0;
  for (let search = 0; !signal.aborted; search++) {
    try {
      // Turns alternate between the segments, so that both learn at the same pace.
      const shopper = shoppers[search % shoppers.length] as Shopper;
      const session = Math.floor(search / (shoppers.length * searchesPerSession));
      await goShopping(app, ns, retriever, { ...shopper, sessionId: `${shopper.userId}-visit-${session}` }, rng);
      failuresInARow = 0;
      // Turns that are more than a second late are not made up for.
      due = Math.max(due, clock.now() - 1_000) + 1_000 / ratePerSecond;
      await pause(due - clock.now(), signal);
    } catch (error) {
      if (signal.aborted) return;
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failuresInARow++);
      logger.warn({ err: error, pauseMs }, 'A simulated shopper failed; the next one waits.');
      await pause(pauseMs, signal);
    }
  }
}

function everyShopper(): Shopper[] {
  return Array.from({ length: shoppersPerSegment }, (_, i) => String(i + 1).padStart(2, '0')).flatMap((number) =>
    segments.map((segment) => ({ userId: `${segment.slice(0, -1)}-${number}`, segment })),
  );
}

async function goShopping(
  app: ShoppersApp,
  ns: string,
  retriever: Pick<Retriever, 'id' | 'collectionIds'>,
  shopper: Shopper & { sessionId: string },
  rng: Rng,
): Promise<void> {
  const query = demoQueries[Math.floor(rng.next() * demoQueries.length)] as DemoQuery;
  const execution = await app.search.execute(ns, {
    retrieverId: retriever.id,
    inputs: { query: query.text },
    ...shopper,
    seed: null,
    limit: null,
  });
  const shown = await shownProducts(app, retriever.collectionIds, execution);
  const actions = simulateShopper(shown, query, shopper.segment, rng);
  const interactions = actions.map(({ position, interactionTypes }): InteractionInput => {
    return {
      executionId: execution.id,
      documentId: execution.hits[position]?.documentId ?? null,
      position,
      interactionTypes,
      metadata: null,
      userId: shopper.userId,
      sessionId: shopper.sessionId,
      retrieverId: null,
      idempotencyKey: null,
      occurredAt: null,
    };
  });
  if (interactions.length === 0) return;
  const { rejected } = await app.interactions.recordMany(ns, interactions);
  if (rejected[0]) throw new Error(`An interaction was rejected: ${rejected[0].message}`);
}

/** The hits' metadata, in order; empty where a document has been deleted since. */
async function shownProducts(app: ShoppersApp, collectionIds: readonly string[], { hits }: Execution) {
  const ids = hits.map(({ documentId }) => documentId);
  const documents = await app.collections.documents(collectionIds, ids);
  const metadataOf = new Map(documents.map(({ documentId, metadata }) => [documentId, metadata]));
  return ids.map((documentId) => ({ metadata: metadataOf.get(documentId) ?? {} }));
}
