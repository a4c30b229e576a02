import type { InterleavingStatus } from '../src/evaluations/interleaving-store.ts';
import type { InterleavingReport } from '../src/evaluations/start-interleaving.ts';
import { builder } from './builder.ts';
import { connectionType, pageArguments, pageCost, pageRequest, toConnection } from './connection.ts';
import { namespaceOf } from './context.ts';
import { VerdictEnum } from './evaluation-comparison.ts';

const InterleavingStatusEnum = builder.enumType('InterleavingStatus', {
  description: 'Whether searches are mixed.',
  values: {
    RUNNING: { description: 'They are.' },
    DECIDED: { description: 'No more: the winner is clear.' },
    STOPPED: { description: 'No more: it was stopped.' },
  } as const satisfies Record<InterleavingStatus, object>,
});

const InterleavingType = builder.objectRef<InterleavingReport>('Interleaving').implement({
  description:
    'Live searches of one retriever, whose results are mixed with those of another by team draft. A search is won by whose documents earned more when its first reward was seen.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    baselineId: t.exposeID('baselineId', { description: 'The retriever that is searched.' }),
    candidateId: t.exposeID('candidateId', { description: 'The retriever whose ranking is mixed in.' }),
    trafficPct: t.exposeFloat('trafficPct', { description: 'The share of the searches that is mixed, up to 100.' }),
    status: t.expose('status', { type: InterleavingStatusEnum, description: 'Whether searches are mixed.' }),
    searches: t.exposeInt('searches', { description: 'Searches that were mixed.' }),
    wins: t.exposeInt('wins', { description: 'Searches that the candidate won.' }),
    losses: t.exposeInt('losses', { description: 'Searches that the baseline won.' }),
    ties: t.exposeInt('ties', { description: 'Searches that earned both the same.' }),
    share: t.exposeFloat('share', { description: 'Wins among wins and losses; 0.5 where there is neither.' }),
    low: t.exposeFloat('low', { description: 'The lower end of its interval, valid whenever one looks.' }),
    high: t.exposeFloat('high', { description: 'The upper end of its interval, valid whenever one looks.' }),
    pValue: t.exposeFloat('pValue', {
      description:
        'The smallest p-value so far (mixture sequential probability ratio test): looking often costs nothing.',
    }),
    alpha: t.exposeFloat('alpha', { description: 'It is decided when pValue is not above this.' }),
    verdict: t.expose('verdict', { type: VerdictEnum, description: 'What that shows of the candidate.' }),
    summary: t.exposeString('summary', { description: 'The verdict in words, with its figures.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it began.',
      resolve: ({ createdAt }) => new Date(createdAt),
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was decided or stopped; null while it runs.',
      resolve: ({ endedAt }) => (endedAt === null ? null : new Date(endedAt)),
    }),
  }),
});

const InterleavingConnection = connectionType('Interleaving', InterleavingType);

builder.queryFields((t) => ({
  interleaving: t.field({
    type: InterleavingType,
    nullable: true,
    authScopes: { scope: 'admin' },
    description: 'The interleaving with this id; null where there is none. Scope: ADMIN.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, context) => context.app.evaluations.interleaving(namespaceOf(context), id),
  }),
  interleavings: t.field({
    type: InterleavingConnection,
    authScopes: { scope: 'admin' },
    complexity: pageCost,
    description: 'The interleavings of the namespace, newest first. Scope: ADMIN.',
    args: pageArguments(t.arg),
    resolve: async (_root, page, context) =>
      toConnection(await context.app.evaluations.interleavings(namespaceOf(context), pageRequest(page)), page),
  }),
}));

const StartInterleavingInput = builder.inputType('StartInterleavingInput', {
  description: 'What to mix.',
  fields: (t) => ({
    baselineId: t.id({ required: true, description: 'The retriever whose live searches are mixed.' }),
    candidateId: t.id({ required: true, description: 'Another, which takes the same inputs.' }),
    trafficPct: t.float({
      required: true,
      defaultValue: 100,
      description: 'The share of the searches to mix, above 0 and up to 100.',
    }),
    alpha: t.float({
      required: true,
      defaultValue: 0.05,
      description: 'The chance of a wrong verdict, however often one looks: 0.001 to 0.2.',
    }),
  }),
});

const StopInterleavingInput = builder.inputType('StopInterleavingInput', {
  description: 'An interleaving to stop.',
  fields: (t) => ({ interleavingId: t.id({ required: true, description: 'The interleaving.' }) }),
});

const StartInterleavingPayload = builder
  .objectRef<{ interleaving: InterleavingReport }>('StartInterleavingPayload')
  .implement({
    description: 'Searches are mixed from now on; on other servers within a second.',
    fields: (t) => ({
      interleaving: t.expose('interleaving', { type: InterleavingType, description: 'The interleaving.' }),
    }),
  });

const StopInterleavingPayload = builder
  .objectRef<{ interleaving: InterleavingReport }>('StopInterleavingPayload')
  .implement({
    description: 'Searches are not mixed any more; on other servers within a second.',
    fields: (t) => ({
      interleaving: t.expose('interleaving', { type: InterleavingType, description: 'What it has shown.' }),
    }),
  });

builder.mutationFields((t) => ({
  startInterleaving: t.field({
    type: StartInterleavingPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Mixes another retriever’s ranking into live searches, to see which is liked more. Scope: ADMIN.',
    args: { input: t.arg({ type: StartInterleavingInput, required: true, description: 'What to mix.' }) },
    resolve: async (_root, { input }, context) => ({
      interleaving: await context.app.evaluations.startInterleaving(namespaceOf(context), input),
    }),
  }),
  stopInterleaving: t.field({
    type: StopInterleavingPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    description: 'Stops mixing. What was counted stays. Scope: ADMIN.',
    args: { input: t.arg({ type: StopInterleavingInput, required: true, description: 'Which one.' }) },
    resolve: async (_root, { input }, context) => ({
      interleaving: await context.app.evaluations.stopInterleaving(namespaceOf(context), input.interleavingId),
    }),
  }),
}));
