import { randomBytes, randomUUID } from 'node:crypto';
import type { Namespace } from './access/caller.ts';
import { createPostgresSecretStore } from './access/secret-store.postgres.ts';
import type { App } from './app.ts';
import { cacheCollections } from './collections/collection-cache.ts';
import type { CollectionStore } from './collections/collection-store.ts';
import { createPostgresCollectionStore } from './collections/collection-store.postgres.ts';
import { createCollection } from './collections/create-collection.ts';
import { deleteDocuments } from './collections/delete-documents.ts';
import { upsertDocuments } from './collections/upsert-documents.ts';
import { warmUp, warmUpExtractors } from './collections/warm-up.ts';
import { openAccess, type Access } from './compose-access.ts';
import { bindAnalytics } from './compose-analytics.ts';
import { openEvaluations } from './compose-evaluations.ts';
import { openInteractions } from './compose-interactions.ts';
import { openMonitoring } from './compose-monitoring.ts';
import { openRebuilds } from './compose-rebuilds.ts';
import { startRelay } from './compose-relay.ts';
import { bindRetrievers } from './compose-retrievers.ts';
import { openRolloutCache, openRollouts } from './compose-rollouts.ts';
import { observeSearches, traceCommits, traceSearches } from './compose-tracing.ts';
import type { Config } from './config.ts';
import type { ExtractorRegistry } from './extractors/extractor.ts';
import { createExtractorRegistry, parseFeatureAliases } from './extractors/registry.ts';
import { createPostgresDeadLetterStore } from './interactions/dead-letter-store.postgres.ts';
import { expireEvents, type ExpireEventsDeps } from './interactions/expire-events.ts';
import { createPostgresInteractionStore } from './interactions/interaction-store.postgres.ts';
import { ExaminationCurves } from './learning/examination-curves.ts';
import { createClickHouseExaminationStore } from './learning/examination-store.clickhouse.ts';
import { PosteriorCache } from './learning/posterior-cache.ts';
import { createPosteriorReader } from './learning/posterior-reader.ts';
import type { PosteriorSource } from './learning/posterior-source.ts';
import { createClickHousePosteriorStore } from './learning/posterior-store.clickhouse.ts';
import { readLearnedWeights } from './learning/read-learned-weights.ts';
import { getLearnedWeights, watchLearnedWeights } from './learning/watch-learned-weights.ts';
import { WeightFeed, type WeightFeedDeps } from './learning/weight-feed.ts';
import type { Health } from './monitoring/health.ts';
import type { Metrics } from './monitoring/metrics.ts';
import { openStores, type Stores } from './open-stores.ts';
import { openChangeHints, type ChangeHint } from './postgres/change-hints.ts';
import type { Database } from './postgres/database.ts';
import { RetrieverCache } from './retrievers/retriever-cache.ts';
import { RetrieverRemovals } from './retrievers/retriever-removals.ts';
import { createPostgresRetrieverStore } from './retrievers/retriever-store.postgres.ts';
import type { RetrieverStore } from './retrievers/retriever-store.ts';
import type { RolloutCache } from './rollouts/rollout-cache.ts';
import { executeSearch } from './search/execute-search.ts';
import { createExecutionIds } from './search/execution-id.ts';
import { ExecutionRecorder } from './search/execution-recorder.ts';
import { createPostgresExecutionStore } from './search/execution-store.postgres.ts';
import { createPostgresFeatureSearcher } from './search/feature-searcher.postgres.ts';
import { previewSearch, type PreviewSearchDeps } from './search/preview-search.ts';
import { replayExecution } from './search/replay-execution.ts';
import { closeInOrder } from './shared/close-in-order.ts';
import type { Clock } from './shared/clock.ts';
import type { Logger } from './shared/logger.ts';
import type { OperatorError } from './shared/errors.ts';
import type { SeedSource } from './shared/rng.ts';
import { noTracing, type Tracer } from './shared/tracer.ts';
import { within } from './shared/within.ts';

/** How long after a search feedback on it is taken, and how long executions are kept for it. */
const FEEDBACK_WINDOW_MS = 7 * 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;
const FIRST_SWEEP_MS = 60_000;
/** Of a stop: for telling subscribers of the feedback that was sent last. */
const TELL_WITHIN_MS = 1_000;

export interface Ambient {
  logger: Logger;
  clock: Clock;
  randomSeed: SeedSource;
  /** Called where the embedded database is lost for good: nothing works until the process is started again. */
  onLoss?: (error: OperatorError) => void;
  /** Left out: nothing is traced. */
  tracer?: Tracer;
  /** Feature URIs whose models will be needed at once: they are loaded while the stores are opened. */
  preload?: readonly string[];
}

/** A whole Attune without its transport. */
export interface Attune {
  app: App;
  defaultNamespace: Namespace;
  /** The admin key, where this start made one: to be shown once. */
  newAdminKey: string | null;
  /** Loads the models that searches need, which else the first of them waits for; until then it is not ready. */
  warmUp(): Promise<void>;
  health: Health;
  metrics: Metrics;
  /** Where the data is, in words. */
  storage: string;
  /** What is going on now: the subscriptions that are open here. */
  stats(): { watchers: number };
  /** Writes and sends what waits for ClickHouse, for a bounded time. */
  drain(): Promise<void>;
  /** Stops taking work, sends what waits in the outbox, closes the stores. */
  close(): Promise<void>;
}

/** Opens the stores and binds every use case to them. @throws OperatorError */
export async function compose(config: Config, ambient: Ambient): Promise<Attune> {
  const extractors = createExtractorRegistry({
    aliases: parseFeatureAliases(config.featureAliases),
    providers: { env: config.providerKeys, now: () => ambient.clock.now() },
  });
  // what fails here is tried again, and told, by whoever needs the model
  warmUp(extractors, ambient.preload ?? []).catch(() => undefined);
  let stores: Stores | null = null;
  try {
    stores = await openStores(config, ambient);
    return await assemble(config, ambient, stores, extractors);
  } catch (error) {
    await extractors.close();
    await stores?.close();
    throw error;
  }
}

async function assemble(
  config: Config,
  ambient: Ambient,
  stores: Stores,
  extractors: ExtractorRegistry,
): Promise<Attune> {
  const parts = await openParts(config, ambient, stores, extractors);
  const { access, collections, executions, learning, relay, deadLetters, rollouts } = parts;
  const watchers = () => learning.feed.watcherCount + rollouts.watcherCount() + parts.feedback.watcherCount();
  const monitoring = openMonitoring({
    ...{ ...stores, relay, deadLetters, clock: ambient.clock },
    posteriors: learning.cache,
    subscribers: watchers,
    droppedExecutions: () => executions.dropped,
    warmUp: () => warmUpExtractors({ collections, extractors }),
  });
  return {
    app: bindApp(parts, monitoring),
    defaultNamespace: access.defaultNamespace,
    newAdminKey: access.newAdminKey,
    ...monitoring,
    storage: describeStorage(config),
    stats: () => ({ watchers: watchers() }),
    async drain() {
      await executions.flush();
      await relay.drain();
      await within(learning.feed.settled(), TELL_WITHIN_MS).catch(() => undefined);
    },
    close: closeInOrder([
      parts.stopSweeping,
      () => parts.rebuilds.close(),
      () => parts.evaluations.close(),
      () => rollouts.close(),
      () => parts.feedback.close(),
      () => learning.feed.close(),
      () => executions.close(),
      () => relay.close(),
      () => access.close(),
      () => parts.instances.close(),
      () => extractors.close(),
      () => stores.close(),
    ]),
  };
}

/** Opens everything that has a state or runs by itself, and what it rests on. */
async function openParts(config: Config, ambient: Ambient, stores: Stores, extractors: ExtractorRegistry) {
  const { logger, clock, tracer = noTracing } = ambient;
  const { database } = stores;
  const collections = createPostgresCollectionStore(database);
  const retrieverCache = openRetrieverCache(database, clock);
  const retrievers = retrieverCache.store;
  const executionStore = createPostgresExecutionStore(database);
  const interactions = createPostgresInteractionStore(database);
  const deadLetters = createPostgresDeadLetterStore(database);
  const executions = new ExecutionRecorder({ store: executionStore, logger });
  const executionIds = await openExecutionIds(database, clock);

  const access = await openAccess({ ...ambient, database }, config.adminKey, (hint) => void instances.announce(hint));
  const learning = openLearning(ambient, stores);
  const rolloutCache = await openRolloutCache(database, ambient);
  const removals = new RetrieverRemovals();
  removals.onRemoved((retrieverId) => learning.feed.removed(retrieverId));
  const watched = { ...learning, rolloutCache, retrieverCache, removals, access };
  const instances = await joinInstances(database, watched, logger);
  const relay = await startRelay({ ...ambient, ...stores, tracer, retrievers, learning, instances });
  const rebuilds = openRebuilds({ ...ambient, ...stores, retrievers, learning, instances, relay });
  const { outbox } = relay;
  const stopSweeping = startSweeping({ executions: executionStore, interactions, outbox, rebuilds, clock }, logger);

  const searchDeps = {
    ...{ ...ambient, ...learning, tracer },
    ...{ retrievers, extractors, executions, executionIds },
    collections: cacheCollections(collections),
    rollouts: rolloutCache,
    searcher: traceSearches(createPostgresFeatureSearcher(database), tracer),
  };
  const evaluations = await openEvaluations(
    { ...searchDeps, database, warehouse: stores.warehouse },
    (ns, input, record) =>
      executeSearch({ ...searchDeps, retrievers: retrieverCache, executions: { record } }, ns, input),
  );
  const rollouts = openRollouts({
    ...ambient,
    ...stores,
    retrievers,
    removals,
    rolloutCache,
    learning,
    instances,
    relay,
  });
  const feedback = await openInteractions(
    {
      ...{ ...searchDeps, removals, database, deadLetters, wakeRelay: relay.wake },
      interactions: traceCommits(interactions, tracer),
    },
    config,
  );
  return {
    ...{ searchDeps, warehouse: stores.warehouse, feedback, deadLetters, access, learning, instances, relay },
    ...{ collections, retrievers, retrieverCache, removals, executions, rebuilds, evaluations, rollouts, stopSweeping },
  };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

function bindApp(parts: Parts, { metrics }: { metrics: Metrics }): App {
  const { searchDeps, collections, retrievers, retrieverCache, evaluations, rollouts, learning } = parts;
  const { clock, tracer, extractors } = searchDeps;
  return {
    access: parts.access.app,
    collections: bindCollections(collections, extractors),
    retrievers: bindRetrievers({ ...parts, feed: learning.feed }),
    search: bindSearch(
      { ...searchDeps, retrievers: retrieverCache },
      observeSearches(evaluations.search, { metrics, tracer }),
    ),
    interactions: parts.feedback.app,
    evaluations: evaluations.app,
    rollouts: rollouts.app,
    analytics: bindAnalytics({ retrievers, clock, warehouse: parts.warehouse }),
    learning: { ...bindLearning(retrievers, learning), rebuild: (ns, input) => parts.rebuilds.rebuild(ns, input) },
  };
}

function openRetrieverCache(database: Database, clock: Clock): RetrieverCache {
  const store = createPostgresRetrieverStore(database);
  return new RetrieverCache({ store, clock, shared: database.kind === 'server' });
}

async function openExecutionIds(database: Database, clock: Clock) {
  const secret = await createPostgresSecretStore(database).ensureSecret('execution-ids');
  return createExecutionIds({ secret, clock, randomBytes, ttlMs: FEEDBACK_WINDOW_MS });
}

function bindSearch(
  deps: PreviewSearchDeps & { retrievers: RetrieverCache; executions: ExecutionRecorder },
  execute: App['search']['execute'],
): App['search'] {
  const { retrievers, collections, executions } = deps;
  return {
    execute,
    async documents(ns, retrieverId, documentIds) {
      const [retriever] = await retrievers.get(ns, [retrieverId]);
      return retriever === undefined ? [] : collections.documents(retriever.collectionIds, documentIds);
    },
    preview: (ns, input, fusion) => previewSearch(deps, ns, input, fusion),
    executions: (ns, ids) => executions.find(ns, ids),
    replay: async (execution) =>
      replayExecution(execution, await retrievers.store.version(execution.retrieverId, execution.retrieverVersion)),
  };
}

interface Learning {
  cache: PosteriorCache;
  posteriors: PosteriorSource;
  feed: WeightFeed;
  examination: ExaminationCurves;
}

function openLearning({ logger, clock }: Ambient, { warehouse }: Stores): Learning {
  const cache = new PosteriorCache({ store: createClickHousePosteriorStore(warehouse), logger, clock });
  const posteriors = createPosteriorReader(cache, clock);
  const weigh: WeightFeedDeps['weigh'] = async (retriever, values) => {
    const { weights, complete } = await readLearnedWeights(posteriors, retriever, values);
    return complete ? weights : null;
  };
  const examination = new ExaminationCurves({ store: createClickHouseExaminationStore(warehouse), clock, logger });
  return { cache, posteriors, feed: new WeightFeed({ cache, weigh, logger }), examination };
}

function bindLearning(retrievers: RetrieverStore, learning: Learning): Omit<App['learning'], 'rebuild'> {
  const { posteriors, feed, examination } = learning;
  const deps = { retrievers, posteriors, feed };
  return {
    examinationCurve: (ns, id) => examination.read(ns, id),
    weights: (ns, query) => getLearnedWeights(deps, ns, query),
    watch: (ns, query, after) => watchLearnedWeights(deps, ns, query, after),
  };
}

/** Instances that share a Postgres tell each other what changed; an embedded one is alone. */
async function joinInstances(
  database: Database,
  parts: {
    feed: WeightFeed;
    rolloutCache: RolloutCache;
    retrieverCache: RetrieverCache;
    removals: RetrieverRemovals;
    access: Access;
  },
  logger: Logger,
) {
  if (database.kind === 'embedded') return { announce: async () => {}, close: async () => {} };
  const { feed, rolloutCache, retrieverCache, removals, access } = parts;
  const onHint = async (hint: ChangeHint) => {
    if (hint.kind === 'weights') return feed.changed(hint.retrieverId, hint.contexts);
    if (hint.kind === 'rollout') return rolloutCache.refresh();
    if (hint.kind === 'key') return access.revoked(hint);
    retrieverCache.forget(hint.retrieverId);
    const [retriever] = await retrieverCache.store.get(hint.namespaceId, [hint.retrieverId]);
    if (retriever === undefined) removals.removed(hint.retrieverId);
    else feed.redefined(retriever);
  };
  const log = (error: unknown) => logger.warn({ err: error }, 'Telling or hearing of a change failed.');
  /** Whether what is watched was changed or deleted while no hint came: one by one, as there may be many. */
  const lookUpWatched = async () => {
    for (const { id, namespaceId } of feed.watched()) {
      await onHint({ kind: 'retriever', namespaceId, retrieverId: id }).catch(log);
    }
  };
  const hints = await openChangeHints(database, randomUUID(), {
    hint: (hint) => void onHint(hint).catch(log),
    missed() {
      retrieverCache.forgetAll();
      feed.resync();
      lookUpWatched().catch(log);
      access.recheck();
      rolloutCache.refresh().catch(log);
    },
  });
  return { announce: (hint: ChangeHint) => hints.announce(hint).catch(log), close: () => hints.close() };
}

function bindCollections(collections: CollectionStore, extractors: ExtractorRegistry): App['collections'] {
  const deps = { collections, extractors };
  return {
    create: (ns, input) => createCollection(deps, ns, input),
    get: (ns, ids) => collections.get(ns, ids),
    list: (ns, page) => collections.list(ns, page),
    count: (ids) => collections.count(ids),
    documents: (collectionIds, documentIds) => collections.documents(collectionIds, documentIds),
    documentPage: ({ id }, page) => collections.documentPage(id, page),
    broughtVectors: (collection, documentIds) => collections.broughtVectors(collection, documentIds),
    upsertDocuments: (ns, input) => upsertDocuments(deps, ns, input),
    deleteDocuments: (ns, input) => deleteDocuments(deps, ns, input),
    extractors: () => extractors.known(),
  };
}

function startSweeping(deps: Omit<ExpireEventsDeps, 'feedbackWindowMs'>, logger: Logger): () => void {
  const sweep = () => {
    expireEvents({ ...deps, feedbackWindowMs: FEEDBACK_WINDOW_MS }).catch((error: unknown) => {
      logger.warn({ err: error }, 'Old executions could not be deleted; trying again in an hour.');
    });
  };
  // also where no process lives for an hour
  const timers = [setTimeout(sweep, FIRST_SWEEP_MS).unref(), setInterval(sweep, SWEEP_EVERY_MS).unref()];
  return () => timers.forEach((timer) => clearTimeout(timer));
}

function describeStorage({ dataDir, databaseUrl, clickhouseUrl }: Config): string {
  const host = (url: string) => new URL(url).host;
  return [
    databaseUrl === null ? `embedded Postgres in ${dataDir}` : `Postgres at ${host(databaseUrl)}`,
    clickhouseUrl === null ? `embedded ClickHouse in ${dataDir}` : `ClickHouse at ${host(clickhouseUrl)}`,
  ].join(', ');
}
