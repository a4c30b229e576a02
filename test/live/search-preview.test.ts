import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { eventually, shopOn } from './rollout-shop.ts';

const preview = `query ($input: SearchInput!, $fusion: Fusion!) {
  previewSearch(input: $input, fusion: $fusion) {
    fusion
    hits { position documentId score content features { contribution } }
  }
}`;

interface Hit {
  position: number;
  documentId: string;
  score: number;
  content: string;
  features: { contribution: number }[];
}
interface Preview {
  previewSearch: { fusion: string; hits: Hit[] };
}

describe('a preview of a search', () => {
  let attune: RunningAttune;
  let shop: ReturnType<typeof shopOn>;
  beforeAll(async () => {
    attune = await startAttune();
    shop = shopOn(attune);
  }, 60_000);
  afterAll(() => attune.close());

  const ask = (retrieverId: string, fusion: string, more: object = {}, headers: Record<string, string> = {}) =>
    attune.ask<Preview>(
      preview,
      { fusion, input: { retrieverId, inputs: { query: 'winter jacket' }, ...more } },
      headers,
    );

  test('ranks as the retriever would with that fusion', async () => {
    const learned = await shop.createRetriever();
    for (const fusion of ['RRF', 'DBSF', 'MAX']) {
      const served = await shop.search(await shop.createRetriever({}, fusion));
      const { data } = await ask(learned, fusion);
      expect(data.previewSearch.fusion).toBe(fusion);
      expect(data.previewSearch.hits.map(({ documentId }) => documentId)).toEqual(
        served.hits.map(({ documentId }) => documentId),
      );
    }
  });

  test('explains its hits as a search does', async () => {
    const { data } = await ask(await shop.createRetriever(), 'RRF', { limit: 2 });
    const { hits } = data.previewSearch;
    expect(hits.map(({ position }) => position)).toEqual([0, 1]);
    expect(hits[0]?.content).toContain('jacket');
    for (const { score, features } of hits) {
      expect(features.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 10);
    }
  });

  test('draws learned weights whatever the rollout serves, the same by the same seed', async () => {
    const retrieverId = await shop.createRetriever();
    await shop.click(await shop.search(retrieverId));
    await eventually(async () => expect((await shop.interactionsLearned(retrieverId)).interactions).toBe(1));
    const learned = await shop.search(retrieverId, { seed: 'same' });
    await shop.done('killLearnedFusion', { retrieverId }, '{ rollout { held } }');
    expect((await shop.search(retrieverId)).fusion).toBe('RRF');
    const { data } = await ask(retrieverId, 'LEARNED', { seed: 'same' });
    expect(data.previewSearch.hits.map(({ documentId }) => documentId)).toEqual(
      learned.hits.map(({ documentId }) => documentId),
    );
    expect((await ask(retrieverId, 'LEARNED', { seed: 'same' })).data).toEqual(data);
  });

  test('is no execution: no analytics count it', async () => {
    const retrieverId = await shop.createRetriever();
    await ask(retrieverId, 'RRF');
    await shop.search(retrieverId);
    const searches = async () => {
      const { data } = await attune.ask<{ retrieverPerformance: { searches: number } }>(
        'query ($id: ID!) { retrieverPerformance(retrieverId: $id) { searches } }',
        { id: retrieverId },
      );
      return data.retrieverPerformance.searches;
    };
    await eventually(async () => expect(await searches()).toBe(1));
  });

  test('says what is wrong with its input as a search does', async () => {
    const { errors } = await ask('01900000-0000-7000-8000-000000000000', 'RRF');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'RETRIEVER_NOT_FOUND', inputPath: ['input', 'retrieverId'] });
  });

  test('takes the scope ADMIN', async () => {
    const retrieverId = await shop.createRetriever();
    const { secret } = await shop.done<{ secret: string }>(
      'createApiKey',
      { name: 'shop front', scopes: ['SEARCH'] },
      '{ secret }',
    );
    const { errors } = await ask(retrieverId, 'RRF', {}, { authorization: `Bearer ${secret}` });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
  });
});
