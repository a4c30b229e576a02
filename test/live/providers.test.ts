import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { DIMENSIONS, startEmbeddingServer, type EmbeddingServer } from '../fixtures/embedding-server.ts';

const FEATURE = 'acme://text@v1/model';
const LEXICAL = 'attune://lexical@v1/bm25';

let provider: EmbeddingServer;
let attune: RunningAttune;
let collectionId: string;
let retrieverId: string;

beforeAll(async () => {
  provider = await startEmbeddingServer('openai');
  const entry = { provider: 'openai', url: provider.url, model: 'model-1', dimensions: DIMENSIONS };
  attune = await startAttune({ ATTUNE_FEATURES: JSON.stringify({ [FEATURE]: entry }), OPENAI_API_KEY: provider.key });
  const { collection } = await done<{ collection: { id: string } }>(
    'createCollection',
    { name: 'lamps', features: [FEATURE, LEXICAL].map((featureUri) => ({ featureUri, fields: ['title'] })) },
    '{ collection { id } }',
  );
  collectionId = collection.id;
  const searches = [FEATURE, LEXICAL].map((featureUri) => ({ featureUri, query: '{{INPUT.query}}' }));
  const { retriever } = await done<{ retriever: { id: string } }>(
    'createRetriever',
    { retrieverName: 'lamps', collectionIds: [collectionId], stages: [{ featureSearch: { searches } }] },
    '{ retriever { id } }',
  );
  retrieverId = retriever.id;
});
afterAll(async () => {
  await attune.close();
  await provider.close();
  expect(provider.faults).toEqual([]);
});

async function done<Payload>(name: string, input: object, payload: string): Promise<Payload> {
  const own = name[0]!.toUpperCase() + name.slice(1);
  const { data, errors } = await attune.ask<Record<string, Payload>>(
    `mutation ($input: ${own}Input!) { ${name}(input: $input) {
      __typename ... on ${own}Payload ${payload} ... on Error { code message }
    } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return data[name]!;
}

const upsert = (titles: readonly string[]) =>
  done<{ upserted?: number; code?: string }>(
    'upsertDocuments',
    { collectionId, documents: titles.map((title) => ({ documentId: title, metadata: { title } })) },
    '{ upserted failures { documentId message } }',
  );

async function search(query: string) {
  const { data, errors } = await attune.ask<{
    search: {
      hits: { documentId: string; features: { featureUri: string; rank: number | null }[] }[];
      warnings: string[];
    };
  }>(
    `query ($input: SearchInput!) { search(input: $input) {
      hits { documentId features { featureUri rank } } warnings
    } }`,
    { input: { retrieverId, inputs: { query } } },
  );
  expect(errors).toBeUndefined();
  return data.search;
}

test('a model behind an API fills a feature and is searched by', async () => {
  expect(await upsert(['red lamp', 'blue chair', 'green table'])).toMatchObject({ upserted: 3, failures: [] });
  const { hits, warnings } = await search('lamp');
  expect(warnings).toEqual([]);
  expect(hits[0]).toMatchObject({ documentId: 'red lamp', features: [{ featureUri: FEATURE, rank: 1 }, {}] });
});

test('documents are refused whole, with the reason, where the provider refuses', async () => {
  provider.instead.push({ status: 401, body: { error: { message: 'bad key' } } });
  const refused = await upsert(['white shelf']);
  expect(refused).toMatchObject({
    ...{ __typename: 'ConflictError', code: 'EMBEDDING_KEY_REFUSED' },
    message: expect.stringContaining('OPENAI_API_KEY') as string,
  });
  expect((await search('shelf')).hits.map(({ documentId }) => documentId)).not.toContain('white shelf');
});

test('while the provider is away searches go on with the other features, and say so', async () => {
  provider.instead.push({ status: 500 }, { status: 500 });
  const { hits, warnings } = await search('blue chair today');
  expect(hits[0]).toMatchObject({ documentId: 'blue chair' });
  expect(warnings).toEqual([expect.stringContaining(FEATURE)]);
  expect((await search('blue chair today')).warnings).toEqual([]);
});
