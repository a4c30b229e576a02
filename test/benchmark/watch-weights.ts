import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { RunningAttune } from '../fixtures/attune.ts';

type Server = Pick<RunningAttune, 'url' | 'adminKey'>;

export interface Arrival {
  version: string;
  /** By `performance.now()`. */
  at: number;
}

const GIVE_UP_MS = 10_000;

/** Subscribes to what a retriever has learned, over a WebSocket, and notes when what arrives. */
export function watchWeights({ url, adminKey }: Server, retrieverId: string) {
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
      const giveUpAt = performance.now() + GIVE_UP_MS;
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
