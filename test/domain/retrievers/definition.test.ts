import { describe, expect, test } from 'vitest';
import type { Collection, CollectionFeature } from '../../../src/collections/collection.ts';
import { checkDefinition } from '../../../src/retrievers/check-definition.ts';
import { parseName, parseSchemaObject } from '../../../src/retrievers/create-retriever.ts';
import { parseStages } from '../../../src/retrievers/parse-stages.ts';
import type {
  FeatureSearchInput,
  FeatureSearchStageInput,
  StageInput,
} from '../../../src/retrievers/retriever-input.ts';
import type { RetrieverDefinition } from '../../../src/retrievers/retriever.ts';
import { DomainError } from '../../../src/shared/errors.ts';

const TEXT = 'test://text@v1/dense';
const IMAGE = 'test://image@v1/clip';

const text: CollectionFeature = {
  id: 1,
  featureUri: TEXT,
  kind: 'vector',
  extractor: 'ngram',
  model: 'ngram-v1',
  precision: 'float32',
  dimensions: 8,
  fields: ['content'],
};
const image: CollectionFeature = { ...text, id: 2, featureUri: IMAGE, extractor: null, model: 'caller', dimensions: 3 };
const products = collection('products', [text, image]);

function collection(id: string, features: CollectionFeature[]): Collection {
  return { id, namespaceId: 'ns', name: id, features, createdAt: 0 };
}

function search(change: Partial<FeatureSearchInput> = {}): FeatureSearchInput {
  return { featureUri: TEXT, query: '{{INPUT.query}}', topK: null, weight: null, filters: null, ...change };
}

function stage(change: Partial<FeatureSearchStageInput> = {}): StageInput {
  return {
    featureSearch: {
      searches: [search()],
      fusion: null,
      finalTopK: null,
      rankConstant: null,
      rawScores: null,
      learningConfig: null,
      filters: null,
      groupBy: null,
      facets: null,
      ...change,
    },
  };
}

function define(stages: StageInput[], inputSchema: unknown = null, collections = [products]): RetrieverDefinition {
  const definition: RetrieverDefinition = {
    name: parseName('shop'),
    collectionIds: collections.map(({ id }) => id),
    inputSchema: parseSchemaObject(inputSchema),
    stages: parseStages(stages, ['input', 'stages']),
  };
  checkDefinition(definition, collections, {
    stages: ['input', 'stages'],
    inputSchema: ['input', 'inputSchema'],
    collectionIds: ['input', 'collectionIds'],
  });
  return definition;
}

function faultOf(work: () => unknown): DomainError {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const at = (...rest: string[]) => ['input', 'stages', '0', 'featureSearch', ...rest];
const inSearch = (field: string) => at('searches', '0', field);
const withSearch = (change: Partial<FeatureSearchInput>) => [stage({ searches: [search(change)] })];

describe('what is left out', () => {
  test('takes its default', () => {
    const [first] = define([stage()]).stages;
    expect(first).toMatchObject({ fusion: 'RRF', finalTopK: 25, rankConstant: 60, rawScores: false, facets: [] });
    expect(first.searches[0]).toMatchObject({ topK: 100, weight: null, filters: null });
    expect(first.learningConfig).toMatchObject({ minInteractions: 5, priorAlpha: 1, priorBeta: 1 });
  });
});

describe('a sound definition', () => {
  test('may have every stage, filters with placeholders, groups and facets', () => {
    const stages: StageInput[] = [
      stage({
        searches: [
          search({ weight: 0, filters: { price: { lt: '{{INPUT.max}}' }, tag: { in: '{{INPUT.tags}}' } } }),
          search({ featureUri: IMAGE, query: { vector: '{{INPUT.image}}' }, weight: 2.5 }),
        ],
        filters: { AND: [{ field: 'stock', operator: 'exists', value: '{{INPUT.inStock}}' }] },
        groupBy: { field: 'brand.name', limit: 2 },
        facets: ['category', 'brand.name', 'category'],
      }),
      { attributeFilter: '{{INPUT.filter}}' },
      { sortAttribute: { field: 'price', direction: null } },
      { limit: 10 },
    ];
    const definition = define(stages);
    expect(definition.stages[0].facets).toEqual(['category', 'brand.name']);
    expect(definition.stages.slice(1)).toEqual([
      { kind: 'attributeFilter', filter: '{{INPUT.filter}}' },
      { kind: 'sortAttribute', field: 'price', direction: 'ASC' },
      { kind: 'limit', limit: 10 },
    ]);
  });

  test('may search a caller-filled feature by a vector of its own', () => {
    expect(() => define(withSearch({ featureUri: IMAGE, query: { vector: [1, 0, 0] } }))).not.toThrow();
    expect(() => define(withSearch({ featureUri: IMAGE, query: '{{INPUT.image}}' }))).not.toThrow();
  });

  test('may name the caller where the schema lists other inputs', () => {
    const filters = { owner: '{{INPUT.user_id}}' };
    expect(() => define([stage({ filters })], { query: { type: 'text' } })).not.toThrow();
  });
});

const faults: [what: string, stages: StageInput[], code: string, path: string[], says: RegExp][] = [
  ['no stage', [], 'INVALID_STAGES', ['input', 'stages'], /1 to 20 stages/],
  [
    '21 stages',
    [stage(), ...Array.from({ length: 20 }, () => ({ limit: 1 }))],
    'INVALID_STAGES',
    ['input', 'stages'],
    /not 21/,
  ],
  ['an empty stage', [stage(), {}], 'INVALID_STAGES', ['input', 'stages', '1'], /exactly one of/],
  ['a stage that is two', [{ ...stage(), limit: 3 }], 'INVALID_STAGES', ['input', 'stages', '0'], /exactly one of/],
  ['another stage first', [{ limit: 3 }, stage()], 'INVALID_STAGES', ['input', 'stages', '0'], /first stage/],
  [
    'a second feature search',
    [stage(), { limit: 3 }, stage()],
    'INVALID_STAGES',
    ['input', 'stages', '2'],
    /Only the first/,
  ],
  ['no searches', [stage({ searches: [] })], 'INVALID_STAGES', at('searches'), /1 to 16 searches/],
  [
    '17 searches',
    [stage({ searches: Array.from({ length: 17 }, () => search()) })],
    'INVALID_STAGES',
    at('searches'),
    /not 17/,
  ],
  [
    'a feature twice',
    [stage({ searches: [search(), search()] })],
    'DUPLICATE_FEATURE_URI',
    at('searches', '1', 'featureUri'),
    /twice/,
  ],
  [
    'an unknown feature',
    withSearch({ featureUri: 'test://x@v1/y' }),
    'UNKNOWN_FEATURE_URI',
    inSearch('featureUri'),
    /They have: test:\/\/image@v1\/clip, test:\/\/text@v1\/dense/,
  ],
  ['topK 0', withSearch({ topK: 0 }), 'INVALID_TOP_K', inSearch('topK'), /topK .* 1 to 1000/],
  ['topK 1001', withSearch({ topK: 1001 }), 'INVALID_TOP_K', inSearch('topK'), /not 1001/],
  ['topK 1.5', withSearch({ topK: 1.5 }), 'INVALID_TOP_K', inSearch('topK'), /whole number/],
  ['a negative weight', withSearch({ weight: -1 }), 'INVALID_WEIGHTS', inSearch('weight'), /weight/],
  ['an infinite weight', withSearch({ weight: Infinity }), 'INVALID_WEIGHTS', inSearch('weight'), /weight/],
  ['a NaN weight', withSearch({ weight: NaN }), 'INVALID_WEIGHTS', inSearch('weight'), /weight/],
  ['weights that are all 0', withSearch({ weight: 0 }), 'INVALID_WEIGHTS', at('searches'), /every weight is 0/],
  ['finalTopK 0', [stage({ finalTopK: 0 })], 'INVALID_FINAL_TOP_K', at('finalTopK'), /finalTopK/],
  ['finalTopK 101', [stage({ finalTopK: 101 })], 'INVALID_FINAL_TOP_K', at('finalTopK'), /1 to 100/],
  ['rankConstant 0', [stage({ rankConstant: 0 })], 'INVALID_RANK_CONSTANT', at('rankConstant'), /rankConstant/],
  [
    'groups of none',
    [stage({ groupBy: { field: 'brand', limit: 0 } })],
    'INVALID_GROUP_BY_LIMIT',
    at('groupBy', 'limit'),
    /groupBy.limit/,
  ],
  [
    'groups by no field',
    [stage({ groupBy: { field: '', limit: 1 } })],
    'INVALID_FIELD',
    at('groupBy', 'field'),
    /name of a field/,
  ],
  ['a facet with an empty part', [stage({ facets: ['ok', 'a..b'] })], 'INVALID_FIELD', at('facets', '1'), /empty part/],
  [
    '17 facets',
    [stage({ facets: Array.from({ length: 17 }, (_, n) => `f${n}`) })],
    'INVALID_FACETS',
    at('facets'),
    /at most 16/,
  ],
  [
    'a sort by no field',
    [stage(), { sortAttribute: { field: '', direction: 'ASC' } }],
    'INVALID_FIELD',
    ['input', 'stages', '1', 'sortAttribute', 'field'],
    /name of a field/,
  ],
  ['a limit of 0', [stage(), { limit: 0 }], 'INVALID_LIMIT', ['input', 'stages', '1', 'limit'], /limit .* 1 to 100/],
  [
    'a filter with an unknown operator',
    [stage({ filters: { price: { below: 3 } } })],
    'INVALID_FILTER',
    at('filters', 'price', 'below'),
    /operator/,
  ],
  [
    'a filter stage that is a list',
    [stage(), { attributeFilter: [] }],
    'INVALID_FILTER',
    ['input', 'stages', '1', 'attributeFilter'],
    /object/,
  ],
  [
    'a broken placeholder',
    withSearch({ query: '{{INPUT.query}' }),
    'INVALID_TEMPLATE',
    inSearch('query'),
    /\{\{INPUT\.name\}\}/,
  ],
  [
    'a text for a vector feature',
    withSearch({ featureUri: IMAGE, query: 'red' }),
    'INVALID_QUERY',
    inSearch('query'),
    /vector/,
  ],
  [
    'a vector for a text feature',
    withSearch({ query: { vector: [1, 2] } }),
    'INVALID_QUERY',
    inSearch('query'),
    /filled from text/,
  ],
  [
    'a query of both kinds',
    withSearch({ query: { text: 'x', vector: [1] } }),
    'INVALID_QUERY',
    inSearch('query'),
    /text/,
  ],
  ['no query', withSearch({ query: null }), 'INVALID_QUERY', inSearch('query'), /text/],
  ['a blank query', withSearch({ query: ' ' }), 'EMPTY_QUERY', inSearch('query'), /empty/],
  [
    'a vector of another length',
    withSearch({ featureUri: IMAGE, query: { vector: [1, 2] } }),
    'DIMENSION_MISMATCH',
    inSearch('query'),
    /3 dimensions/,
  ],
  [
    'a vector of zeros',
    withSearch({ featureUri: IMAGE, query: { vector: [0, 0, 0] } }),
    'INVALID_VECTOR',
    inSearch('query'),
    /not all 0/,
  ],
  [
    'an infinite vector',
    withSearch({ featureUri: IMAGE, query: { vector: [1, Infinity, 0] } }),
    'INVALID_VECTOR',
    inSearch('query'),
    /finite/,
  ],
];

describe('a definition with', () => {
  test.each(faults)('%s is refused', (_what, stages, code, path, says) => {
    const fault = faultOf(() => define(stages));
    expect({ code: fault.code, path: fault.path }).toEqual({ code, path });
    expect(fault.message).toMatch(says);
  });

  test('a template that names an input the schema does not list is refused', () => {
    const fault = faultOf(() => define([stage()], { text: { type: 'text' }, size: { type: 'number' } }));
    expect(fault).toMatchObject({ code: 'UNKNOWN_TEMPLATE_INPUT', path: inSearch('query') });
    expect(fault.message).toContain('"query"');
    expect(fault.message).toContain('text (text), size (number)');
  });

  test('collections that fill a feature differently is refused', () => {
    const other = collection('other', [{ ...text, id: 9, model: 'ngram-v2' }]);
    const fault = faultOf(() => define([stage()], null, [products, other]));
    expect(fault).toMatchObject({ code: 'FEATURE_MODEL_MISMATCH', path: inSearch('featureUri') });
    expect(fault.message).toMatch(/ngram-v1.*ngram-v2/);
  });

  test('a name that is blank, too long or holds control characters is refused', () => {
    for (const name of ['', '  ', 'x'.repeat(101), 'a\nb']) {
      expect(faultOf(() => parseName(name))).toMatchObject({ code: 'INVALID_NAME', path: ['input', 'retrieverName'] });
    }
  });
});
