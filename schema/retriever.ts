import type { Retriever } from '../src/retrievers/retriever.ts';
import { builder } from './builder.ts';
import { CollectionType } from './collection.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { callerOf, namespaceOf } from './context.ts';
import { loadRetrievers } from './loaders.ts';
import { StageInput, toStage } from './stage-input.ts';
import { StageType } from './stage.ts';

/** Fields of this type may return an id: the retrievers of an operation are looked up together. */
export const RetrieverType = builder.loadableObjectRef('Retriever', {
  load: loadRetrievers,
  toKey: (retriever) => retriever.id,
  sort: true,
});
RetrieverType.implement({
  description: 'A way to search collections: stages that are run one after the other.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    retrieverName: t.exposeString('name', { description: 'Unique in the namespace.' }),
    collectionIds: t.idList({
      description: 'The collections that it searches.',
      resolve: (retriever) => [...retriever.collectionIds],
    }),
    collections: t.field({
      type: [CollectionType],
      complexity: { field: 1, multiplier: 2 },
      description: 'The collections that it searches.',
      resolve: (retriever) => [...retriever.collectionIds],
    }),
    inputSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The inputs that a search may give, by name; null: any.',
      resolve: (retriever) => retriever.inputSchema,
    }),
    stages: t.field({
      type: [StageType],
      complexity: { field: 1, multiplier: 3 },
      description: 'In the order in which they run.',
      resolve: (retriever) => [...retriever.stages],
    }),
    version: t.exposeInt('version', { description: 'From 1; every update makes the next one.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (retriever) => new Date(retriever.createdAt),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When this version was made.',
      resolve: (retriever) => new Date(retriever.updatedAt),
    }),
  }),
});

const RetrieverConnection = connectionType('Retriever', RetrieverType);

builder.queryFields((t) => ({
  retriever: t.field({
    type: RetrieverType,
    nullable: true,
    authScopes: { scope: 'admin' },
    description: 'The retriever with this id; null where there is none. Scope: ADMIN.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }) => id.toLowerCase(),
  }),
  retrievers: t.field({
    type: RetrieverConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description: 'The retrievers of the namespace, newest first. Scope: ADMIN.',
    args: pageArguments(t.arg),
    resolve: async (_root, args, context) =>
      toConnection(await context.app.retrievers.list(namespaceOf(context), pageRequest(args)), args),
  }),
}));

const inputSchema =
  'The inputs that a search may give, as an object of names: `{ "query": { "type": "text" } }`. Templates may name no others. Left out: any.';

const CreateRetrieverInput = builder.inputType('CreateRetrieverInput', {
  description: 'A new retriever.',
  fields: (t) => ({
    retrieverName: t.string({ required: true, description: 'Unique in the namespace.' }),
    collectionIds: t.idList({ required: true, description: 'The collections to search.' }),
    inputSchema: t.field({ type: 'JSON', description: inputSchema }),
    stages: t.field({
      type: [StageInput],
      required: true,
      description: '1 to 20 stages, of which the first is a featureSearch.',
    }),
  }),
});

const UpdateRetrieverInput = builder.inputType('UpdateRetrieverInput', {
  description: 'What to change of a retriever. What is left out, or null, stays.',
  fields: (t) => ({
    retrieverId: t.id({ required: true, description: 'The retriever.' }),
    retrieverName: t.string({ description: 'A new name.' }),
    collectionIds: t.idList({ description: 'Other collections to search.' }),
    inputSchema: t.field({ type: 'JSON', description: inputSchema }),
    stages: t.field({ type: [StageInput], description: 'Other stages: all of them, not only those that change.' }),
  }),
});

const DeleteRetrieverInput = builder.inputType('DeleteRetrieverInput', {
  description: 'A retriever to delete.',
  fields: (t) => ({ retrieverId: t.id({ required: true, description: 'The retriever.' }) }),
});

const CreateRetrieverPayload = builder.objectRef<{ retriever: Retriever }>('CreateRetrieverPayload').implement({
  description: 'The retriever was created.',
  fields: (t) => ({
    retriever: t.expose('retriever', { type: RetrieverType, description: 'The new retriever.' }),
  }),
});

const UpdateRetrieverPayload = builder.objectRef<{ retriever: Retriever }>('UpdateRetrieverPayload').implement({
  description: 'The retriever was changed.',
  fields: (t) => ({
    retriever: t.expose('retriever', { type: RetrieverType, description: 'The retriever in its new version.' }),
  }),
});

const DeleteRetrieverPayload = builder.objectRef<{ deletedId: string }>('DeleteRetrieverPayload').implement({
  description: 'The retriever was deleted.',
  fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'Its id.' }) }),
});

builder.mutationFields((t) => ({
  createRetriever: t.field({
    type: CreateRetrieverPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Creates a retriever. Scope: ADMIN.',
    args: { input: t.arg({ type: CreateRetrieverInput, required: true, description: 'The retriever.' }) },
    resolve: async (_root, { input }, context) => ({
      retriever: await context.app.retrievers.create(
        namespaceOf(context),
        {
          retrieverName: input.retrieverName,
          collectionIds: input.collectionIds,
          inputSchema: input.inputSchema ?? null,
          stages: input.stages.map(toStage),
        },
        callerOf(context).keyId,
      ),
    }),
  }),
  updateRetriever: t.field({
    type: UpdateRetrieverPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Changes what is given, and makes a new version. What has been learned stays. Scope: ADMIN.',
    args: { input: t.arg({ type: UpdateRetrieverInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input }, context) => ({
      retriever: await context.app.retrievers.update(
        namespaceOf(context),
        {
          retrieverId: input.retrieverId,
          retrieverName: input.retrieverName ?? null,
          collectionIds: input.collectionIds ?? null,
          inputSchema: input.inputSchema ?? null,
          stages: input.stages?.map(toStage) ?? null,
        },
        callerOf(context).keyId,
      ),
    }),
  }),
  deleteRetriever: t.field({
    type: DeleteRetrieverPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Deletes a retriever. Its executions and interactions stay. Scope: ADMIN.',
    args: { input: t.arg({ type: DeleteRetrieverInput, required: true, description: 'The retriever.' }) },
    resolve: async (_root, { input }, context) => {
      await context.app.retrievers.delete(namespaceOf(context), input.retrieverId);
      return { deletedId: input.retrieverId };
    },
  }),
}));
