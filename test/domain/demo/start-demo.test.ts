import { describe, expect, it } from 'vitest';
import { loadDemo, startShoppers, type DemoApp } from '../../../src/demo/start-demo.ts';
import type { CreateCollectionInput, UpsertDocumentsInput } from '../../../src/collections/collection-input.ts';
import type { CreateRetrieverInput } from '../../../src/retrievers/retriever-input.ts';
import { OperatorError } from '../../../src/shared/errors.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { seededRng } from '../../../src/shared/rng.ts';

interface Before {
  faultyId?: string;
  collections?: { id: string; name: string }[];
  retrievers?: { id: string; name: string }[];
}

const silent = () => undefined;
const notYet = new AbortController().signal;

function recordingApp({ faultyId, collections = [], retrievers = [] }: Before = {}) {
  const calls: {
    collection?: CreateCollectionInput;
    upserts: UpsertDocumentsInput[];
    retriever?: CreateRetrieverInput;
  } = { upserts: [] };
  const app = {
    collections: {
      list: () => Promise.resolve({ items: collections, hasNextPage: false }),
      create(_ns: string, input: CreateCollectionInput) {
        calls.collection = input;
        return Promise.resolve({ id: 'collection-1' });
      },
      upsertDocuments(_ns: string, input: UpsertDocumentsInput) {
        calls.upserts.push(input);
        const failures = input.documents
          .filter(({ documentId }) => documentId === faultyId)
          .map(({ documentId }) => ({ documentId, code: 'INVALID_DOCUMENT_ID', message: 'too odd' }));
        return Promise.resolve({ upserted: input.documents.length, failures });
      },
    },
    retrievers: {
      list: () => Promise.resolve({ items: retrievers, hasNextPage: false }),
      create(_ns: string, input: CreateRetrieverInput) {
        calls.retriever = input;
        return Promise.resolve({ id: 'retriever-1' });
      },
    },
  } as unknown as DemoApp;
  return { app, calls };
}

describe('loading the demo', () => {
  it('fills a collection in batches, tells how far it is, and makes a learned retriever of two features', async () => {
    const { app, calls } = recordingApp();
    const progress: [number, number][] = [];
    const onProgress = (stored: number, total: number) => void progress.push([stored, total]);
    expect(await loadDemo(app, 'ns', { onProgress, signal: notYet })).toBe('retriever-1');
    expect(calls.collection).toMatchObject({
      name: 'demo-products',
      features: [
        { featureUri: 'attune://lexical@v1/bm25', fields: ['title'] },
        { featureUri: 'attune://text@v1/minilm_l6_v2', fields: ['content'] },
      ],
    });
    expect(calls.upserts.flatMap(({ documents }) => documents)).toHaveLength(312);
    expect(progress.at(-1)).toEqual([312, 312]);
    expect(progress.length).toBeGreaterThan(3);
    expect(calls.retriever).toMatchObject({ retrieverName: 'demo-search', collectionIds: ['collection-1'] });
    const stage = calls.retriever?.stages[0]?.featureSearch;
    expect(stage?.fusion).toBe('LEARNED');
    expect(stage?.searches.map(({ featureUri }) => featureUri)).toEqual(
      calls.collection?.features.map(({ featureUri }) => featureUri),
    );
  });

  it('does not pass over a product that the store refuses', async () => {
    const { app } = recordingApp({ faultyId: 'dormouse' });
    await expect(loadDemo(app, 'ns', { onProgress: silent, signal: notYet })).rejects.toThrow(/dormouse/);
  });

  it('completes what an earlier call left half done', async () => {
    const { app, calls } = recordingApp({ collections: [{ id: 'begun', name: 'demo-products' }] });
    await loadDemo(app, 'ns', { onProgress: silent, signal: notYet });
    expect(calls.collection).toBeUndefined();
    expect(new Set(calls.upserts.map(({ collectionId }) => collectionId))).toEqual(new Set(['begun']));
    expect(calls.upserts.flatMap(({ documents }) => documents)).toHaveLength(312);
    expect(calls.retriever).toMatchObject({ collectionIds: ['begun'] });
  });

  it('leaves a retriever that is there as it is', async () => {
    const { app, calls } = recordingApp({ retrievers: [{ id: 'made', name: 'demo-search' }] });
    expect(await loadDemo(app, 'ns', { onProgress: silent, signal: notYet })).toBe('made');
    expect(calls.retriever).toBeUndefined();
  });

  it('ends after the batch under way when it is told to', async () => {
    const { app, calls } = recordingApp();
    const ending = new AbortController();
    const retrieverId = await loadDemo(app, 'ns', { onProgress: () => ending.abort(), signal: ending.signal });
    expect(retrieverId).toBeNull();
    expect(calls.upserts).toHaveLength(1);
    expect(calls.retriever).toBeUndefined();
  });
});

describe('starting the shoppers', () => {
  it('needs the demo, and says how to get it', async () => {
    const app = { retrievers: { list: () => Promise.resolve({ items: [], hasNextPage: false }) } };
    const started = startShoppers(app as unknown as Parameters<typeof startShoppers>[0], 'ns', {
      ratePerSecond: 5,
      signal: AbortSignal.abort(),
      rng: seededRng('x'),
      clock: systemClock,
      logger: { debug: silent, info: silent, warn: silent, error: silent },
    });
    await expect(started).rejects.toThrow(OperatorError);
    await expect(started).rejects.toThrow(/ATTUNE_DEMO=1/);
  });
});
