import type { App } from '../../src/app.ts';
import type { Caller } from '../../src/access/caller.ts';
import type { Collection } from '../../src/collections/collection.ts';
import type { LearnedWeights, LearnedWeightsQuery } from '../../src/learning/learned-weights.ts';
import { defaultLearningConfig } from '../../src/learning/learning-config.ts';
import type { Retriever } from '../../src/retrievers/retriever.ts';
import type { Execution } from '../../src/search/execution.ts';
import { ForbiddenError } from '../../src/shared/errors.ts';
import { LatestValue } from '../../src/shared/latest-value.ts';

export const namespace = { id: '01900000-0000-7000-8000-000000000001', name: 'default' };

/** `Bearer <scope>` is a key with that scope; anything else is none. Keys in `revoked` are none either. */
export const authorizations = { admin: 'Bearer admin', search: 'Bearer search', interact: 'Bearer interact' } as const;

export function uuid(n: number): string {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

export const collection: Collection = {
  id: uuid(10),
  namespaceId: namespace.id,
  name: 'products',
  createdAt: Date.UTC(2026, 0, 1),
  features: [
    {
      id: 1,
      featureUri: 'text://minilm@v1/dense',
      kind: 'vector',
      extractor: 'minilm',
      model: 'all-MiniLM-L6-v2',
      precision: 'int8',
      dimensions: 384,
      fields: ['content'],
    },
  ],
};

export const retriever: Retriever = {
  id: uuid(20),
  namespaceId: namespace.id,
  name: 'shop',
  collectionIds: [collection.id],
  inputSchema: null,
  version: 3,
  createdAt: Date.UTC(2026, 0, 1),
  updatedAt: Date.UTC(2026, 0, 2),
  stages: [
    {
      kind: 'featureSearch',
      searches: [
        { featureUri: 'text://minilm@v1/dense', query: '{{INPUT.query}}', topK: 100, weight: null, filters: null },
      ],
      fusion: 'LEARNED',
      finalTopK: 25,
      rankConstant: 60,
      rawScores: false,
      learningConfig: defaultLearningConfig,
      filters: null,
      groupBy: null,
      facets: [],
    },
    { kind: 'attributeFilter', filter: { field: 'stock', operator: 'gt', value: 0 } },
    { kind: 'sortAttribute', field: 'price', direction: 'ASC' },
    { kind: 'limit', limit: 10 },
  ],
};

export function execution(documentIds: readonly string[]): Execution {
  return {
    id: uuid(30),
    namespaceId: namespace.id,
    retrieverId: retriever.id,
    retrieverVersion: retriever.version,
    userId: null,
    sessionId: null,
    segment: null,
    contextValues: {},
    inputs: { query: 'jacket' },
    fusion: 'LEARNED',
    rollout: { arm: 'LEARNED', bucket: 12.34, reason: 'ROLLED_OUT', revision: 0 },
    shadow: null,
    contextLevel: 'GLOBAL',
    weights: [
      { featureUri: 'a', weight: 0.7, alpha: 30, beta: 10 },
      { featureUri: 'b', weight: 0.3, alpha: 10, beta: 30 },
    ],
    weightVersion: '0000000000000007',
    seed: 'abc',
    posterior: null,
    examination: null,
    hits: documentIds.map((documentId) => ({ documentId, score: 1, features: [] })),
    facets: null,
    timing: { totalMs: 3, embeddingMs: 1, fusionMs: 0.1, samplingMs: 0.1, searches: [] },
    warnings: [],
    executedAt: Date.UTC(2026, 0, 3),
  };
}

export function learnedWeights(version: number): LearnedWeights {
  return {
    retrieverId: retriever.id,
    version: String(version).padStart(16, '0'),
    contextLevel: 'GLOBAL',
    interactions: version,
    updatedAt: Date.UTC(2026, 0, 4),
    arms: [
      { featureUri: 'a', alpha: 3, beta: 1, weight: 0.75, probabilityBest: 0.95 },
      { featureUri: 'b', alpha: 1, beta: 3, weight: 0.25, probabilityBest: 0.05 },
    ],
  };
}

/** An App without engines behind it: what is asked of it is recorded, what it answers can be replaced. */
export interface HandMadeApp extends App {
  /** The name of each use case that was called, in order, but for access. */
  calls: string[];
  revoked: Set<string>;
  /** Called back when their key ends, one a subscription that is open. */
  keyWatchers: Set<() => void>;
  /** One a watch that is open, oldest first; `return()` takes it out. */
  watchers: { slot: LatestValue<LearnedWeights>; query: LearnedWeightsQuery; after: string | null }[];
}

function notPlayed(): never {
  throw new Error('secret detail: this use case is not played here');
}

export function handMadeApp(): HandMadeApp {
  const app: HandMadeApp = {
    calls: [],
    revoked: new Set(),
    keyWatchers: new Set(),
    watchers: [],
    access: {
      authenticate: async ({ authorization }) => callerWith(authorization, app.revoked),
      watchKey(_caller, onEnd) {
        app.keyWatchers.add(onEnd);
        return () => void app.keyWatchers.delete(onEnd);
      },
      apiKeys: notPlayed,
      createNamespace: notPlayed,
      createApiKey: notPlayed,
      revokeApiKey: notPlayed,
    },
    collections: {
      create: notPlayed,
      get: async (_ns, ids) => [collection].filter(({ id }) => ids.includes(id)),
      list: async () => ({ items: [collection], hasNextPage: false }),
      count: async (ids) => new Map(ids.map((id) => [id, 2])),
      documents: notPlayed,
      documentPage: async () => ({
        items: ['x', 'y'].map((documentId) => ({ documentId, content: null, metadata: {} })),
        hasNextPage: true,
      }),
      broughtVectors: async () => new Map([['x', [{ featureUri: 'f', values: Float32Array.of(0.6, 0.8) }]]]),
      upsertDocuments: notPlayed,
      deleteDocuments: notPlayed,
      extractors: () => [],
    },
    retrievers: {
      create: notPlayed,
      update: notPlayed,
      delete: async () => {},
      get: async (_ns, ids) => [retriever].filter(({ id }) => ids.includes(id)),
      list: async () => ({ items: [retriever], hasNextPage: false }),
    },
    search: {
      execute: async () => execution(['x', 'y']),
      executions: async () => [],
      documents: async (_ns, _retrieverId, ids) =>
        ids.map((documentId) => ({ documentId, content: `text of ${documentId}`, metadata: { id: documentId } })),
      preview: notPlayed,
      replay: notPlayed,
    },
    interactions: {
      record: notPlayed,
      recordMany: notPlayed,
      list: notPlayed,
      watch: notPlayed,
      deadLetters: notPlayed,
      replayDeadLetters: notPlayed,
    },
    analytics: { signals: notPlayed, performance: notPlayed },
    rollouts: {
      get: async () => [],
      update: notPlayed,
      kill: notPlayed,
      resume: notPlayed,
      setOptOut: notPlayed,
      resetPreferences: notPlayed,
      deleteUserData: notPlayed,
      sampleRatio: notPlayed,
      shadowReport: notPlayed,
      events: notPlayed,
      watchEvents: notPlayed,
    },
    evaluations: {
      createDataset: notPlayed,
      generateDataset: notPlayed,
      dataset: notPlayed,
      datasets: notPlayed,
      queries: notPlayed,
      run: notPlayed,
      cancel: notPlayed,
      get: notPlayed,
      list: notPlayed,
      evaluatedQueries: notPlayed,
      watch: notPlayed,
      compare: notPlayed,
      runBenchmark: notPlayed,
      benchmark: notPlayed,
      benchmarks: notPlayed,
      startInterleaving: notPlayed,
      stopInterleaving: notPlayed,
      interleaving: notPlayed,
      interleavings: notPlayed,
      estimateFromLog: notPlayed,
    },
    learning: {
      weights: async () => learnedWeights(1),
      examinationCurve: notPlayed,
      rebuild: notPlayed,
      async watch(_ns, query, after) {
        const slot = new LatestValue<LearnedWeights>(() => {
          app.watchers = app.watchers.filter((watcher) => watcher.slot !== slot);
        });
        app.watchers.push({ slot, query, after });
        return slot;
      },
    },
  };
  return recordCalls(app);
}

function callerWith(authorization: string | null, revoked: ReadonlySet<string>): Caller {
  const [scope] = Object.entries(authorizations).find(([, known]) => known === authorization) ?? [];
  if (scope === undefined || revoked.has(authorization ?? '')) {
    throw new ForbiddenError('No such key.', 'UNAUTHENTICATED');
  }
  const scopes = [scope as Caller['scopes'][number]];
  const everyNamespace = scope === 'admin';
  const keyId = uuid(everyNamespace ? 2 : 3);
  return { namespace, keyId, scopes, everyNamespace, expiresAt: null, rateLimitPerMinute: null };
}

function recordCalls(app: HandMadeApp): HandMadeApp {
  for (const area of ['collections', 'retrievers', 'search', 'interactions', 'learning'] as const) {
    const useCases = app[area] as unknown as Record<string, (...args: unknown[]) => unknown>;
    app[area] = new Proxy(useCases, {
      get:
        (target, name: string) =>
        (...args: unknown[]) => {
          app.calls.push(`${area}.${name}`);
          return target[name]?.(...args);
        },
    }) as never;
  }
  return app;
}
