import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Document } from '../../../src/collections/collection.ts';
import type { FusedHit } from '../../../src/fusion/ranked-list.ts';
import { defaultLearningConfig } from '../../../src/learning/learning-config.ts';
import type { FeatureSearchStage, Retriever, Stage } from '../../../src/retrievers/retriever.ts';
import { applyStages, readyStages } from '../../../src/search/apply-stages.ts';
import { countFacets } from '../../../src/search/facets.ts';
import { keepBestOfGroups } from '../../../src/search/group-by.ts';
import { mergeByScore } from '../../../src/search/run-searches.ts';
import { sortByAttribute } from '../../../src/search/sort-by-attribute.ts';

const featureSearch: FeatureSearchStage = {
  kind: 'featureSearch',
  searches: [],
  fusion: 'RRF',
  finalTopK: 25,
  rankConstant: 60,
  rawScores: false,
  learningConfig: defaultLearningConfig,
  filters: null,
  groupBy: null,
  facets: [],
};

const catalogue: Document[] = [
  { documentId: 'a', content: null, metadata: { brand: 'X', price: 30, tags: ['red', 'new'] } },
  { documentId: 'b', content: null, metadata: { brand: 'X', price: 10, tags: ['red', 'red'] } },
  { documentId: 'c', content: null, metadata: { brand: 'Y', price: 20 } },
  { documentId: 'd', content: null, metadata: { price: 10, size: { eu: 42 } } },
  { documentId: 'e', content: null, metadata: { brand: 'X' } },
];
const fused = catalogue.map(({ documentId }, index): FusedHit => ({ documentId, score: 5 - index, features: [] }));

async function run(first: Partial<FeatureSearchStage>, rest: Stage[] = [], inputs: Record<string, unknown> = {}) {
  const retriever: Retriever = {
    id: 'r',
    namespaceId: 'ns',
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    name: 'r',
    collectionIds: [],
    inputSchema: null,
    stages: [{ ...featureSearch, ...first }, ...rest],
  };
  const loads: (readonly string[])[] = [];
  const later = readyStages(retriever, (name) => inputs[name]);
  const { hits, facets } = await applyStages(fused, retriever, later, (ids) => {
    loads.push(ids);
    return Promise.resolve(catalogue.filter(({ documentId }) => ids.includes(documentId)));
  });
  return { ids: hits.map(({ documentId }) => documentId).join(''), facets, loads };
}

describe('the stages of a retriever', () => {
  test('cut the fused candidates at finalTopK', async () => {
    expect((await run({ finalTopK: 2 })).ids).toBe('ab');
    expect((await run({ finalTopK: 2, groupBy: { field: 'brand', limit: 1 } })).ids).toBe('ac');
  });

  test('load no documents where none asks what is in them', async () => {
    const { ids, facets, loads } = await run({ finalTopK: 4 }, [{ kind: 'limit', limit: 3 }]);
    expect({ ids, facets, loads }).toEqual({ ids: 'abc', facets: null, loads: [] });
  });

  test('load documents once, and only those that are left where no stage looks at all candidates', async () => {
    const filter: Stage = { kind: 'attributeFilter', filter: { price: { lte: 20 } } };
    const sort: Stage = { kind: 'sortAttribute', field: 'price', direction: 'ASC' };
    const { ids, loads } = await run({ finalTopK: 3 }, [filter, sort]);
    expect(ids).toBe('bc');
    expect(loads).toEqual([['a', 'b', 'c']]);
  });

  test('filter by the inputs of the search', async () => {
    const filter: Stage = { kind: 'attributeFilter', filter: { brand: '{{INPUT.brand}}' } };
    expect((await run({}, [filter], { brand: 'X' })).ids).toBe('abe');
  });

  test('work one after the other, each on what the one before left', async () => {
    const sort: Stage = { kind: 'sortAttribute', field: 'price', direction: 'ASC' };
    const limit: Stage = { kind: 'limit', limit: 2 };
    expect((await run({}, [sort, limit])).ids).toBe('bd');
    expect((await run({}, [limit, sort])).ids).toBe('ba');
  });

  test('keep the best of each group, and what is in none, before the list is cut', async () => {
    expect((await run({ groupBy: { field: 'brand', limit: 1 }, finalTopK: 3 })).ids).toBe('acd');
    expect((await run({ groupBy: { field: 'brand', limit: 2 } })).ids).toBe('abcd');
  });

  test('count facets over all candidates, also those that are cut or grouped away', async () => {
    const { facets } = await run({ facets: ['brand', 'size.eu'], groupBy: { field: 'brand', limit: 1 }, finalTopK: 1 });
    expect(facets).toEqual({ brand: { X: 3, Y: 1 }, 'size.eu': { 42: 1 } });
  });

  test('leave out a document that is gone by now where a filter asks for it', async () => {
    const filter: Stage = { kind: 'attributeFilter', filter: {} };
    const gone = { documentId: 'gone', score: 9, features: [] };
    const retriever = { stages: [featureSearch, filter] } as unknown as Retriever;
    const { hits } = await applyStages(
      [gone, ...fused],
      retriever,
      readyStages(retriever, () => null),
      () => Promise.resolve(catalogue),
    );
    expect(hits).toEqual(fused);
  });
});

describe('sorting by an attribute', () => {
  const sort = (values: unknown[], direction: 'ASC' | 'DESC') =>
    sortByAttribute([...values.entries()], direction, ([, value]) => value).map(([index]) => index);

  test('puts hits without a value last either way', () => {
    expect(sort([null, 2, undefined, 1, ['x'], { a: 1 }], 'ASC')).toEqual([3, 1, 0, 2, 4, 5]);
    expect(sort([null, 2, undefined, 1, ['x'], { a: 1 }], 'DESC')).toEqual([1, 3, 0, 2, 4, 5]);
  });

  test('orders numbers as numbers, and before texts and booleans', () => {
    expect(sort([true, 'b', 10, false, 9, 'a'], 'ASC')).toEqual([4, 2, 5, 1, 3, 0]);
  });

  test('keeps the order of ties, and every hit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(1, 2, 'x', null)),
        fc.constantFrom('ASC' as const, 'DESC' as const),
        (values, by) => {
          const order = sort(values, by);
          expect(order.toSorted((a, b) => a - b)).toEqual([...values.keys()]);
          for (const value of new Set(values)) {
            const same = order.filter((index) => values[index] === value);
            expect(same).toEqual(same.toSorted((a, b) => a - b));
          }
        },
      ),
    );
  });
});

test('groups are told apart by type: 1 and "1" are two', () => {
  expect(keepBestOfGroups([1, '1', 1, true, 'true'], { field: 'x', limit: 1 }, (value) => value)).toEqual([
    1,
    '1',
    true,
    'true',
  ]);
});

test('facets count a list once for each of its values, the most frequent value first', () => {
  const facets = countFacets(catalogue, ['tags', 'nothing']);
  expect(facets).toEqual({ tags: { red: 2, new: 1 }, nothing: {} });
  expect(Object.keys(facets['tags'] ?? {})).toEqual(['red', 'new']);
});

test('facets keep the hundred most frequent values', () => {
  const documents = Array.from({ length: 150 }, (_, n) => ({
    documentId: `${n}`,
    content: null,
    metadata: { v: `v${n}` },
  }));
  expect(Object.keys(countFacets([...documents, ...documents.slice(149)], ['v'])['v'] ?? {})).toHaveLength(100);
  expect(Object.keys(countFacets([...documents, ...documents.slice(149)], ['v'])['v'] ?? {})[0]).toBe('v149');
});

describe('merging the lists of several collections', () => {
  test('takes a document at its best score, ties by id, and cuts at topK', () => {
    const hit = (documentId: string, score: number) => ({ documentId, score });
    const merged = mergeByScore(
      [
        [hit('b', 3), hit('a', 1)],
        [hit('a', 2), hit('d', 1), hit('c', 1)],
      ],
      3,
    );
    expect(merged).toEqual([hit('b', 3), hit('a', 2), hit('c', 1)]);
  });
});
