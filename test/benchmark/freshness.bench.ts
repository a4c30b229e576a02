import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { seededRng } from '../../src/shared/rng.ts';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { percentile, type Measurement } from './benchmark.ts';
import { clickHit, createShopRetriever, distinctQueries, fillCollection, searchShop } from './synthetic-shop.ts';

const parameters = { documents: 500, warmUp: 10, clicks: 100, settleMs: 50, giveUpMs: 10_000 };

interface Arrival {
  version: string;
  at: number;
}

/** How long after a click is acknowledged a subscriber has the weights that it changed. One click at a time. */
export async function benchmarkFreshness(say: (line: string) => void): Promise<Measurement> {
  const attune = await startAttune();
  try {
    const rng = seededRng('freshness');
    const { collectionId } = await fillCollection(attune, parameters.documents, rng, say);
    const retrieverId = await createShopRetriever(attune, collectionId, 'LEARNED');
    const queries = distinctQueries(rng, parameters.warmUp + parameters.clicks);
    const watched = watchWeights(attune, retrieverId);
    await watched.after('');

    const fromAckMs: number[] = [];
    const fromRequestMs: number[] = [];
    for (const [i, query] of queries.entries()) {
      const { executionId, hits } = await searchShop(attune, retrieverId, query);
      const known = watched.latest();
      const requestedAt = performance.now();
      await clickHit(attune, executionId, hits[i % 5]!.position);
      const acknowledgedAt = performance.now();
      const { at } = await watched.after(known);
      // the new weights may overtake the answer of the mutation
      if (i >= parameters.warmUp) {
        fromAckMs.push(Math.max(0, at - acknowledgedAt));
        fromRequestMs.push(at - requestedAt);
      }
      await sleep(parameters.settleMs);
    }
    watched.close();
    const row = (span: string, values: number[]) => ({
      span,
      clicks: values.length,
      p50Ms: percentile(values, 50),
      p95Ms: percentile(values, 95),
      maxMs: percentile(values, 100),
    });
    return {
      parameters,
      rows: [
        row('click acknowledged to new weights at the subscriber', fromAckMs),
        row('click sent to new weights at the subscriber', fromRequestMs),
      ],
    };
  } finally {
    await attune.close();
  }
}

function watchWeights({ url, adminKey }: RunningAttune, retrieverId: string) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${adminKey}` },
  });
  let last: Arrival = { version: '', at: 0 };
  let failure: unknown = null;
  let arrived = () => {};
  const query = `subscription ($id: ID!) { learnedWeights(retrieverId: $id) { version weights { featureUri weight } } }`;
  const unsubscribe = client.subscribe<{ learnedWeights: { version: string } }>(
    { query, variables: { id: retrieverId } },
    {
      next({ data, errors }) {
        if (data?.learnedWeights) last = { version: data.learnedWeights.version, at: performance.now() };
        else failure = errors;
        arrived();
      },
      error(error) {
        failure = error;
        arrived();
      },
      complete: () => {},
    },
  );
  return {
    latest: () => last.version,
    /** The first arrival with a version above this one. */
    async after(version: string): Promise<Arrival> {
      const giveUpAt = performance.now() + parameters.giveUpMs;
      while (last.version <= version && failure === null) {
        if (performance.now() > giveUpAt) throw new Error(`no weights after version ${version}`);
        const arrival = new Promise<void>((resolve) => (arrived = resolve));
        await Promise.race([arrival, sleep(1_000)]);
      }
      if (failure !== null) throw new Error('the subscription failed', { cause: failure });
      return last;
    },
    close() {
      unsubscribe();
      void client.dispose();
    },
  };
}
