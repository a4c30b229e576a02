import type { UpsertDocumentsResult } from '../src/collections/collection-input.ts';
import type { Collection, CollectionFeature, IndexKind, Metadata } from '../src/collections/collection.ts';
import type { Extractor } from '../src/extractors/extractor.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { namespaceOf } from './context.ts';
import { DocumentConnection, pageOfDocuments } from './document.ts';
import { countDocuments, loadCollections } from './loaders.ts';

const IndexKindEnum = builder.enumType('IndexKind', {
  description: 'How a feature is indexed.',
  values: {
    VECTOR: { value: 'vector' satisfies IndexKind, description: 'Vectors, ranked by cosine similarity.' },
    LEXICAL: { value: 'lexical' satisfies IndexKind, description: 'Counted terms, ranked by BM25.' },
  } as const,
});

const FeatureExtractorType = builder
  .objectRef<{ featureUri: string; extractor: Extractor }>('FeatureExtractor')
  .implement({
    description: 'What turns text into a feature, ready on this server.',
    fields: (t) => ({
      featureUri: t.exposeString('featureUri', {
        description: 'Name it in `FeatureInput.featureUri` to have it filled.',
      }),
      kind: t.field({ type: IndexKindEnum, description: 'The index that it fills.', resolve: (e) => e.extractor.kind }),
      model: t.string({ description: 'The model or analyser, with its version.', resolve: (e) => e.extractor.model }),
      dimensions: t.int({
        nullable: true,
        description: 'The length of its vectors; null for a lexical feature.',
        resolve: ({ extractor }) => (extractor.kind === 'vector' ? extractor.dimensions : null),
      }),
    }),
  });

const FeatureType = builder.objectRef<CollectionFeature>('Feature').implement({
  description: 'A feature of a collection: an index, and what fills it.',
  fields: (t) => ({
    featureUri: t.exposeString('featureUri', {
      description: '`scheme://extractor@version/output`, unique in the collection.',
    }),
    kind: t.expose('kind', { type: IndexKindEnum, description: 'How it is indexed.' }),
    model: t.exposeString('model', {
      description: 'The model that filled the index, which takes no vectors of another; `caller` where you bring them.',
    }),
    precision: t.exposeString('precision', { description: 'The precision of the model, `int8` or `float32`, say.' }),
    dimensions: t.exposeInt('dimensions', {
      nullable: true,
      description: 'The length of the vectors; null for a lexical feature.',
    }),
    fields: t.stringList({
      description: 'The text that is extracted: `content`, or names of metadata fields (dots descend).',
      resolve: (feature) => [...feature.fields],
    }),
    source: t.exposeString('extractor', {
      nullable: true,
      description: 'The extractor that fills it; null where the vectors come with the documents.',
    }),
  }),
});

/** Fields of this type may return an id: the collections of an operation are looked up together. */
export const CollectionType = builder.loadableObjectRef('Collection', {
  load: loadCollections,
  toKey: (collection) => collection.id,
  sort: true,
});
CollectionType.implement({
  description: 'Documents, and the features that they are searched by.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    name: t.exposeString('name', { description: 'Unique in the namespace.' }),
    features: t.field({
      type: [FeatureType],
      complexity: { field: 1, multiplier: 4 },
      description: 'In the order in which they were given.',
      resolve: (collection) => [...collection.features],
    }),
    documentCount: t.loadable({
      type: 'Int',
      description: 'How many documents it holds.',
      load: countDocuments,
      resolve: (collection) => collection.id,
    }),
    documents: t.field({
      type: DocumentConnection,
      authScopes: { scope: 'admin' },
      complexity: pageCost,
      description: 'The documents, by their ids. Scope: ADMIN.',
      args: pageArguments(t.arg),
      resolve: pageOfDocuments,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (collection) => new Date(collection.createdAt),
    }),
  }),
});

const CollectionConnection = connectionType('Collection', CollectionType);

builder.queryFields((t) => ({
  collection: t.field({
    type: CollectionType,
    nullable: true,
    authScopes: { scope: 'admin' },
    description: 'The collection with this id; null where there is none. Scope: ADMIN.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }) => id.toLowerCase(),
  }),
  collections: t.field({
    type: CollectionConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description: 'The collections of the namespace, newest first. Scope: ADMIN.',
    args: pageArguments(t.arg),
    resolve: async (_root, args, context) =>
      toConnection(await context.app.collections.list(namespaceOf(context), pageRequest(args)), args),
  }),
  featureExtractors: t.field({
    type: [FeatureExtractorType],
    authScopes: { scope: 'admin' },
    description:
      'The feature URIs that this server fills by itself. For any other URI the vectors come with the documents. Scope: ADMIN.',
    resolve: (_root, _args, context) => [...context.app.collections.extractors()],
  }),
}));

const FeatureInput = builder.inputType('FeatureInput', {
  description: 'A feature to index documents by.',
  fields: (t) => ({
    featureUri: t.string({
      required: true,
      description:
        '`scheme://extractor@version/output`. One of `featureExtractors` is filled by the server; any other is a name for vectors that come with the documents.',
    }),
    fields: t.stringList({
      description:
        'The text to extract, joined by line breaks: `content`, or names of metadata fields (dots descend). Default `["content"]`.',
    }),
    dimensions: t.int({
      description:
        'The length of the vectors, 1 to 4,000; from 2,001 on they are kept in half precision. Needed where no extractor stands behind the URI.',
    }),
  }),
});

const CreateCollectionInput = builder.inputType('CreateCollectionInput', {
  description: 'A new collection.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Unique in the namespace.' }),
    features: t.field({
      type: [FeatureInput],
      required: true,
      description: 'At least one. They cannot be changed later.',
    }),
  }),
});

const CreateCollectionPayload = builder.objectRef<{ collection: Collection }>('CreateCollectionPayload').implement({
  description: 'The collection was created.',
  fields: (t) => ({
    collection: t.expose('collection', { type: CollectionType, description: 'The new collection.' }),
  }),
});

const FeatureVectorInput = builder.inputType('FeatureVectorInput', {
  description: 'A vector of a document, for a feature that no extractor fills.',
  fields: (t) => ({
    featureUri: t.string({ required: true, description: 'A feature of the collection.' }),
    values: t.field({ type: 'Vector', required: true, description: 'As long as the feature has dimensions.' }),
  }),
});

const DocumentInput = builder.inputType('DocumentInput', {
  description: 'A whole document: what is left out is emptied.',
  fields: (t) => ({
    documentId: t.id({
      required: true,
      description: 'Your id, unique in the collection; it replaces a document that has it.',
    }),
    content: t.string({ description: 'The text to search and to show.' }),
    metadata: t.field({ type: 'JSON', description: 'An object of fields to filter, sort, group and show.' }),
    vectors: t.field({
      type: [FeatureVectorInput],
      description: 'One for each feature that no extractor fills.',
    }),
  }),
});

const UpsertDocumentsInput = builder.inputType('UpsertDocumentsInput', {
  description: 'Documents to store.',
  fields: (t) => ({
    collectionId: t.id({ required: true, description: 'Where to store them.' }),
    documents: t.field({ type: [DocumentInput], required: true, description: '1 to 1000 documents.' }),
  }),
});

const DocumentFailure = builder.objectRef<UpsertDocumentsResult['failures'][number]>('DocumentFailure').implement({
  description: 'A document that was left out.',
  fields: (t) => ({
    documentId: t.exposeID('documentId', { description: 'Its id.' }),
    code: t.exposeString('code', { description: 'Why, for programs.' }),
    message: t.exposeString('message', { description: 'Why, and what to do.' }),
  }),
});

const UpsertDocumentsPayload = builder.objectRef<UpsertDocumentsResult>('UpsertDocumentsPayload').implement({
  description: 'Documents were stored and are searchable now; those that failed are named.',
  fields: (t) => ({
    upserted: t.exposeInt('upserted', { description: 'How many were stored.' }),
    failures: t.field({
      type: [DocumentFailure],
      description: 'The documents that were left out. The others are stored.',
      resolve: (result) => [...result.failures],
    }),
  }),
});

const DeleteDocumentsInput = builder.inputType('DeleteDocumentsInput', {
  description: 'Documents to delete.',
  fields: (t) => ({
    collectionId: t.id({ required: true, description: 'Where they are.' }),
    documentIds: t.idList({ required: true, description: '1 to 1000 ids. One that does not exist is no error.' }),
  }),
});

const DeleteDocumentsPayload = builder.objectRef<{ deleted: number }>('DeleteDocumentsPayload').implement({
  description: 'Documents were deleted.',
  fields: (t) => ({
    deleted: t.exposeInt('deleted', { description: 'How many there were.' }),
  }),
});

builder.mutationFields((t) => ({
  createCollection: t.field({
    type: CreateCollectionPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Creates a collection with its indexes. Scope: ADMIN.',
    args: { input: t.arg({ type: CreateCollectionInput, required: true, description: 'The collection.' }) },
    resolve: async (_root, { input }, context) => ({
      collection: await context.app.collections.create(namespaceOf(context), {
        name: input.name,
        features: input.features.map(({ featureUri, fields, dimensions }) => ({
          featureUri,
          fields: fields ?? null,
          dimensions: dimensions ?? null,
        })),
      }),
    }),
  }),
  upsertDocuments: t.field({
    type: UpsertDocumentsPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description:
      'Inserts or replaces whole documents and extracts their features. A document that fails is named and left out. Repeating it changes nothing. Scope: ADMIN.',
    args: { input: t.arg({ type: UpsertDocumentsInput, required: true, description: 'The documents.' }) },
    resolve: (_root, { input }, context) =>
      context.app.collections.upsertDocuments(namespaceOf(context), {
        collectionId: input.collectionId,
        documents: input.documents.map(({ documentId, content, metadata, vectors }) => ({
          documentId,
          content: content ?? null,
          // any JSON may come; the use case refuses what is no object
          metadata: (metadata ?? null) as Metadata | null,
          vectors: vectors ?? null,
        })),
      }),
  }),
  deleteDocuments: t.field({
    type: DeleteDocumentsPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Deletes documents. Repeating it changes nothing. Scope: ADMIN.',
    args: { input: t.arg({ type: DeleteDocumentsInput, required: true, description: 'The documents.' }) },
    resolve: async (_root, { input }, context) => ({
      deleted: await context.app.collections.deleteDocuments(namespaceOf(context), input),
    }),
  }),
}));
