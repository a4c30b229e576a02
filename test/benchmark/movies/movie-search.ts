import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from '../../../src/collections/collection.ts';
import { startCommand, urlOf } from '../../fixtures/attune-process.ts';
import type { JudgedQuery } from '../learning/judged-set.ts';
import type { ShopSearch } from '../synthetic-shop.ts';
import { apiClient, mutate, type Ask } from './api-client.ts';
import type { Engine } from './engines.ts';
import { aliasesOf, type MovieFeature } from './movie-features.ts';

export type ServedFusion = 'LEARNED' | 'WEIGHTED' | 'RRF';

export interface MovieServer {
  ask: Ask;
  /** The server's process. */
  pid: number;
  stop(): Promise<void>;
}

/** Attune as a process of its own, on a store that is filled. */
export async function serveMovies(
  { dataDir, env }: Engine,
  features: readonly MovieFeature[],
  connections: number,
): Promise<MovieServer> {
  const server = startCommand(['start'], {
    dataDir,
    env: {
      ...{ ...env, ATTUNE_RATE_LIMIT_IP: '0', ATTUNE_RATE_LIMIT_KEY: '0' },
      ATTUNE_FEATURES: JSON.stringify(aliasesOf(features)),
    },
  });
  const url = await urlOf(server);
  const { ask, close } = apiClient(url, connections);
  for (let i = 0; (await fetch(`${url}/health/ready`)).status !== 200; i++) {
    if (i === 300) throw new Error('the server does not become ready');
    await sleep(200);
  }
  return {
    ...{ ask, pid: server.pid },
    async stop() {
      close();
      server.signal('SIGTERM');
      await server.ended;
    },
  };
}

/** A retriever with the defaults of everything else. @returns its id */
export async function createMovieRetriever(
  ask: Ask,
  collection: Collection,
  features: readonly MovieFeature[],
  fusion: ServedFusion,
): Promise<string> {
  const weight = fusion === 'WEIGHTED' ? { weight: 1 / features.length } : {};
  const searches = features.map(({ featureUri }) => ({ featureUri, query: '{{INPUT.query}}', ...weight }));
  const { retriever } = await mutate<{ retriever: { id: string } }>(
    ask,
    'createRetriever',
    {
      retrieverName: `${fusion} of ${features.length}`,
      collectionIds: [collection.id],
      inputSchema: { query: { type: 'text', required: true } },
      stages: [{ featureSearch: { searches, fusion } }],
    },
    '{ retriever { id } }',
  );
  return retriever.id;
}

export type MovieSearch = ShopSearch;

/** Hits that explain themselves, as a client that shows why would ask for them. */
const SEARCH = `query ($input: SearchInput!) { search(input: $input) { executionId contextLevel timing
  hits { position documentId score features { featureUri rank score normalizedScore weight contribution } } } }`;
const SEARCH_WITH_DOCUMENTS = SEARCH.replace('score features', 'metadata score features');

export async function searchMovies(
  ask: Ask,
  retrieverId: string,
  query: string,
  { withDocuments = false } = {},
): Promise<MovieSearch> {
  const text = withDocuments ? SEARCH_WITH_DOCUMENTS : SEARCH;
  const { search } = await ask<{ search: MovieSearch }>(text, { input: { retrieverId, inputs: { query } } });
  return search;
}

/** A click on the first relevant hit of each search, until the weights have taken them all in. @returns how many */
export async function teachMovies(ask: Ask, retrieverId: string, queries: readonly JudgedQuery[]): Promise<number> {
  let clicks = 0;
  for (const { text, relevance } of queries) {
    const { executionId, hits } = await searchMovies(ask, retrieverId, text);
    const relevant = hits.find(({ documentId }) => (relevance.get(documentId) ?? 0) > 0);
    if (relevant === undefined) continue;
    await mutate(ask, 'recordInteraction', { executionId, position: relevant.position }, '{ duplicate }');
    clicks++;
  }
  for (let i = 0; i < 300; i++) {
    const { learnedWeights } = await ask<{ learnedWeights: { interactions: number } }>(
      'query ($id: ID!) { learnedWeights(retrieverId: $id) { interactions } }',
      { id: retrieverId },
    );
    if (learnedWeights.interactions === clicks) return clicks;
    await sleep(100);
  }
  throw new Error('the clicks never took effect');
}
