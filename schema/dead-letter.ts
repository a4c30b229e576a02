import type { DeadLetter } from '../src/interactions/dead-letter-store.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { requireEveryNamespace } from './context.ts';

const DeadLetterType = builder.objectRef<DeadLetter>('DeadLetter').implement({
  description: 'A batch that ClickHouse refused for good. It is kept whole, and can be replayed.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, of the batch.' }),
    executions: t.exposeInt('executions', { description: 'How many searches are in it.' }),
    interactions: t.exposeInt('interactions', { description: 'How many interactions are in it.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was tried.' }),
    error: t.exposeString('error', { description: 'What ClickHouse said.' }),
    buriedAt: t.field({
      type: 'DateTime',
      description: 'When it was put aside.',
      resolve: (letter) => new Date(letter.buriedAt),
    }),
  }),
});

const DeadLetterConnection = connectionType('DeadLetter', DeadLetterType, 'the newest batch first');

builder.queryField('deadLetters', (t) =>
  t.field({
    type: DeadLetterConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description:
      'Batches of every namespace that ClickHouse refused. Scope: ADMIN, of a key that is bound to no namespace.',
    args: pageArguments(t.arg),
    resolve: async (_root, page, context) => {
      requireEveryNamespace(context);
      return toConnection(await context.app.interactions.deadLetters(pageRequest(page)), page);
    },
  }),
);

const ReplayDeadLettersInput = builder.inputType('ReplayDeadLettersInput', {
  description: 'Batches to send again.',
  fields: (t) => ({ ids: t.idList({ description: 'These, up to 1000; left out: all.' }) }),
});

const ReplayDeadLettersPayload = builder.objectRef<{ ids: readonly string[] }>('ReplayDeadLettersPayload').implement({
  description: 'The batches are on their way; one that is refused again is put aside again.',
  fields: (t) => ({
    ids: t.exposeIDList('ids', { description: 'Those that were there. The others may have been replayed before.' }),
  }),
});

builder.mutationField('replayDeadLetters', (t) =>
  t.field({
    type: ReplayDeadLettersPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    complexity: 100,
    description:
      'Sends batches that ClickHouse refused once more; what it has of them already is not sent again. Scope: ADMIN, of a key that is bound to no namespace.',
    args: { input: t.arg({ type: ReplayDeadLettersInput, required: true, description: 'Which.' }) },
    resolve: async (_root, { input }, context) => {
      requireEveryNamespace(context);
      return { ids: await context.app.interactions.replayDeadLetters(input.ids ?? null) };
    },
  }),
);
