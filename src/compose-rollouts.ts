import { v7 as uuidv7 } from 'uuid';
import type { Warehouse } from './clickhouse/warehouse.ts';
import type { WeightFeed } from './learning/weight-feed.ts';
import type { ChangeHint } from './postgres/change-hints.ts';
import type { Database } from './postgres/database.ts';
import type { RetrieverRemovals } from './retrievers/retriever-removals.ts';
import type { RetrieverStore } from './retrievers/retriever-store.ts';
import {
  applyLearningConfig,
  killLearnedFusion,
  resumeLearnedFusion,
  updateRollout,
  type ChangeRolloutDeps,
} from './rollouts/change-rollout.ts';
import { checkGuardrails } from './rollouts/check-guardrails.ts';
import { deleteUserData, finishErasures, resetPreferences, type EraseUserDeps } from './rollouts/erase-user.ts';
import { createPostgresErasureStore } from './rollouts/erasure-store.postgres.ts';
import {
  readSampleRatio,
  readShadowReport,
  watchRolloutEvents,
  type ReadRolloutDeps,
} from './rollouts/read-rollout.ts';
import { RolloutCache } from './rollouts/rollout-cache.ts';
import { RolloutEventFeed } from './rollouts/rollout-event-feed.ts';
import { createClickHouseRolloutFigures } from './rollouts/rollout-figures.clickhouse.ts';
import type { SettingsInConfig } from './rollouts/rollout-of-stages.ts';
import { createPostgresRolloutStore } from './rollouts/rollout-store.postgres.ts';
import type { RolloutUseCases } from './rollouts/use-cases.ts';
import { setOptOut, type OptOutDeps } from './rollouts/user-preference.ts';
import { createClickHouseUserLogStore } from './rollouts/user-log-store.clickhouse.ts';
import type { Clock } from './shared/clock.ts';
import type { Logger } from './shared/logger.ts';

const GUARDRAILS_EVERY_MS = 5_000;
const ERASURES_EVERY_MS = 2_000;

interface Ambient {
  logger: Logger;
  clock: Clock;
}

/** The rollouts as searches see them; read and polled from now on. */
export async function openRolloutCache(database: Database, { logger, clock }: Ambient): Promise<RolloutCache> {
  const store = createPostgresRolloutStore(database);
  const cache = new RolloutCache({ store, clock, logger, shared: database.kind === 'server' });
  await cache.start();
  return cache;
}

export interface RolloutParts extends Ambient {
  database: Database;
  warehouse: Warehouse;
  retrievers: RetrieverStore;
  removals: RetrieverRemovals;
  rolloutCache: RolloutCache;
  learning: { feed: WeightFeed };
  instances: { announce: (hint: ChangeHint) => Promise<void> };
  relay: { wake: () => void };
}

export interface Rollouts {
  app: RolloutUseCases;
  /**
   * A retriever store whose updates set these settings too, once the definition is found sound and before it is
   * written: a retriever that is switched to learned fusion for a tenth of its users is never learned for all.
   */
  settingThem(settings: SettingsInConfig | null, actor: string): RetrieverStore;
  watcherCount(): number;
  close(): Promise<void>;
}

/** Binds rollouts to their stores, and starts looking after guardrails and users to be forgotten. */
export function openRollouts(parts: RolloutParts): Rollouts {
  const { database, warehouse, retrievers, rolloutCache: cache, clock, logger } = parts;
  const { announce } = parts.instances;
  const rollouts = createPostgresRolloutStore(database);
  const figures = createClickHouseRolloutFigures(warehouse);
  const feed = new RolloutEventFeed({ rollouts, cache });
  parts.removals.onRemoved((retrieverId) => feed.removed(retrieverId));
  const changed = async (namespaceId: string, retrieverId: string) => {
    await cache.refresh();
    void announce({ kind: 'rollout', namespaceId, retrieverId });
  };
  const change = { rollouts, clock, changed };
  const erasing: EraseUserDeps = {
    ...parts,
    erasures: createPostgresErasureStore(database),
    userLog: createClickHouseUserLogStore(warehouse),
    newId: () => uuidv7(),
    wakeRelay: () => parts.relay.wake(),
    forgotten(retrieverId, contexts) {
      parts.learning.feed.changed(retrieverId, contexts);
      void announce({ kind: 'weights', retrieverId, contexts });
    },
  };
  const reading = { retrievers, rollouts, figures, feed, clock, cache };
  const app = bindUseCases({ change, erasing, reading });
  const stopGuarding = repeat(
    () => checkGuardrails({ rollouts, figures, clock, logger, changed }, GUARDRAILS_EVERY_MS),
    GUARDRAILS_EVERY_MS,
    logger,
  );
  const stopErasing = repeat(() => finishErasures(erasing), ERASURES_EVERY_MS, logger);
  return {
    app,
    watcherCount: () => feed.watcherCount,
    settingThem: (settings, actor) => settingRollouts(retrievers, change, settings, actor),
    async close() {
      feed.close();
      cache.close();
      await Promise.all([stopGuarding(), stopErasing()]);
    },
  };
}

function bindUseCases({
  change,
  erasing,
  reading,
}: {
  change: ChangeRolloutDeps & OptOutDeps;
  erasing: EraseUserDeps;
  reading: ReadRolloutDeps & { cache: RolloutCache };
}): RolloutUseCases {
  return {
    get: (ns, ids) => reading.rollouts.get(ns, ids),
    update: (ns, input, actor) => updateRollout(change, ns, input, actor),
    kill: (ns, input, actor) => killLearnedFusion(change, ns, input, actor),
    resume: (ns, input, actor) => resumeLearnedFusion(change, ns, input, actor),
    setOptOut: (ns, input, optedOut) => setOptOut(change, ns, input, optedOut),
    async resetPreferences(ns, input) {
      const erasure = await resetPreferences(erasing, ns, input);
      const { isOptedOut } = await reading.cache.of(input.retrieverId.toLowerCase());
      return { ...erasure, optedOut: isOptedOut(input.userId) };
    },
    deleteUserData: (ns, input) => deleteUserData(erasing, ns, input),
    sampleRatio: (rollout) => readSampleRatio(reading, rollout),
    shadowReport: (retrieverId, hours) => readShadowReport(reading, retrieverId, hours),
    events: (ns, retrieverId, page) => reading.rollouts.events(ns, retrieverId, page),
    watchEvents: (ns, retrieverId, after) => watchRolloutEvents(reading, ns, retrieverId, after),
  };
}

function settingRollouts(
  retrievers: RetrieverStore,
  change: ChangeRolloutDeps,
  settings: SettingsInConfig | null,
  actor: string,
): RetrieverStore {
  if (settings === null) return retrievers;
  const apply = (namespaceId: string, id: string) => applyLearningConfig(change, namespaceId, id, settings, actor);
  return {
    ...retrievers,
    async create(namespaceId, definition) {
      const retriever = await retrievers.create(namespaceId, definition);
      await apply(namespaceId, retriever.id);
      return retriever;
    },
    update: (namespaceId, id, definitionOf) =>
      retrievers.update(namespaceId, id, async (current) => {
        const definition = await definitionOf(current);
        // what is refused after this has changed the rollout
        if (definition.name !== current.name) await retrievers.checkNameIsFree(namespaceId, definition.name);
        await apply(namespaceId, current.id);
        return definition;
      }),
  };
}

/** Does it again and again, never twice at once; returns the way to stop, which waits for what is under way. */
function repeat(work: () => Promise<void>, everyMs: number, logger: Logger): () => Promise<void> {
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    running ??= work()
      .catch((error: unknown) => logger.warn({ err: error }, 'A chore of the rollouts failed; trying again.'))
      .finally(() => (running = null));
  }, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
