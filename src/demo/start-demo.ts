import type { App } from '../app.ts';
import type { CreateCollectionInput } from '../collections/collection-input.ts';
import type { CreateRetrieverInput } from '../retrievers/retriever-input.ts';
import type { Retriever } from '../retrievers/retriever.ts';
import { OperatorError } from '../shared/errors.ts';
import { invariant } from '../shared/invariant.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { readCatalogue, toDocument } from './catalogue.ts';
import { productPicture } from './product-picture.ts';
import { runShoppers, type ShoppersApp, type ShoppersOptions } from './run-shoppers.ts';

const collectionName = 'demo-products';
const retrieverName = 'demo-search';
/** Two features that disagree: the words of the title, and the meaning of the description. */
const titleWords = 'attune://lexical@v1/bm25';
export const descriptionMeaning = 'attune://text@v1/minilm_l6_v2';
/** Products a call: small enough to show progress. */
const batchSize = 52;
const itemsPerPage = 100;

/** Of the App, what loading the demo takes. */
export type DemoApp = {
  collections: Pick<App['collections'], 'create' | 'list' | 'upsertDocuments'>;
  retrievers: Pick<App['retrievers'], 'create' | 'list'>;
};

type RetrieverList = { retrievers: Pick<App['retrievers'], 'list'> };

export interface LoadDemoOptions {
  /** Called with the number of products stored so far, and of all. */
  onProgress: (stored: number, total: number) => void;
  /** Ends it after the batch under way. */
  signal: AbortSignal;
}

/**
 * Creates the demo's collection, fills it and makes its retriever; what an earlier call left half done is completed.
 * @returns the retriever's id; null where it was ended early
 */
export async function loadDemo(
  app: DemoApp,
  ns: string,
  { onProgress, signal }: LoadDemoOptions,
): Promise<string | null> {
  const begun = await findByName((page) => app.collections.list(ns, page), collectionName);
  const collection = begun ?? (await app.collections.create(ns, demoCollection));
  const documents = readCatalogue().map((product) => toDocument(product, productPicture(product)));
  for (let start = 0; start < documents.length; start += batchSize) {
    if (signal.aborted) return null;
    const batch = documents.slice(start, start + batchSize);
    const { failures } = await app.collections.upsertDocuments(ns, { collectionId: collection.id, documents: batch });
    invariant(failures.length === 0, `the demo's products are sound: ${JSON.stringify(failures[0])}`);
    onProgress(start + batch.length, documents.length);
  }
  const made = await findByName((page) => app.retrievers.list(ns, page), retrieverName);
  return (made ?? (await app.retrievers.create(ns, demoRetriever(collection.id)))).id;
}

const demoCollection: CreateCollectionInput = {
  name: collectionName,
  features: [
    { featureUri: titleWords, fields: ['title'], dimensions: null },
    { featureUri: descriptionMeaning, fields: ['content'], dimensions: null },
  ],
};

function demoRetriever(collectionId: string): CreateRetrieverInput {
  const search = { query: '{{INPUT.query}}', topK: null, weight: null, filters: null };
  return {
    retrieverName,
    collectionIds: [collectionId],
    inputSchema: { query: { type: 'text', description: 'What the shopper is looking for', required: true } },
    stages: [
      {
        featureSearch: {
          searches: [
            { ...search, featureUri: titleWords },
            { ...search, featureUri: descriptionMeaning },
          ],
          fusion: 'LEARNED',
          finalTopK: 10,
          rankConstant: null,
          rawScores: null,
          learningConfig: null,
          filters: null,
          groupBy: null,
          facets: null,
        },
      },
    ],
  };
}

/**
 * Lets simulated shoppers loose on the demo's retriever, in the background until `signal` aborts.
 * @returns the retriever's id
 * @throws OperatorError where there is no demo
 */
export async function startShoppers(
  app: ShoppersApp & RetrieverList,
  ns: string,
  options: ShoppersOptions,
): Promise<string> {
  const retriever = await requireDemo(app, ns);
  void runShoppers(app, ns, retriever, options);
  return retriever.id;
}

/** @throws OperatorError where there is no demo */
export async function requireDemo(app: RetrieverList, ns: string): Promise<Retriever> {
  const found = await findByName((page) => app.retrievers.list(ns, page), retrieverName);
  if (found !== null) return found;
  throw new OperatorError(
    `There is no retriever ${retrieverName} here, which the demo and its shoppers need: start with ATTUNE_DEMO=1 and an ATTUNE_DATA_DIR that is empty. Into others the demo is not loaded.`,
  );
}

async function findByName<Item extends { id: string; name: string }>(
  list: (page: PageRequest) => Promise<Page<Item>>,
  name: string,
): Promise<Item | null> {
  let after: string | null = null;
  for (;;) {
    const page: Page<Item> = await list({ limit: itemsPerPage, after });
    const found = page.items.find((item) => item.name === name);
    if (found) return found;
    if (!page.hasNextPage) return null;
    after = page.items.at(-1)?.id ?? null;
  }
}
