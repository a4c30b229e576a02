import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Collection } from '../../src/collections/collection.ts';
import { indexDocuments } from '../../src/collections/index-documents.ts';
import type { VectorExtractor } from '../../src/extractors/extractor.ts';
import { createProvider, parseProviderSettings } from '../../src/extractors/providers/provider-config.ts';
import { UnreadableInputs } from '../../src/extractors/unreadable-inputs.ts';
import { unitVector } from '../../src/shared/unit-vector.ts';
import {
  DIMENSIONS,
  modelVector,
  startEmbeddingServer,
  type EmbeddingServer,
  type ProviderName,
} from '../fixtures/embedding-server.ts';

const FEATURE = 'acme://text@v1/model';
const providers: ProviderName[] = ['openai', 'cohere', 'voyage', 'jina', 'vertex'];
const batches: Record<ProviderName, number> = { openai: 128, cohere: 96, voyage: 128, jina: 128, vertex: 1 };

describe.each(providers)('embeddings of %s', (provider) => {
  let server: EmbeddingServer;

  beforeEach(async () => void (server = await startEmbeddingServer(provider)));
  afterEach(async () => {
    await server.close();
    expect(server.faults).toEqual([]);
  });

  function extractor(settings: object = {}, key = server.key, queryBudgetMs = 4_000): VectorExtractor {
    const given = { provider, model: 'model-1', url: server.url, dimensions: DIMENSIONS, keyVariable: 'THE_KEY' };
    return createProvider(parseProviderSettings(FEATURE, { ...given, ...settings }), {
      ...{ env: { THE_KEY: key }, now: () => 0, backoffMs: 1, queryBudgetMs },
    });
  }

  const expected = (text: string, dimensions = DIMENSIONS) => unitVector(modelVector(text, dimensions));

  it('come as one unit vector a text, in order, whatever the order of the answer', async () => {
    const texts = ['a red lamp', 'a blue chair', 'a red chair'];
    expect(await extractor().embed(texts, 'document')).toEqual(texts.map((text) => expected(text)));
    expect(extractor()).toMatchObject({ kind: 'vector', model: `${provider}/model-1`, dimensions: DIMENSIONS });
  });

  it('tell documents from queries where the provider does', async () => {
    const one = extractor();
    await one.embed(['lamp'], 'document');
    await one.embed(['lamp'], 'query');
    const [asDocument, asQuery] = server.asked.map(({ body }) => body);
    const told = { openai: null, cohere: 'input_type', voyage: 'input_type', jina: 'task', vertex: null }[provider];
    if (told === null) expect(asDocument).toEqual(asQuery);
    else expect(asDocument?.[told]).not.toEqual(asQuery?.[told]);
  });

  it('are asked for in batches as large as it takes, and the same content once', async () => {
    const one = extractor();
    const texts = Array.from({ length: provider === 'vertex' ? 5 : 200 }, (_, n) => `text number ${n}`);
    const vectors = await one.embed([...texts, ...texts], 'document');
    expect(vectors).toHaveLength(2 * texts.length);
    expect(vectors[texts.length]).toEqual(vectors[0]);
    expect(server.asked).toHaveLength(Math.ceil(texts.length / batches[provider]));
    await one.embed([texts[3]!, 'something new'], 'document');
    expect(JSON.stringify(server.asked.at(-1)?.body)).toContain('something new');
    expect(JSON.stringify(server.asked.at(-1)?.body)).not.toContain(texts[3]);
  });

  it('are shortened by the model where that is asked for', async () => {
    const [vector] = await extractor({ dimensions: 8, requestDimensions: true }).embed(['lamp'], 'document');
    expect(vector).toEqual(expected('lamp', 8));
  });

  it('are tried again after a fault that may pass', async () => {
    server.instead.push({ status: 503, text: '<html>busy</html>' }, { status: 429, headers: { 'retry-after': '0' } });
    expect(await extractor().embed(['lamp'], 'document')).toEqual([expected('lamp')]);
    expect(server.asked).toHaveLength(3);
  });

  it('are tried again at a limit a minute, whatever words it is put in', async () => {
    const said = [
      'Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model.',
      'Add a payment method in the billing page, or use credits: until then you have reduced rate limits.',
      'Insufficient capacity.',
    ];
    for (const message of said) server.instead.push({ status: 429, body: { error: { code: 429, message } } });
    expect(await extractor().embed(['lamp'], 'document')).toEqual([expected('lamp')]);
    expect(server.asked).toHaveLength(4);
  });

  it.each([{ error: { code: 'insufficient_quota' } }, { error: { type: 'insufficient_quota' } }])(
    'are asked for once where the quota is used up: %j',
    async (body) => {
      server.instead.push({ status: 429, body });
      await expect(extractor().embed(['lamp'], 'document')).rejects.toMatchObject({ code: 'EMBEDDING_QUOTA_EXCEEDED' });
      server.instead.push({ status: 402, body: { detail: 'pay' } });
      await expect(extractor().embed(['lamp'], 'document')).rejects.toMatchObject({ code: 'EMBEDDING_QUOTA_EXCEEDED' });
      expect(server.asked).toHaveLength(2);
    },
  );

  it('are given up after some tries, with what is the matter', async () => {
    for (let n = 0; n < 6; n++) server.instead.push({ status: 500, body: { error: { message: 'down' } } });
    await expect(extractor().embed(['lamp'], 'query')).rejects.toMatchObject({
      code: 'EMBEDDING_UNAVAILABLE',
      message: `${provider} answers 500: try again later, or set requestsPerMinute lower.`,
    });
    expect(server.asked).toHaveLength(2);
  });

  it('are not waited for beyond the time that is set', async () => {
    server.instead.push({ hang: true }, { hang: true });
    await expect(extractor({ timeoutMs: 100 }).embed(['lamp'], 'query')).rejects.toMatchObject({
      code: 'EMBEDDING_UNAVAILABLE',
      message: `${provider} did not answer in time.`,
    });
  });

  it('of a query are given up at once where the provider asks for a wait that nobody waits', async () => {
    server.instead.push({ status: 429, headers: { 'retry-after': '20' } });
    await expect(extractor().embed(['lamp'], 'query')).rejects.toMatchObject({ code: 'EMBEDDING_RATE_LIMITED' });
    expect(server.asked).toHaveLength(1);
    server.instead.push({ status: 429, headers: { 'retry-after': '0' } });
    expect(await extractor().embed(['lamp'], 'query')).toEqual([expected('lamp')]);
  });

  it('of a query are not waited for until the documents have had the requests of a minute', async () => {
    const one = extractor({ requestsPerMinute: 1 }, server.key, 50);
    await one.embed(['a blue chair'], 'document');
    await expect(one.embed(['lamp'], 'query')).rejects.toMatchObject({
      code: 'EMBEDDING_RATE_LIMITED',
      message: expect.stringContaining('set requestsPerMinute higher') as string,
    });
    expect(server.asked).toHaveLength(1);
  });

  const tooLong = { status: 400, body: { error: { message: 'at most 8192 tokens.' } } };
  const right = {};

  it('are made of all texts but the one that is refused, which is named', async () => {
    const texts = ['a lamp', 'a red lamp', 'a text that is very much too long', 'a'];
    const one = extractor();
    const inTurn = provider === 'vertex' ? [right, right, tooLong] : [tooLong, right, tooLong, right, tooLong];
    server.instead.push(...inTurn);
    const error: unknown = await one.embed([...texts, texts[2]!], 'document').catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UnreadableInputs);
    const fault = `${provider} refused the request for model-1 with 400: at most 8192 tokens.`;
    expect((error as UnreadableInputs).faults).toEqual(new Map([2, 4].map((place) => [place, fault])));
    const asked = provider === 'vertex' ? 4 : 5;
    expect(server.asked).toHaveLength(asked);
    const others = texts.filter((_, place) => place !== 2);
    expect(await one.embed(others, 'document')).toEqual(others.map((text) => expected(text)));
    expect(server.asked).toHaveLength(asked);
    server.instead.push(tooLong);
    await expect(one.embed([texts[2]!, 'a'], 'document')).rejects.toBeInstanceOf(UnreadableInputs);
  });

  it('are not asked for without end where all texts are refused', async () => {
    const texts = Array.from({ length: 64 }, (_, n) => `text number ${n}`);
    for (const [count, asked] of [
      [1, 1],
      [2, provider === 'vertex' ? 2 : 3],
      [64, 15],
    ] as const) {
      server.asked.length = 0;
      server.instead.length = 0;
      server.instead.push(...Array<object>(200).fill(tooLong));
      await expect(extractor().embed(texts.slice(0, count), 'document')).rejects.toMatchObject({
        ...{ name: 'RefusedInputs', code: 'EMBEDDING_REQUEST_REFUSED' },
        message: `${provider} refused the request for model-1 with 400: at most 8192 tokens.`,
      });
      expect(server.asked).toHaveLength(asked);
    }
  });

  it('are not asked for by halves where it is not the texts, nor for a query', async () => {
    server.instead.push({ status: 404 }, tooLong);
    await expect(extractor().embed(['a', 'b'], 'document')).rejects.toMatchObject({
      code: 'EMBEDDING_REQUEST_REFUSED',
    });
    await expect(extractor().embed(['a', 'b'], 'query')).rejects.toMatchObject({ code: 'EMBEDDING_REQUEST_REFUSED' });
    expect(server.asked).toHaveLength(2);
  });

  it('leave out the documents alone that are refused, also where they end a long call', async () => {
    const one = extractor();
    const documents = Array.from({ length: 65 }, (_, n) => ({
      ...{ documentId: `document ${n}`, content: `text number ${n}`, metadata: {}, vectors: new Map() },
    }));
    const feature = { id: 1, featureUri: FEATURE, fields: ['content'], extractor: 'x', ...one };
    const collection = { features: [feature] } as unknown as Collection;
    const registry = { resolve: () => one, known: () => [], close: () => Promise.resolve() };
    server.instead.push(...Array<object>(provider === 'vertex' ? 64 : 1).fill(right), tooLong);
    const { indexed, failures } = await indexDocuments(collection, documents, registry);
    expect(indexed).toHaveLength(64);
    expect(failures).toEqual([
      {
        ...{ documentId: 'document 64', code: 'UNREADABLE_INPUT' },
        message: `${FEATURE} cannot read content: ${provider} refused the request for model-1 with 400: at most 8192 tokens.`,
      },
    ]);
  });

  it('are refused with the remedy: a wrong key, a used-up quota, another dimension, a bad request', async () => {
    const refused = (one: VectorExtractor) => expect(one.embed(['lamp'], 'document')).rejects;
    const wrongKey = refused(extractor({}, 'a-wrong-key'));
    await wrongKey.toMatchObject({
      code: 'EMBEDDING_KEY_REFUSED',
      message: expect.stringContaining('THE_KEY') as string,
    });
    expect(server.asked).toHaveLength(1);
    server.instead.push({
      status: 429,
      body: { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
    });
    await refused(extractor()).toMatchObject({ code: 'EMBEDDING_QUOTA_EXCEEDED' });
    await refused(extractor({ dimensions: 20 })).toMatchObject({
      code: 'EMBEDDING_DIMENSIONS_DIFFER',
      message: expect.stringContaining('gave 16 dimensions where its feature says 20') as string,
    });
    server.instead.push({ status: 404, body: { error: { message: 'no such model' } } });
    await refused(extractor()).toMatchObject({
      code: 'EMBEDDING_REQUEST_REFUSED',
      message: `${provider} refused the request for model-1 with 404: no such model.`,
    });
  });

  it('are refused where the answer is of no use', async () => {
    for (const instead of [{ text: 'not json' }, { body: { hello: 1 } }, { body: [] }]) {
      server.instead.push(instead);
      await expect(extractor().embed(['lamp'], 'document')).rejects.toMatchObject({ code: 'EMBEDDING_ANSWER_INVALID' });
    }
  });

  it('never tell the key', async () => {
    server.instead.push({ status: 400, body: { message: 'odd' } });
    const error: unknown = await extractor()
      .embed(['lamp'], 'document')
      .catch((cause: unknown) => cause);
    expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain(server.key);
  });
});

describe('pictures', () => {
  const picture = `data:image/png;base64,${Buffer.from('a red lamp').toString('base64')}`;

  it('go to Vertex as they are, and share the space of texts', async () => {
    const server = await startEmbeddingServer('vertex');
    const settings = { provider: 'vertex', model: 'model-1', url: server.url, dimensions: DIMENSIONS };
    const env = { VERTEX_ACCESS_TOKEN: server.key };
    const extractor = createProvider(parseProviderSettings(FEATURE, settings), { env, now: () => 0 });
    expect(await extractor.embed([picture, 'lamp'], 'document')).toHaveLength(2);
    await server.close();
    expect(server.faults).toEqual([]);
    expect(server.asked.map(({ body }) => body['instances'])).toEqual([
      [{ image: { bytesBase64Encoded: picture.slice(picture.indexOf(',') + 1) } }],
      [{ text: 'lamp' }],
    ]);
  });
});

describe('a model that wants to be told what a text is for', () => {
  it('gets the prefixes of the settings', async () => {
    const server = await startEmbeddingServer('openai');
    const settings = { provider: 'openai', model: 'model-1', url: server.url, dimensions: DIMENSIONS };
    const prefixes = { queryPrefix: 'query: ', documentPrefix: 'passage: ' };
    const env = { OPENAI_API_KEY: server.key };
    const extractor = createProvider(parseProviderSettings(FEATURE, { ...settings, ...prefixes }), {
      env,
      now: () => 0,
    });
    await extractor.embed(['lamp'], 'document');
    await extractor.embed(['lamp'], 'query');
    await server.close();
    expect(server.asked.map(({ body }) => body['input'])).toEqual([['passage: lamp'], ['query: lamp']]);
  });
});

describe('on Google’s machines', () => {
  it('tokens come from the metadata server, and are renewed before they expire', async () => {
    const server = await startEmbeddingServer('vertex');
    let tokens = 0;
    const metadata = createServer((request, response) => {
      tokens++;
      expect(request.headers['metadata-flavor']).toBe('Google');
      response.end(JSON.stringify({ access_token: server.key, expires_in: 3600, token_type: 'Bearer' }));
    });
    await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve));
    let now = 0;
    const env = { GCE_METADATA_HOST: `127.0.0.1:${(metadata.address() as AddressInfo).port}` };
    const settings = { provider: 'vertex', model: 'model-1', url: server.url, dimensions: DIMENSIONS };
    const extractor = createProvider(parseProviderSettings(FEATURE, settings), { env, now: () => now });
    await extractor.embed(['lamp', 'chair'], 'document');
    expect(tokens).toBe(1);
    now = 3_590_000;
    await extractor.embed(['table'], 'document');
    expect(tokens).toBe(2);
    metadata.close();
    await server.close();
  });
});

describe('the settings of a provider', () => {
  const good = { provider: 'openai', model: 'm', dimensions: 8 };
  const ambient = { env: {}, now: () => 0 };

  it.each([
    [{ ...good, provider: 'acme' }, /provider: /],
    [{ ...good, dimensions: 0 }, /dimensions: /],
    [{ ...good, dimensions: undefined }, /dimensions: /],
    [{ ...good, url: 'ftp://x' }, /url: /],
    [{ ...good, apiKey: 'sk-1' }, /apiKey/],
    [{ ...good, keyVariable: 'sk-123' }, /keyVariable: must be the name of an environment variable/],
    [{ ...good, provider: 'vertex' }, /needs url for vertex/],
  ])('%j are refused with what to mend', (settings, message) => {
    expect(() => parseProviderSettings(FEATURE, settings)).toThrow(message);
    expect(() => parseProviderSettings(FEATURE, settings)).toThrow(/ATTUNE_FEATURES: acme:\/\/text@v1\/model/);
  });

  it('need a key for a service, and none for a server of one’s own', () => {
    expect(() => createProvider(parseProviderSettings(FEATURE, good), ambient)).toThrow(
      /Set OPENAI_API_KEY to a key of Openai/,
    );
    const own = { ...good, url: 'http://127.0.0.1:11434/v1/' };
    expect(createProvider(parseProviderSettings(FEATURE, own), ambient).model).toBe('openai/m');
  });
});
