import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { blank, clock, donut, jpegOf, pngOf, stopSign, umbrella } from '../fixtures/drawn-pictures.ts';

const THINGS = 'attune://image@v1/things';
const LOOK = 'attune://image@v1/look';
const LEXICAL = 'attune://lexical@v1/bm25';

let attune: RunningAttune;
let collectionId: string;
let retrieverId: string;

beforeAll(async () => {
  attune = await startAttune();
  const features = [THINGS, LOOK].map((featureUri) => ({ featureUri, fields: ['image'] }));
  const { collection } = await done<{ collection: { id: string } }>(
    'createCollection',
    { name: 'pictures', features: [...features, { featureUri: LEXICAL, fields: ['title'] }] },
    '{ collection { id features { featureUri model precision dimensions source } } }',
  );
  collectionId = collection.id;
  // on a busy machine, loading the models takes longer than a request may
  await attune.attune.warmUp();
  const searches = [
    { featureUri: THINGS, query: '{{INPUT.query}}' },
    { featureUri: LOOK, query: '{{INPUT.picture}}' },
    { featureUri: LEXICAL, query: '{{INPUT.words}}' },
  ];
  const inputSchema = Object.fromEntries(
    ['query', 'picture', 'words'].map((name) => [name, { type: 'text', required: false }]),
  );
  const { retriever } = await done<{ retriever: { id: string } }>(
    'createRetriever',
    {
      retrieverName: 'pictures',
      collectionIds: [collectionId],
      inputSchema,
      stages: [{ featureSearch: { searches } }],
    },
    '{ retriever { id } }',
  );
  retrieverId = retriever.id;
});
afterAll(() => attune.close());

async function done<Payload>(name: string, input: object, payload: string): Promise<Payload> {
  const own = name[0]!.toUpperCase() + name.slice(1);
  const { data, errors } = await attune.ask<Record<string, Payload>>(
    `mutation ($input: ${own}Input!) { ${name}(input: $input) {
      __typename ... on ${own}Payload ${payload} ... on Error { code message }
    } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  expect(data[name]).toMatchObject({ __typename: `${own}Payload` });
  return data[name]!;
}

async function search(inputs: object) {
  const { data, errors } = await attune.ask<{ search: { hits: { documentId: string }[]; warnings: string[] } }>(
    'query ($input: SearchInput!) { search(input: $input) { hits { documentId } warnings } }',
    { input: { retrieverId, inputs } },
  );
  return { hits: data?.search.hits.map(({ documentId }) => documentId), warnings: data?.search.warnings, errors };
}

test('pictures are stored with the things in them; a broken one is named, and the others are stored', async () => {
  const pictures = { clock, donut, 'stop-sign': stopSign, umbrella };
  const documents = Object.entries(pictures).map(([documentId, drawing]) => ({
    documentId,
    metadata: { image: pngOf(drawing), title: documentId },
  }));
  const broken = { documentId: 'broken', metadata: { image: pngOf(clock).slice(0, 900), title: 'broken' } };
  const nothing = { documentId: 'nothing', metadata: { image: pngOf(blank), title: 'nothing' } };
  const words = { documentId: 'no-picture', metadata: { title: 'an umbrella without a picture' } };
  expect(
    await done(
      'upsertDocuments',
      { collectionId, documents: [...documents, broken, nothing, words] },
      '{ upserted failures { documentId code message } }',
    ),
  ).toMatchObject({
    upserted: 6,
    failures: [
      {
        documentId: 'broken',
        code: 'UNREADABLE_INPUT',
        message: expect.stringMatching(
          /^attune:\/\/image@v1\/\w+ cannot read image: The picture is no whole PNG/,
        ) as string,
      },
    ],
  });
});

test('a text finds a picture, a picture finds a picture, and words find what has none', async () => {
  expect(await search({ query: 'something sweet from the bakery' })).toMatchObject({
    hits: expect.arrayContaining(['donut']) as string[],
    warnings: [],
  });
  expect((await search({ query: 'keeps me dry in the rain' })).hits?.[0]).toBe('umbrella');
  expect((await search({ query: jpegOf(clock) })).hits?.[0]).toBe('clock');
  const alike = await search({ picture: jpegOf(stopSign, 300) });
  expect(alike.hits?.[0]).toBe('stop-sign');
  expect((await search({ words: 'picture' })).hits).toEqual(['no-picture']);
});

test('a query by a broken picture goes on with the other features, and says why', async () => {
  const { hits, warnings } = await search({ picture: 'data:image/png;base64,AAAA', words: 'donut' });
  expect(hits).toEqual(['donut']);
  expect(warnings).toEqual([
    `The search of ${LOOK} failed (The picture is neither a PNG nor a JPEG: convert it to one of them); the result is made of the other features alone.`,
  ]);
});

test('the server says what looks at pictures, and what an index was filled by', async () => {
  const { data } = await attune.ask<{
    featureExtractors: { featureUri: string }[];
    collection: { features: object[] };
  }>(
    `query ($id: ID!) {
      featureExtractors { featureUri kind model dimensions }
      collection(id: $id) { features { featureUri model precision dimensions } }
    }`,
    { id: collectionId },
  );
  expect(data.featureExtractors).toContainEqual({
    ...{ featureUri: THINGS, kind: 'VECTOR', dimensions: 384 },
    model: 'mobilenetv3-centernet/coco+all-MiniLM-L6-v2',
  });
  expect(data.collection.features).toMatchObject([
    { featureUri: THINGS, precision: 'float32+int8', dimensions: 384 },
    { featureUri: LOOK, model: 'mobilenetv3-centernet/backbone', precision: 'float32', dimensions: 120 },
    { featureUri: LEXICAL },
  ]);
});
