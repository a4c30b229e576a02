import type { Rng } from '../../src/shared/rng.ts';
import type { RunningAttune } from '../fixtures/attune.ts';

const nouns =
  'kettle lantern tent stove rope saddle anchor chisel spade trowel bucket ladder blanket pillow mirror basket hammock compass jacket boot glove scarf helmet paddle canoe bicycle pump wrench drill hammer saw plane brush roller kettlebell whistle flask thermos cooler grill skillet teapot mug bowl plate knife fork spoon tray jar bottle crate shelf desk lamp chair stool bench rug curtain clock radio camera tripod telescope';
const adjectives =
  'red blue green amber silver wooden steel copper folding portable waterproof insulated heavy light compact tall narrow wide quiet sturdy flexible vintage modern rustic polished matte woven quilted padded cordless magnetic adjustable stackable washable reusable recycled handmade ceramic bamboo leather cotton wool linen titanium carbon';
const purposes =
  'camping hiking sailing gardening cooking baking fishing climbing cycling painting reading travel picnics winter summer beginners children professionals workshops kitchens balconies boats festivals storage cleaning repair photography astronomy breakfast campfires';

const words = {
  nouns: nouns.split(' '),
  adjectives: adjectives.split(' '),
  purposes: purposes.split(' '),
};

/** In this process or another. */
type Server = Pick<RunningAttune, 'ask'>;

export const shopFeatures = ['attune://lexical@v1/bm25', 'attune://text@v1/minilm_l6_v2'];

const pick = (rng: Rng, list: readonly string[]) => list[Math.floor(rng.next() * list.length)]!;

/** About 20 words. */
export function productText(rng: Rng): string {
  const { nouns, adjectives, purposes } = words;
  return (
    `${pick(rng, adjectives)} ${pick(rng, adjectives)} ${pick(rng, nouns)} for ${pick(rng, purposes)} and ` +
    `${pick(rng, purposes)}, with a ${pick(rng, adjectives)} ${pick(rng, nouns)} and ${pick(rng, adjectives)} ` +
    `${pick(rng, nouns)}; ideal for ${pick(rng, purposes)}`
  );
}

/** So many different queries of three words and a purpose. */
export function distinctQueries(rng: Rng, count: number): string[] {
  const queries = new Set<string>();
  while (queries.size < count) {
    queries.add(
      `${pick(rng, words.adjectives)} ${pick(rng, words.adjectives)} ${pick(rng, words.nouns)} for ${pick(rng, words.purposes)}`,
    );
  }
  return [...queries];
}

/** A collection of synthetic products in batches of 100. @returns its id and how long the upserts took */
export async function fillCollection(
  { ask }: Server,
  count: number,
  rng: Rng,
  say: (line: string) => void,
): Promise<{ collectionId: string; upsertMs: number }> {
  const created = sound(
    await ask<{ createCollection: { collection: { id: string } } }>(
      `mutation ($input: CreateCollectionInput!) { createCollection(input: $input) {
        ... on CreateCollectionPayload { collection { id } } ... on Error { message } } }`,
      { input: { name: 'products', features: shopFeatures.map((featureUri) => ({ featureUri })) } },
    ),
  );
  const collectionId = created.createCollection.collection.id;
  const startedAt = performance.now();
  const batchSize = 100;
  for (let start = 0; start < count; start += batchSize) {
    const documents = Array.from({ length: Math.min(batchSize, count - start) }, (_, i) => ({
      documentId: `product-${start + i}`,
      content: productText(rng),
    }));
    const { upsertDocuments } = sound(
      await ask<{ upsertDocuments: { upserted?: number } }>(
        `mutation ($input: UpsertDocumentsInput!) { upsertDocuments(input: $input) {
          ... on UpsertDocumentsPayload { upserted } ... on Error { message } } }`,
        { input: { collectionId, documents } },
      ),
    );
    if (upsertDocuments.upserted !== documents.length) throw new Error(JSON.stringify(upsertDocuments));
    const stored = start + documents.length;
    if (stored % 1_000 > 0) continue;
    say(`  ${stored} of ${count} documents, ${Math.round(performance.now() - startedAt)} ms`);
  }
  return { collectionId, upsertMs: performance.now() - startedAt };
}

/** A retriever over both features with the defaults of everything else. @returns its id */
export async function createShopRetriever(
  { ask }: Server,
  collectionId: string,
  fusion: 'LEARNED' | 'RRF',
): Promise<string> {
  const searches = shopFeatures.map((featureUri) => ({ featureUri, query: '{{INPUT.query}}' }));
  const { createRetriever } = sound(
    await ask<{ createRetriever: { retriever?: { id: string } } }>(
      `mutation ($input: CreateRetrieverInput!) { createRetriever(input: $input) {
        ... on CreateRetrieverPayload { retriever { id } } ... on Error { message } } }`,
      {
        input: {
          retrieverName: fusion.toLowerCase(),
          collectionIds: [collectionId],
          inputSchema: { query: { type: 'text', required: true } },
          stages: [{ featureSearch: { searches, fusion } }],
        },
      },
    ),
  );
  if (createRetriever.retriever === undefined) throw new Error(JSON.stringify(createRetriever));
  return createRetriever.retriever.id;
}

export interface ShopSearch {
  executionId: string;
  contextLevel: string | null;
  hits: { position: number; documentId: string }[];
  timing: Timing;
}

/** The server's own account, in milliseconds. */
export interface Timing {
  totalMs: number;
  embeddingMs: number;
  fusionMs: number;
  samplingMs: number;
  searches: { featureUri: string; ms: number; candidates: number }[];
}

export async function searchShop(
  { ask }: Server,
  retrieverId: string,
  query: string,
  who: { userId?: string; segment?: string } = {},
): Promise<ShopSearch> {
  const { search } = sound(
    await ask<{ search: ShopSearch }>(
      `query ($input: SearchInput!) { search(input: $input) {
        executionId contextLevel hits { position documentId score content } timing } }`,
      { input: { retrieverId, inputs: { query }, ...who } },
    ),
  );
  return search;
}

/** A click on the hit at a position of an execution. */
export async function clickHit({ ask }: Server, executionId: string, position: number): Promise<void> {
  const { recordInteraction } = sound(
    await ask<{ recordInteraction: { duplicate?: boolean } }>(
      `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) {
        ... on RecordInteractionPayload { duplicate } ... on Error { message } } }`,
      { input: { executionId, position } },
    ),
  );
  if (recordInteraction.duplicate !== false) throw new Error(JSON.stringify(recordInteraction));
}

function sound<Data>(answer: { data: Data; errors?: { message: string }[] }): Data {
  if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}
