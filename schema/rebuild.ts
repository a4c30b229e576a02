import type { RebuildResult } from '../src/interactions/rebuild-posteriors.ts';
import { builder } from './builder.ts';
import { namespaceOf } from './context.ts';

const RebuildLearnedWeightsInput = builder.inputType('RebuildLearnedWeightsInput', {
  description: 'A retriever whose learned weights are to be worked out anew.',
  fields: (t) => ({ retrieverId: t.id({ required: true, description: 'The retriever.' }) }),
});

const RebuildLearnedWeightsPayload = builder.objectRef<RebuildResult>('RebuildLearnedWeightsPayload').implement({
  description: 'The learned weights are being worked out anew, or have been.',
  fields: (t) => ({
    executions: t.exposeInt('executions', { description: 'Searches with feedback that were attributed again so far.' }),
    interactions: t.exposeInt('interactions', {
      description: 'Interactions with a reward or penalty that were attributed again so far.',
    }),
    complete: t.exposeBoolean('complete', {
      description:
        'Whether searches use the new weights. False after 8 s, while there is more to do: it goes on by itself, and the same call tells how far it is.',
    }),
  }),
});

builder.mutationField('rebuildLearnedWeights', (t) =>
  t.field({
    type: RebuildLearnedWeightsPayload,
    errors: {},
    authScopes: { scope: 'admin' },
    complexity: 100,
    description:
      'Learns anew from every interaction in the log, by the learning config as it is now: another reward map, credit rule or half-life is applied to the past. Searches and feedback go on meanwhile, with the weights as they are. Scope: ADMIN.',
    args: { input: t.arg({ type: RebuildLearnedWeightsInput, required: true, description: 'The retriever.' }) },
    resolve: (_root, { input }, context) => context.app.learning.rebuild(namespaceOf(context), input),
  }),
);
