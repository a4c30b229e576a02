import { describe, expect, test } from 'vitest';
import { ConflictError, NotFoundError, ValidationError } from '../../src/shared/errors.ts';
import type { SearchInput } from '../../src/search/search-input.ts';
import type { PageRequest } from '../../src/shared/page.ts';
import { run } from './execute.ts';
import { authorizations, collection, execution, handMadeApp, namespace, retriever, uuid } from './hand-made-app.ts';

const createCollection = `mutation {
  createCollection(input: { name: "n", features: [{ featureUri: "text://bm25@v1/terms" }] }) {
    __typename
    ... on Error { code message path }
    ... on CreateCollectionPayload { collection { id } }
  }
}`;

describe('who may', () => {
  test('nobody without a key, but read the schema', async () => {
    const app = handMadeApp();
    const { data } = await run(app, '{ __schema { queryType { name } } }', {}, null);
    expect(data).toEqual({ __schema: { queryType: { name: 'Query' } } });
    const { errors } = await run(app, '{ retrievers { nodes { id } } }', {}, null);
    expect(errors?.map((error) => error.extensions['code'])).toEqual(['UNAUTHENTICATED']);
    expect(app.calls).toEqual([]);
  });

  test('a mutation without a key fails as a whole, not as a member of its union', async () => {
    const { data, errors } = await run(handMadeApp(), createCollection, {}, 'Bearer wrong');
    expect(data).toBeNull();
    expect(errors?.map((error) => error.extensions['code'])).toEqual(['UNAUTHENTICATED']);
  });

  test('a key without the scope gets an error from a query', async () => {
    const app = handMadeApp();
    const { errors } = await run(app, '{ retrievers { nodes { id } } }', {}, authorizations.search);
    expect(errors?.[0]).toMatchObject({ path: ['retrievers'], extensions: { code: 'FORBIDDEN' } });
    expect(app.calls).toEqual([]);
  });

  test('a key without the scope gets a ForbiddenError from a mutation', async () => {
    const app = handMadeApp();
    const { data } = await run(app, createCollection, {}, authorizations.interact);
    expect(data).toMatchObject({ createCollection: { __typename: 'ForbiddenError', code: 'FORBIDDEN', path: [] } });
    expect(app.calls).toEqual([]);
  });

  test.each([
    ['search', '{ learnedWeights(retrieverId: "r") { version } }'],
    ['search', `{ search(input: { retrieverId: "r", inputs: {} }) { executionId } }`],
    ['search', '{ execution(executionId: "e") { executionId } }'],
    ['admin', '{ learnedWeights(retrieverId: "r") { version } }'],
    ['admin', '{ retrievers { nodes { id } } }'],
  ] as const)('a key with the scope %s may ask %s', async (scope, source) => {
    expect(await run(handMadeApp(), source, {}, authorizations[scope])).not.toHaveProperty('errors');
  });

  test('a key of one namespace makes no other', async () => {
    const app = handMadeApp();
    const everywhere = app.access.authenticate;
    app.access.authenticate = async (...args) => ({ ...(await everywhere(...args)), everyNamespace: false });
    const source = 'mutation { createNamespace(input: { name: "n" }) { __typename ... on Error { code } } }';
    expect(await run(app, source)).toEqual({
      data: { createNamespace: { __typename: 'ForbiddenError', code: 'FORBIDDEN' } },
    });
  });
});

describe('expected errors', () => {
  test.each([
    [new ValidationError('features is empty.', 'NO_FEATURES', ['input', 'features'])],
    [new NotFoundError('There is none.', 'NOT_THERE', ['input'])],
    [new ConflictError('The name is taken.', 'COLLECTION_NAME_TAKEN', ['input', 'name'])],
  ])('of a mutation are members of its union: %s', async (error) => {
    const app = handMadeApp();
    app.collections.create = () => Promise.reject(error);
    const { data } = await run(app, createCollection);
    const { code, message, path } = error;
    expect(data).toEqual({ createCollection: { __typename: error.name, code, message, path } });
  });

  test('of ours are none of them', async () => {
    const { data, errors } = await run(handMadeApp(), createCollection);
    expect(data).toBeNull();
    expect(errors).toHaveLength(1);
  });

  test.each(['"text"', '[1]', '3', 'null'])('inputs of a search that are %s are refused', async (inputs) => {
    const source = `{ search(input: { retrieverId: "r", inputs: ${inputs} }) { executionId } }`;
    const { errors, data } = await run(handMadeApp(), source);
    expect(data ?? null).toBeNull();
    expect(errors).toHaveLength(1);
  });

  test.each([
    ['[0.5, 1e999]', 'INVALID_VECTOR'],
    ['["NaN"]', 'INVALID_VECTOR'],
    ['[null]', 'INVALID_VECTOR'],
    ['"[1]"', 'INVALID_VECTOR'],
  ])('a vector %s is refused with its place', async (values, code) => {
    const source = `mutation ($v: Vector!) { upsertDocuments(input: { collectionId: "c", documents: [{ documentId: "d",
      vectors: [{ featureUri: "f", values: $v }] }] }) { __typename } }`;
    const { errors } = await run(handMadeApp(), source, { v: JSON.parse(values) as unknown });
    expect(errors?.[0]?.extensions['code']).toBe(code);
    expect(errors?.[0]?.message).toContain('$v');
  });

  test('a vector written into the operation is read as one', async () => {
    const app = handMadeApp();
    let seen: unknown;
    app.collections.upsertDocuments = async (_ns, input) => {
      seen = input;
      return { upserted: 1, failures: [] };
    };
    const source = `mutation { upsertDocuments(input: { collectionId: "c", documents: [{ documentId: "d",
      vectors: [{ featureUri: "f", values: [1, -0.5] }] }] }) { ... on UpsertDocumentsPayload { upserted } } }`;
    expect((await run(app, source)).data).toEqual({ upsertDocuments: { upserted: 1 } });
    expect(seen).toEqual({
      collectionId: 'c',
      documents: [
        { documentId: 'd', content: null, metadata: null, vectors: [{ featureUri: 'f', values: [1, -0.5] }] },
      ],
    });
  });
});

describe('look-ups', () => {
  test('of one operation are made together', async () => {
    const app = handMadeApp();
    app.retrievers.list = async () => ({ items: [retriever, { ...retriever, id: uuid(21) }], hasNextPage: false });
    const { data } = await run(app, '{ retrievers { nodes { collections { name documentCount } } } }');
    const collections = [{ name: 'products', documentCount: 2 }];
    expect(data).toEqual({ retrievers: { nodes: [{ collections }, { collections }] } });
    expect(app.calls).toEqual(['retrievers.list', 'collections.get', 'collections.count']);
  });

  test('by id are made together, and not for what is no id', async () => {
    const app = handMadeApp();
    const source = `query ($a: ID!, $b: ID!) {
      a: retriever(id: $a) { id } b: retriever(id: $b) { id } c: retriever(id: "no uuid") { id } d: collection(id: "no") { id }
    }`;
    const { data, errors } = await run(app, source, { a: retriever.id.toUpperCase(), b: uuid(99) });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ a: { id: retriever.id }, b: null, c: null, d: null });
    expect(app.calls).toEqual(['retrievers.get']);
  });

  test('of the documents of all hits are one', async () => {
    const app = handMadeApp();
    const hits = '{ hits { documentId content metadata } }';
    const source = `{ a: search(input: { retrieverId: "r", inputs: {} }) ${hits}
                      b: search(input: { retrieverId: "r", inputs: {} }) ${hits} }`;
    const { data } = await run(app, source);
    expect(data?.['b']).toEqual({
      hits: [
        { documentId: 'x', content: 'text of x', metadata: { id: 'x' } },
        { documentId: 'y', content: 'text of y', metadata: { id: 'y' } },
      ],
    });
    expect(app.calls).toEqual(['search.execute', 'search.execute', 'search.documents']);
  });

  test('of documents are left out where no text is asked for', async () => {
    const app = handMadeApp();
    await run(app, '{ search(input: { retrieverId: "r", inputs: {} }) { hits { documentId position } } }');
    expect(app.calls).toEqual(['search.execute']);
  });

  test('of documents that are gone give null', async () => {
    const app = handMadeApp();
    app.search.documents = async () => [];
    const source = '{ search(input: { retrieverId: "r", inputs: {} }) { hits { content metadata } } }';
    const gone = {
      search: {
        hits: [
          { content: null, metadata: null },
          { content: null, metadata: null },
        ],
      },
    };
    expect((await run(app, source)).data).toEqual(gone);
  });
});

describe('lists', () => {
  const page = (args: string) => `{ collections(${args}) { edges { cursor node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

  test('go on behind a cursor', async () => {
    const app = handMadeApp();
    const asked: PageRequest[] = [];
    app.collections.list = async (_ns, request) => {
      asked.push(request);
      return { items: [collection, { ...collection, id: uuid(11) }], hasNextPage: asked.length === 1 };
    };
    const { data: first } = await run(app, page('first: 2'));
    const { pageInfo, edges, nodes } = first?.['collections'] as {
      pageInfo: { startCursor: string; endCursor: string };
      edges: { cursor: string }[];
      nodes: unknown[];
    };
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false, startCursor: edges[0]?.cursor });
    expect(nodes).toEqual([{ id: collection.id }, { id: uuid(11) }]);
    const { data: second } = await run(app, page(`first: 2, after: "${pageInfo.endCursor}"`));
    expect(second?.['collections']).toMatchObject({ pageInfo: { hasNextPage: false, hasPreviousPage: true } });
    expect(asked).toEqual([
      { limit: 2, after: null },
      { limit: 2, after: uuid(11) },
    ]);
  });

  test('of documents go on behind a document id, and look their vectors up together', async () => {
    const app = handMadeApp();
    const source = `query ($id: ID!, $after: String) { collection(id: $id) { documents(first: 2, after: $after) {
      nodes { documentId vectors { featureUri values } } pageInfo { hasNextPage endCursor } } } }`;
    const first = await run(app, source, { id: collection.id });
    expect(first.errors).toBeUndefined();
    const { documents } = first.data?.['collection'] as {
      documents: { nodes: object[]; pageInfo: { endCursor: string } };
    };
    expect(documents.nodes).toMatchObject([
      { documentId: 'x', vectors: [{ featureUri: 'f', values: [expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)] }] },
      { documentId: 'y', vectors: [] },
    ]);
    expect(app.calls).toEqual(['collections.get', 'collections.documentPage', 'collections.broughtVectors']);
    const after: (string | null)[] = [];
    app.collections.documentPage = async (_collection, page) => {
      after.push(page.after);
      return { items: [], hasNextPage: false };
    };
    await run(app, source, { id: collection.id, after: documents.pageInfo.endCursor });
    const { errors } = await run(app, source, { id: collection.id, after: Buffer.from('\0').toString('base64url') });
    expect({ after, code: errors?.[0]?.extensions['code'] }).toEqual({ after: ['y'], code: 'INVALID_CURSOR' });
  });

  test('have 25 items unless asked otherwise, also by null', async () => {
    const app = handMadeApp();
    const asked: number[] = [];
    app.retrievers.list = async (_ns, { limit }) => {
      asked.push(limit);
      return { items: [], hasNextPage: false };
    };
    const { data } = await run(
      app,
      '{ a: retrievers { pageInfo { endCursor } } b: retrievers(first: null) { nodes { id } } }',
    );
    expect(data).toEqual({ a: { pageInfo: { endCursor: null } }, b: { nodes: [] } });
    expect(asked).toEqual([25, 25]);
  });

  test.each([
    ['first: 0', 'INVALID_INPUT', ['first']],
    ['first: 101', 'INVALID_INPUT', ['first']],
    ['after: "beyond"', 'INVALID_CURSOR', ['after']],
    ['after: ""', 'INVALID_CURSOR', ['after']],
  ])('refuse %s', async (args, code, path) => {
    const app = handMadeApp();
    const { errors } = await run(app, page(args));
    expect(errors?.[0]).toMatchObject({ path: ['collections'], extensions: { code, inputPath: path } });
    expect(app.calls).toEqual([]);
  });
});

describe('translation', () => {
  test('a search passes what it is given and nothing else', async () => {
    const app = handMadeApp();
    const seen: [string, SearchInput][] = [];
    app.search.execute = async (ns, input) => {
      seen.push([ns, input]);
      return execution([]);
    };
    await run(app, `{ search(input: { retrieverId: "r", inputs: { query: "q" }, userId: "u" }) { executionId } }`);
    const absent = { sessionId: null, segment: null, seed: null, limit: null };
    expect(seen).toEqual([[namespace.id, { retrieverId: 'r', inputs: { query: 'q' }, userId: 'u', ...absent }]]);
  });

  test('a retriever shows all of its stages', async () => {
    const source = `query ($id: ID!) { retriever(id: $id) { retrieverName version stages { __typename
      ... on FeatureSearchStage { fusion learningConfig { minInteractions credit rewardMap } searches { query topK } }
      ... on AttributeFilterStage { filter } ... on SortAttributeStage { field direction } ... on LimitStage { limit } } } }`;
    const { data } = await run(handMadeApp(), source, { id: retriever.id });
    expect(data).toMatchObject({
      retriever: {
        retrieverName: 'shop',
        version: 3,
        stages: [
          {
            __typename: 'FeatureSearchStage',
            fusion: 'LEARNED',
            learningConfig: { minInteractions: 5, credit: 'STRONGEST_FEATURE', rewardMap: { CLICK: 1 } },
            searches: [{ query: '{{INPUT.query}}', topK: 100 }],
          },
          { __typename: 'AttributeFilterStage', filter: { field: 'stock' } },
          { __typename: 'SortAttributeStage', field: 'price', direction: 'ASC' },
          { __typename: 'LimitStage', limit: 10 },
        ],
      },
    });
  });

  test('a stage is exactly one thing', async () => {
    const source = `mutation { createRetriever(input: { retrieverName: "r", collectionIds: [],
      stages: [{ limit: 3, attributeFilter: {} }] }) { __typename } }`;
    const { errors } = await run(handMadeApp(), source);
    expect(errors?.[0]?.message).toMatch(/Exactly one key must be specified|must specify exactly one/i);
  });

  test('a new retriever gets the defaults of the contract', async () => {
    const app = handMadeApp();
    let stages: unknown;
    app.retrievers.create = async (_ns, input) => {
      stages = input.stages;
      return retriever;
    };
    const source = `mutation { createRetriever(input: { retrieverName: "r", collectionIds: [],
      stages: [{ featureSearch: { searches: [{ featureUri: "f", query: "q" }] } }] }) { __typename } }`;
    expect((await run(app, source)).data).toEqual({ createRetriever: { __typename: 'CreateRetrieverPayload' } });
    expect(stages).toMatchObject([
      {
        featureSearch: {
          searches: [{ featureUri: 'f', query: 'q', topK: 100, weight: null, filters: null }],
          fusion: 'RRF',
          finalTopK: 25,
          rankConstant: 60,
          learningConfig: null,
        },
      },
    ]);
  });

  test('an interaction is a click unless it says otherwise, at the time it says', async () => {
    const app = handMadeApp();
    let seen: unknown;
    app.interactions.recordMany = async (_ns, inputs) => {
      seen = inputs;
      return { accepted: 1, beyondCap: 0, duplicates: 0, rejected: [{ index: 1, code: 'C', message: 'm' }] };
    };
    const source = `mutation { recordInteractions(input: { interactions: [{ executionId: "e", position: 0, occurredAt: "2026-01-01T01:00:00+01:00" }] }) {
      ... on RecordInteractionsPayload { accepted rejected { index message } } } }`;
    const { data } = await run(app, source, {}, authorizations.interact);
    expect(data).toEqual({ recordInteractions: { accepted: 1, rejected: [{ index: 1, message: 'm' }] } });
    expect(seen).toMatchObject([
      {
        executionId: 'e',
        position: 0,
        interactionTypes: ['CLICK'],
        occurredAt: Date.UTC(2026, 0, 1),
        documentId: null,
      },
    ]);
  });

  test('learned weights are means as shares of their sum, each with its certainty', async () => {
    const source =
      '{ learnedWeights(retrieverId: "r") { version weights { featureUri weight mean low high probabilityBest } } }';
    const { data } = await run(handMadeApp(), source);
    const { version, weights } = data?.['learnedWeights'] as { version: string; weights: Record<string, number>[] };
    expect(version).toBe('0000000000000001');
    expect(weights).toHaveLength(2);
    // Beta(3, 1) against Beta(1, 3): P(X > Y) = 19/20
    expect(weights[0]).toMatchObject({ featureUri: 'a', weight: 0.75, mean: 0.75 });
    expect(weights[0]?.['probabilityBest']).toBeCloseTo(0.95, 9);
    expect(weights[1]?.['probabilityBest']).toBeCloseTo(0.05, 9);
    expect(weights[0]?.['low']).toBeCloseTo(0.025 ** (1 / 3), 9);
    expect(weights[0]?.['high']).toBeCloseTo(0.975 ** (1 / 3), 9);
  });

  test('a search shows the weights that it applied, not their means', async () => {
    const source = '{ search(input: { retrieverId: "r", inputs: {} }) { weights { weight mean } hits { position } } }';
    const { data } = await run(handMadeApp(), source);
    expect(data).toEqual({
      search: {
        weights: [
          { weight: 0.7, mean: 0.75 },
          { weight: 0.3, mean: 0.25 },
        ],
        hits: [{ position: 0 }, { position: 1 }],
      },
    });
  });
});
