import type { Replay } from '../src/search/replay-execution.ts';
import { builder } from './builder.ts';

const ReplayedWeightType = builder.objectRef<Replay['weights'][number]>('ReplayedWeight').implement({
  description: 'A weight that was drawn again.',
  fields: (t) => ({
    featureUri: t.exposeString('featureUri', { description: 'The feature.' }),
    weight: t.exposeFloat('weight', { description: 'What its scores are multiplied by.' }),
  }),
});

export const ReplayType = builder.objectRef<Replay>('Replay').implement({
  description:
    'A search worked out once more from its record: the weights drawn again with its seed, and its hits fused again.',
  fields: (t) => ({
    identical: t.exposeBoolean('identical', {
      description: 'Whether weights, scores and order came out as recorded, bit for bit.',
    }),
    weights: t.field({
      type: [ReplayedWeightType],
      complexity: { field: 1, multiplier: 5 },
      description: 'Drawn again; as applied where the search drew none.',
      resolve: (replay) => [...replay.weights],
    }),
    documentIds: t.idList({
      description: 'The recorded hits, in the order that came out.',
      resolve: (replay) => [...replay.documentIds],
    }),
    differences: t.stringList({
      description: 'What came out differently, in up to 20 sentences; empty where it is identical.',
      resolve: (replay) => [...replay.differences],
    }),
  }),
});
