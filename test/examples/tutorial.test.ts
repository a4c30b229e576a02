import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startAttune, testAdminKey, type RunningAttune } from '../fixtures/attune.ts';
import { operation } from './operations.ts';

const folder = import.meta.dirname;

interface SearchAnswer {
  search: {
    executionId: string;
    fusion: string;
    contextLevel: string | null;
    weightVersion: string | null;
    hits: { position: number; documentId: string; score: number; features: { contribution: number }[] }[];
  };
}
interface WeightsAnswer {
  learnedWeights: {
    version: string;
    contextLevel: string;
    interactions: number;
    weights: { featureUri: string; weight: number; low: number; high: number; probabilityBest: number }[];
  };
}

describe('the tutorial', { timeout: 60_000 }, () => {
  let attune: RunningAttune;
  const ids = { collectionId: '', retrieverId: '' };

  beforeAll(async () => {
    attune = await startAttune();
  });
  afterAll(async () => {
    await attune.close();
  });

  const run = async <Data>(name: string, variables: object = {}): Promise<Data> => {
    const { data, errors } = await attune.ask<Data>(operation(name), { ...ids, ...variables });
    expect(errors).toBeUndefined();
    return data;
  };
  const search = async (userId: string) => (await run<SearchAnswer>('04-search', { userId })).search;
  const weights = async (userId: string | null) =>
    (await run<WeightsAnswer>('07-learned-weights', { userId })).learnedWeights;
  const lexicalWeight = async (userId: string | null) =>
    (await weights(userId)).weights.find(({ featureUri }) => featureUri.includes('lexical'))?.weight ?? NaN;

  /** Waits for it: what a click has taught is there milliseconds after the click is acknowledged. */
  const hasLearned = (userId: string, state: { contextLevel: string; interactions: number }) =>
    expect.poll(() => weights(userId), { timeout: 20_000 }).toMatchObject(state);

  /** Searches and buys, as one person does who always wants the same thing. */
  const shop = async (userId: string, documentId: string, times: number) => {
    for (let time = 0; time < times; time += 1) {
      const { executionId, hits } = await search(userId);
      const position = hits.findIndex((hit) => hit.documentId === documentId);
      const answer = await run('05-record-interaction', { executionId, position });
      expect(answer).toEqual({ recordInteraction: { duplicate: false, interaction: { documentId } } });
    }
  };

  /** What most of so many searches show first: each strays a little from what is known, by its seed and the version. */
  const usuallyFirst = async (userId: string) => {
    const firsts = await Promise.all(
      Array.from({ length: 25 }, async (_, seed) => {
        const query = operation('04-search').replace('"tutorial"', `"${seed}"`);
        const { data } = await attune.ask<SearchAnswer>(query, { ...ids, userId });
        return data.search.hits[0]?.documentId;
      }),
    );
    const times = (id: string | undefined) => firsts.filter((first) => first === id).length;
    return [...firsts].sort((one, other) => times(other) - times(one))[0];
  };

  test('makes a collection, fills it, and searches it with static weights', async () => {
    const created = await run<{ createCollection: { collection: { id: string } } }>('01-create-collection');
    ids.collectionId = created.createCollection.collection.id;
    expect(await run('02-upsert-documents')).toEqual({ upsertDocuments: { upserted: 5, failures: [] } });
    const made = await run<{ createRetriever: { retriever: { id: string; version: number } } }>('03-create-retriever');
    ids.retrieverId = made.createRetriever.retriever.id;
    expect(made.createRetriever.retriever.version).toBe(1);

    const { fusion, contextLevel, hits } = await search('ana');
    expect({ fusion, contextLevel }).toEqual({ fusion: 'WEIGHTED', contextLevel: null });
    expect(hits.map(({ documentId }) => documentId)).toEqual(expect.arrayContaining(['kettle-lid', 'brew-pot']));
    for (const { score, features } of hits) {
      expect(features.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 10);
    }
  });

  test('switches to learned fusion: a cold start ranks as RRF', async () => {
    await run('06-switch-to-learned');
    const { fusion, contextLevel, hits } = await search('ana');
    expect({ fusion, contextLevel }).toEqual({ fusion: 'LEARNED', contextLevel: 'PRIOR' });
    expect(hits[0]?.score).toBeLessThanOrEqual(2 / 61);
    expect(await lexicalWeight('ana')).toBeCloseTo(0.5, 10);
  });

  test('learns what each person wants, and ranks differently for two users', async () => {
    await shop('ana', 'kettle-lid', 8);
    await shop('ben', 'brew-pot', 8);
    await hasLearned('ana', { contextLevel: 'PERSONAL', interactions: 16 });
    await hasLearned('ben', { contextLevel: 'PERSONAL', interactions: 16 });
    expect(await lexicalWeight('ana')).toBeGreaterThan(0.55);
    expect(await lexicalWeight('ben')).toBeLessThan(0.45);

    expect([await usuallyFirst('ana'), await usuallyFirst('ben')]).toEqual(['kettle-lid', 'brew-pot']);
    const ana = await search('ana');
    expect(ana.contextLevel).toBe('PERSONAL');
    expect(await search('ana')).toMatchObject({ hits: ana.hits, weightVersion: ana.weightVersion });
  });

  test('falls back to what everyone wants for a stranger', async () => {
    await hasLearned('zoe', { contextLevel: 'GLOBAL', interactions: 32 });
  });

  test('watches the weights move', async () => {
    const client = createClient({
      url: `${attune.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${testAdminKey}` },
    });
    const query = operation('08-watch-weights');
    const events = client.iterate<WeightsAnswer>({ query, variables: { ...ids, userId: 'ana' } });
    const snapshot = (await events.next()).value?.data?.learnedWeights;
    await shop('ana', 'kettle-lid', 1);
    const moved = (await events.next()).value?.data?.learnedWeights;
    expect(Number(moved?.version)).toBeGreaterThan(Number(snapshot?.version));
    await events.return?.();
    await client.dispose();
  });

  test('rewards what the reward map says: a click alone is worth nothing now', async () => {
    await run('09-reward-map');
    await hasLearned('ana', { contextLevel: 'PERSONAL', interactions: 18 });
    await shop('ana', 'kettle-lid', 1);
    await hasLearned('ana', { contextLevel: 'PERSONAL', interactions: 19 });
  });
});

describe('the README', () => {
  const readme = readFileSync(path.join(folder, '../../README.md'), 'utf8');
  const names = readdirSync(folder).filter((file) => file.endsWith('.graphql'));

  test.each(names)('shows %s as it is run here', (name) => {
    expect(readme).toContain(readFileSync(path.join(folder, name), 'utf8').trim());
  });

  test('shows no operation that is not run here', () => {
    const shown = [...readme.matchAll(/```graphql\n([\s\S]*?)\n```/g)].map((match) => match[1]);
    const files = names.map((name) => readFileSync(path.join(folder, name), 'utf8').trim());
    expect(shown.filter((text) => !files.includes(text ?? ''))).toEqual([]);
  });
});
