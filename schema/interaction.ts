import type {
  InteractionInput,
  RecordInteractionResult,
  RecordInteractionsResult,
} from '../src/interactions/interaction-input.ts';
import type { Interaction, InteractionType } from '../src/interactions/interaction.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { clientOf, namespaceOf } from './context.ts';
import { whileAllowed } from './while-allowed.ts';

const InteractionTypeEnum = builder.enumType('InteractionType', {
  description: 'What a person did. The default reward is in brackets; a retriever’s `rewardMap` changes it.',
  values: {
    VIEW: { description: 'The hit was seen: what counts as shown, where it is sent. (0)' },
    CLICK: { description: 'The hit was opened. (1)' },
    LONG_VIEW: { description: 'It was looked at for long. (1.5)' },
    DWELL_TIME: { description: 'It was looked at for `metadata.durationMs` milliseconds. (1, scaled by them)' },
    SCROLL_DEPTH: {
      description: 'The list was scrolled down to `metadata.depth` of its length: tells what was looked at. (0)',
    },
    PURCHASE: { description: 'It was bought. (3)' },
    ADD_TO_CART: { description: 'It was put into the cart. (2)' },
    WISHLIST: { description: 'It was put on a wish list. (1.5)' },
    BOOKMARK: { description: 'It was bookmarked. (1)' },
    SHARE: { description: 'It was shared. (1.5)' },
    COPY: { description: 'Something was copied from it. (1)' },
    POSITIVE_FEEDBACK: { description: 'It was called good. (2)' },
    NEGATIVE_FEEDBACK: { description: 'It was called bad. (−2)' },
    SKIP: { description: 'It was passed over. (−1)' },
    RETURN_TO_RESULTS: { description: 'The person came straight back from it. (−0.5)' },
    QUERY_REFINEMENT: { description: 'The person asked again in other words. (−0.3)' },
    ZERO_RESULTS: { description: 'Nothing was found. (0)' },
    FILTER_TOGGLE: { description: 'A filter was switched. (0)' },
  } as const satisfies Record<InteractionType, object>,
});

const InteractionObject = builder.objectRef<Interaction>('Interaction').implement({
  description: 'What a person did with what a search showed.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    retrieverId: t.exposeID('retrieverId', { nullable: true, description: 'Null where it could be tied to none.' }),
    executionId: t.exposeID('executionId', {
      nullable: true,
      description: 'The search that showed it; null where none is known, so that it trains nothing.',
    }),
    documentId: t.exposeID('documentId', { nullable: true, description: 'Null where it is about the whole list.' }),
    position: t.exposeInt('position', { nullable: true, description: 'Where the hit stood, from 0.' }),
    interactionTypes: t.field({
      type: [InteractionTypeEnum],
      description: 'What was done.',
      resolve: (interaction) => [...interaction.interactionTypes],
    }),
    metadata: t.field({ type: 'JSON', description: 'As it was sent.', resolve: (interaction) => interaction.metadata }),
    userId: t.exposeString('userId', { nullable: true, description: 'Who did it.' }),
    sessionId: t.exposeString('sessionId', { nullable: true, description: 'The visit.' }),
    segment: t.exposeString('segment', { nullable: true, description: 'The segment of the search that showed it.' }),
    idempotencyKey: t.exposeString('idempotencyKey', { nullable: true, description: 'As it was sent.' }),
    occurredAt: t.field({
      type: 'DateTime',
      description: 'When it happened.',
      resolve: (interaction) => new Date(interaction.occurredAt),
    }),
    receivedAt: t.field({
      type: 'DateTime',
      description: 'When it was received.',
      resolve: (interaction) => new Date(interaction.receivedAt),
    }),
    trains: t.exposeBoolean('trains', {
      description:
        'False: its client has sent more than it may teach everyone for now. It is kept, and teaches the person’s own weights only.',
    }),
  }),
});

const InteractionConnection = connectionType('Interaction', InteractionObject);

const InteractionFilter = builder.inputType('InteractionFilter', {
  description: 'Which interactions: those that pass every field that is given.',
  fields: (t) => ({
    retrieverId: t.id({ description: 'Of this retriever.' }),
    executionId: t.id({ description: 'Of this search.' }),
    userId: t.string({ description: 'Of this user.' }),
    sessionId: t.string({ description: 'Of this visit.' }),
    documentId: t.id({ description: 'With this document.' }),
    types: t.field({ type: [InteractionTypeEnum], description: 'Of any of these types.' }),
  }),
});

builder.queryField('interactions', (t) =>
  t.field({
    type: InteractionConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description: 'The interactions of the namespace, newest first. Scope: ADMIN.',
    args: { filter: t.arg({ type: InteractionFilter, description: 'Left out: all.' }), ...pageArguments(t.arg) },
    resolve: async (_root, { filter, ...page }, context) => {
      const which = {
        retrieverId: filter?.retrieverId ?? null,
        executionId: filter?.executionId ?? null,
        userId: filter?.userId ?? null,
        sessionId: filter?.sessionId ?? null,
        documentId: filter?.documentId ?? null,
        types: filter?.types ?? null,
      };
      return toConnection(await context.app.interactions.list(namespaceOf(context), which, pageRequest(page)), page);
    },
  }),
);

builder.subscriptionField('interactionFeed', (t) =>
  t.field({
    type: InteractionObject,
    authScopes: { scope: 'admin' },
    description:
      'What people do with a retriever’s results from now on, stored on whatever server: each interaction once. Of a reader that falls more than a thousand behind the oldest are left out; `interactions` lists them. Scope: ADMIN.',
    args: { retrieverId: t.arg.id({ required: true, description: 'The retriever.' }) },
    subscribe: async (_root, { retrieverId }, context) =>
      whileAllowed(await context.app.interactions.watch(namespaceOf(context), retrieverId), context, 'admin'),
    resolve: (interaction: Interaction) => interaction,
  }),
);

const RecordInteractionInput = builder.inputType('RecordInteractionInput', {
  description:
    'What a person did. `executionId` and `position` are enough. Without an executionId, give `documentId` and `userId` or `sessionId`: it is tied to that person’s last search of 24 hours that showed the document, else kept for analytics only.',
  fields: (t) => ({
    executionId: t.id({ description: 'The search that showed the hit, as it returned it.' }),
    documentId: t.id({ description: 'The hit’s document. Looked up by position where it is left out.' }),
    position: t.int({ description: 'Where the hit stood, from 0.' }),
    interactionTypes: t.field({
      type: [InteractionTypeEnum],
      required: true,
      defaultValue: ['CLICK'],
      description: 'What was done; at least one.',
    }),
    metadata: t.field({
      type: 'JSON',
      description: 'An object of anything to keep. DWELL_TIME reads `durationMs`, SCROLL_DEPTH `depth` (0 to 1).',
    }),
    userId: t.string({ description: 'Who did it. Default: who searched.' }),
    sessionId: t.string({ description: 'The visit. Default: that of the search.' }),
    retrieverId: t.id({ description: 'The retriever, where there is no executionId.' }),
    idempotencyKey: t.string({
      description: 'Yours, up to 200 characters: a second event with the same key changes nothing.',
    }),
    occurredAt: t.field({ type: 'DateTime', description: 'When it happened. Default: now.' }),
  }),
});

const RecordInteractionsInput = builder.inputType('RecordInteractionsInput', {
  description: 'Many interactions at once.',
  fields: (t) => ({
    interactions: t.field({
      type: [RecordInteractionInput],
      required: true,
      description: 'Up to 1000 unless the server is set otherwise.',
    }),
  }),
});

const RecordInteractionPayload = builder.objectRef<RecordInteractionResult>('RecordInteractionPayload').implement({
  description: 'The interaction is stored, and will be learned from.',
  fields: (t) => ({
    interaction: t.expose('interaction', {
      type: InteractionObject,
      description:
        'What is stored: the first one, where this one repeats it. A key without ADMIN is told who did it, and the metadata, only where it names the same user and session, or the search.',
    }),
    duplicate: t.exposeBoolean('duplicate', { description: 'It repeats one that was there, and changed nothing.' }),
  }),
});

const RejectedInteraction = builder
  .objectRef<RecordInteractionsResult['rejected'][number]>('RejectedInteraction')
  .implement({
    description: 'An interaction that was not stored.',
    fields: (t) => ({
      index: t.exposeInt('index', { description: 'Its place in the input, from 0.' }),
      code: t.exposeString('code', { description: 'Why, for programs.' }),
      message: t.exposeString('message', { description: 'Why, and what to do.' }),
    }),
  });

const RecordInteractionsPayload = builder.objectRef<RecordInteractionsResult>('RecordInteractionsPayload').implement({
  description: 'The sound ones are stored, and will be learned from; the others are named.',
  fields: (t) => ({
    accepted: t.exposeInt('accepted', { description: 'How many were stored.' }),
    beyondCap: t.exposeInt('beyondCap', {
      description: 'How many of the accepted ones teach the person alone: see `Interaction.trains`.',
    }),
    duplicates: t.exposeInt('duplicates', { description: 'How many repeat one that was there.' }),
    rejected: t.field({
      type: [RejectedInteraction],
      description: 'Those that were not stored.',
      resolve: (result) => [...result.rejected],
    }),
  }),
});

builder.mutationFields((t) => ({
  recordInteraction: t.field({
    type: RecordInteractionPayload,
    errors: {},
    authScopes: { scope: 'interact' },
    description: 'Records what a person did. When it answers, it is stored for good. Scope: INTERACT.',
    args: { input: t.arg({ type: RecordInteractionInput, required: true, description: 'The interaction.' }) },
    resolve: (_root, { input }, context) =>
      context.app.interactions.record(namespaceOf(context), toInteraction(input), clientOf(context)),
  }),
  recordInteractions: t.field({
    type: RecordInteractionsPayload,
    errors: {},
    authScopes: { scope: 'interact' },
    description: 'Records many at once; one that is not sound keeps none of the others out. Scope: INTERACT.',
    args: { input: t.arg({ type: RecordInteractionsInput, required: true, description: 'The interactions.' }) },
    resolve: (_root, { input }, context) =>
      context.app.interactions.recordMany(
        namespaceOf(context),
        input.interactions.map(toInteraction),
        clientOf(context),
      ),
  }),
}));

function toInteraction(input: typeof RecordInteractionInput.$inferInput): InteractionInput {
  return {
    executionId: input.executionId ?? null,
    documentId: input.documentId ?? null,
    position: input.position ?? null,
    interactionTypes: input.interactionTypes,
    // any JSON may come; the use case refuses what is no object
    metadata: (input.metadata ?? null) as Record<string, unknown> | null,
    userId: input.userId ?? null,
    sessionId: input.sessionId ?? null,
    retrieverId: input.retrieverId ?? null,
    idempotencyKey: input.idempotencyKey ?? null,
    occurredAt: input.occurredAt?.getTime() ?? null,
  };
}
