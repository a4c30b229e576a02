import { v7 as uuidv7 } from 'uuid';
import type { Warehouse } from './clickhouse/warehouse.ts';
import { createClickHouseEventLog } from './interactions/event-log.clickhouse.ts';
import { RowsRefusedError, type EventLog } from './interactions/event-log.ts';
import { createPostgresOutbox } from './interactions/outbox.postgres.ts';
import type { Outbox, OutboxBatch } from './interactions/outbox.ts';
import { createAttribution } from './interactions/prepare-attribution.ts';
import { createRelay, type RelayStatus } from './interactions/relay.ts';
import type { ContextRef } from './learning/context.ts';
import type { PosteriorCache } from './learning/posterior-cache.ts';
import type { WeightFeed } from './learning/weight-feed.ts';
import type { ChangeHint } from './postgres/change-hints.ts';
import type { Database } from './postgres/database.ts';
import type { RetrieverStore } from './retrievers/retriever-store.ts';
import type { Clock } from './shared/clock.ts';
import type { Logger } from './shared/logger.ts';
import { seededRng, type SeedSource } from './shared/rng.ts';
import type { Tracer } from './shared/tracer.ts';

/** Executions reach the outbox without a wake-up; what a relay that died had claimed is found by this too. */
const POLL_MS = 1_000;
const DRAIN_MS = 3_000;

export interface RelayParts {
  database: Database;
  warehouse: Warehouse;
  retrievers: RetrieverStore;
  learning: { feed: WeightFeed; cache: PosteriorCache };
  instances: { announce: (hint: ChangeHint) => Promise<void> };
  tracer: Tracer;
  logger: Logger;
  clock: Clock;
  randomSeed: SeedSource;
}

export interface RunningRelay {
  outbox: Outbox;
  wake(): void;
  status(): Promise<RelayStatus>;
  /** Sends what waits, for a bounded time. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Begins to carry the outbox to ClickHouse, and to tell who watches of what changes there. */
export async function startRelay(parts: RelayParts): Promise<RunningRelay> {
  const { database, warehouse, retrievers, learning, instances, tracer, logger, clock, randomSeed } = parts;
  const outbox = createPostgresOutbox(database, { clock, newId: () => uuidv7(), logger });
  // an embedded database has one process at a time: whoever had batches under way is gone, so nobody waits for its leases
  if (database.kind === 'embedded') await outbox.reclaim();
  const relay = createRelay({
    outbox,
    eventLog: traced(reportingHealth(createClickHouseEventLog(warehouse), learning.cache), tracer),
    prepareAttribution: createAttribution({ retrievers }),
    onBatch: (batch) => {
      for (const [retrieverId, contexts] of changedContexts(batch)) {
        learning.feed.changed(retrieverId, contexts);
        void instances.announce({ kind: 'weights', retrieverId, contexts });
      }
    },
    logger,
    clock,
    rng: seededRng(randomSeed()),
  });
  const poll = setInterval(() => relay.sweep(), POLL_MS).unref();
  relay.sweep();
  let drained = false;
  return {
    outbox,
    wake: () => relay.wake(),
    status: () => relay.status(),
    async drain() {
      drained = await relay.drain(DRAIN_MS);
    },
    async close() {
      clearInterval(poll);
      if (!drained) drained = await relay.drain(DRAIN_MS);
      if (!drained) logger.warn({}, 'Stopped before all feedback was in ClickHouse; the next start sends the rest.');
      await relay.close();
    },
  };
}

function traced(eventLog: EventLog, tracer: Tracer): EventLog {
  const spanned = (name: string, send: EventLog['append']): EventLog['append'] => {
    return (batch) => {
      const { id, executions, interactions, attempts } = batch;
      const attributes = {
        'attune.batch': id,
        'attune.executions': executions.length,
        'attune.interactions': interactions.length,
        'attune.attempts': attempts,
      };
      return tracer.span(name, attributes, () => send(batch));
    };
  };
  return { teach: spanned('relay teach', eventLog.teach), append: spanned('relay batch', eventLog.append) };
}

/** The log and the posteriors are one engine: when appending fails, what is in memory is the last that is known. */
function reportingHealth(eventLog: EventLog, cache: PosteriorCache): EventLog {
  const reporting = (send: EventLog['append']): EventLog['append'] => {
    return async (batch) => {
      try {
        await send(batch);
      } catch (error) {
        if (!(error instanceof RowsRefusedError)) cache.reportAway(error);
        throw error;
      }
      cache.reportBack();
    };
  };
  return { teach: reporting(eventLog.teach), append: reporting(eventLog.append) };
}

function changedContexts({ deltas }: OutboxBatch): Map<string, ContextRef[]> {
  const changed = new Map<string, ContextRef[]>();
  for (const { retrieverId, context } of deltas) {
    const contexts = changed.get(retrieverId);
    if (contexts === undefined) changed.set(retrieverId, [context]);
    else contexts.push(context);
  }
  return changed;
}
