import type { ExaminationPoint } from '../src/learning/examination-curves.ts';
import { builder } from './builder.ts';
import { RetrieverType } from './retriever.ts';

const ExaminationPointType = builder.objectRef<ExaminationPoint>('ExaminationPoint').implement({
  description: 'How likely people look at a position of the result list.',
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'From 0.' }),
    probability: t.exposeFloat('probability', {
      description: 'Relative to the first position, 0 to 1. Where little is known it is near 1 / (position + 1).',
    }),
    shown: t.exposeInt('shown', { description: 'Searches of the last 30 days that showed the position.' }),
    clicks: t.exposeInt('clicks', { description: 'Clicked documents there.' }),
  }),
});

builder.objectField(RetrieverType, 'examinationCurve', (t) =>
  t.field({
    type: [ExaminationPointType],
    complexity: { field: 50, multiplier: 1 },
    description:
      'How likely each position is looked at, estimated from documents that the same query showed at different positions (a position-based click model, by clicks over expected clicks); of the first 20 positions, as far as they were shown. `positionBias: EXAMINATION_CURVE` learns by it.',
    resolve: ({ id, namespaceId }, _args, context) => context.app.learning.examinationCurve(namespaceId, id),
  }),
);
