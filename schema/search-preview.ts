import type { SearchPreview } from '../src/search/preview-search.ts';
import { builder } from './builder.ts';
import { namespaceOf } from './context.ts';
import { HitType, hitsOf, SearchInput, toSearchInput } from './search.ts';
import { FusionEnum } from './stage.ts';

const SearchPreviewType = builder.objectRef<SearchPreview>('SearchPreview').implement({
  description: 'What a search would show. It was shown to nobody: no feedback may refer to it.',
  fields: (t) => ({
    fusion: t.expose('fusion', { type: FusionEnum, description: 'The fusion that it was ranked by.' }),
    hits: t.field({
      type: [HitType],
      complexity: { field: 1, multiplier: 25 },
      description: 'The best first.',
      resolve: hitsOf,
    }),
  }),
});

builder.queryField('previewSearch', (t) =>
  t.field({
    type: SearchPreviewType,
    authScopes: { scope: 'admin' },
    complexity: 20,
    description:
      'What a search would show by another fusion, to compare with. It is no execution: nothing learns from it, and no analytics count it. Scope: ADMIN.',
    args: {
      input: t.arg({ type: SearchInput, required: true, description: 'The search.' }),
      fusion: t.arg({ type: FusionEnum, required: true, description: 'The fusion, whatever the rollout serves.' }),
    },
    resolve: (_root, { input, fusion }, context) =>
      context.app.search.preview(namespaceOf(context), toSearchInput(input), fusion),
  }),
);
