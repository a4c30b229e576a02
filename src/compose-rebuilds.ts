import { v7 as uuidv7 } from 'uuid';
import type { Warehouse } from './clickhouse/warehouse.ts';
import { createClickHouseLoggedEvents } from './interactions/logged-events.clickhouse.ts';
import { createAttribution } from './interactions/prepare-attribution.ts';
import { rebuildPosteriors, type RebuildResult } from './interactions/rebuild-posteriors.ts';
import { createPostgresRebuildStore } from './interactions/rebuild-store.postgres.ts';
import type { RebuildStore } from './interactions/rebuild-store.ts';
import { RebuildWorker } from './interactions/rebuild-worker.ts';
import type { WeightFeed } from './learning/weight-feed.ts';
import type { ChangeHint } from './postgres/change-hints.ts';
import type { Database } from './postgres/database.ts';
import type { RetrieverStore } from './retrievers/retriever-store.ts';
import type { Clock } from './shared/clock.ts';
import type { Logger } from './shared/logger.ts';

const LEFT_BEHIND_EVERY_MS = 5_000;

export interface RebuildParts {
  database: Database;
  warehouse: Warehouse;
  retrievers: RetrieverStore;
  clock: Clock;
  logger: Logger;
  learning: { feed: WeightFeed };
  relay: { wake: () => void };
  instances: { announce: (hint: ChangeHint) => Promise<void> };
}

export interface Rebuilds {
  isUnderWay: RebuildStore['isUnderWay'];
  rebuild(namespaceId: string, input: { retrieverId: string }): Promise<RebuildResult>;
  close(): Promise<void>;
}

/** Binds rebuilding to its stores, and goes on with rebuilds that were left behind. */
export function openRebuilds(parts: RebuildParts): Rebuilds {
  const { database, warehouse, retrievers, learning, relay, instances, clock, logger } = parts;
  const store = createPostgresRebuildStore(database, { clock, newId: () => uuidv7(), logger });
  const worker = new RebuildWorker({
    ...{ rebuilds: store, clock, logger, wakeRelay: () => relay.wake() },
    log: createClickHouseLoggedEvents(warehouse),
    prepareAttribution: createAttribution({ retrievers }),
    changed(retrieverId) {
      learning.feed.changed(retrieverId, null);
      void instances.announce({ kind: 'weights', retrieverId, contexts: null });
    },
  });
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    looking ??= worker
      .finishDue()
      .catch((error: unknown) => logger.warn({ err: error }, 'Rebuilds that were left behind could not be looked for.'))
      .finally(() => (looking = null));
  }, LEFT_BEHIND_EVERY_MS).unref();
  return {
    isUnderWay: () => store.isUnderWay(),
    rebuild: (namespaceId, input) =>
      rebuildPosteriors({ retrievers, rebuilds: store, worker, clock }, namespaceId, input),
    async close() {
      clearInterval(timer);
      await Promise.all([looking, worker.close()]);
    },
  };
}
