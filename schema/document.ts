import { createContextCache } from '@pothos/core';
import DataLoader from 'dataloader';
import type { BroughtVector, Collection, Document } from '../src/collections/collection.ts';
import { builder } from './builder.ts';
import { connectionType, pageRequest, toConnectionBy, type PageArguments } from './connection.ts';
import type { Context } from './context.ts';

/** A document of a collection that the caller may see. */
interface ListedDocument extends Document {
  collection: Collection;
}

/** The vectors of all documents of an operation: one look-up a collection. */
const vectorLoader = createContextCache(
  (context: Context) =>
    new DataLoader<ListedDocument, readonly BroughtVector[]>((documents) => loadVectors(documents, context)),
);

const BroughtVectorType = builder.objectRef<BroughtVector>('FeatureVector').implement({
  description: 'The vector of a document for a feature that no extractor fills.',
  fields: (t) => ({
    featureUri: t.exposeString('featureUri', { description: 'The feature.' }),
    values: t.field({
      type: 'Vector',
      description: 'As it is kept: at length 1, in 32 bits a number.',
      resolve: ({ values }) => Array.from(values),
    }),
  }),
});

const DocumentType = builder.objectRef<ListedDocument>('Document').implement({
  description: 'A document as it is stored.',
  fields: (t) => ({
    documentId: t.exposeID('documentId', { description: 'Your id, unique in the collection.' }),
    content: t.exposeString('content', { nullable: true, description: 'Its text; null where it has none.' }),
    metadata: t.field({ type: 'JSON', description: 'Its fields.', resolve: ({ metadata }) => metadata }),
    vectors: t.field({
      type: [BroughtVectorType],
      complexity: { field: 1, multiplier: 2 },
      description: 'Those that came with it: of the features that no extractor fills.',
      resolve: async (document, _args, context) => [...(await vectorLoader(context).load(document))],
    }),
  }),
});

export const DocumentConnection = connectionType('Document', DocumentType, 'by document id');

/** @throws ValidationError INVALID_CURSOR */
export async function pageOfDocuments(collection: Collection, args: PageArguments, context: Context) {
  const { items, hasNextPage } = await context.app.collections.documentPage(
    collection,
    pageRequest(args, isDocumentId),
  );
  const listed = items.map((document): ListedDocument => ({ ...document, collection }));
  return toConnectionBy({ items: listed, hasNextPage }, args, ({ documentId }) => documentId);
}

function isDocumentId(key: string): boolean {
  return key !== '' && !key.includes('\0');
}

async function loadVectors(
  documents: readonly ListedDocument[],
  context: Context,
): Promise<(readonly BroughtVector[])[]> {
  const collections = [...new Set(documents.map(({ collection }) => collection))];
  const found = new Map(
    await Promise.all(
      collections.map(async (collection) => {
        const ids = documents.filter((one) => one.collection === collection).map(({ documentId }) => documentId);
        return [collection, await context.app.collections.broughtVectors(collection, ids)] as const;
      }),
    ),
  );
  return documents.map(({ collection, documentId }) => found.get(collection)?.get(documentId) ?? []);
}
