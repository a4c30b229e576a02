import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDataset } from '../../src/evaluations/create-dataset.ts';
import type { CreateDatasetInput } from '../../src/evaluations/dataset-input.ts';
import { createPostgresDatasetStore } from '../../src/evaluations/dataset-store.postgres.ts';
import type { DatasetStore } from '../../src/evaluations/dataset-store.ts';
import type { Database } from '../../src/postgres/database.ts';
import { createNamespace } from '../fixtures/collection.ts';
import { testDatabases } from '../fixtures/postgres.ts';

describe.each(testDatabases())('evaluation datasets on $name', ({ open }) => {
  let db: Database;
  let datasets: DatasetStore;
  let namespaceId: string;

  beforeAll(async () => {
    db = await open();
    datasets = createPostgresDatasetStore(db);
    namespaceId = await createNamespace(db);
  });
  afterAll(() => db.close());

  const judged = (query: string, judgments: Record<string, number>) => ({
    queryId: null,
    inputs: { query },
    judgments: Object.entries(judgments).map(([documentId, relevance]) => ({ documentId, relevance })),
  });
  const create = (input: Partial<CreateDatasetInput>, ns = namespaceId) =>
    createDataset({ datasets }, ns, {
      ...{ name: `dataset ${uuidv7()}`, datasetId: null, keepPrevious: false, queries: null, csv: null, jsonl: null },
      ...input,
    });
  const contentOf = async ({ id, version }: { id: string; version: number }) =>
    (await datasets.queries(id, version)).map(({ inputs, judgments }) => [inputs['query'], judgments]);

  test('come back as they were written, in their order', async () => {
    const queries = [judged('tent', { d1: 2, d2: 0 }), judged('ü "quoted" 😀', { 'd,3': 1, __proto__x: 0 })];
    const { dataset, rejected } = await create({ name: ' mine ', queries });
    expect(rejected).toEqual([]);
    expect(dataset).toMatchObject({ name: 'mine', version: 1, source: 'MANUAL', queryCount: 2, judgmentCount: 4 });
    expect(await contentOf(dataset)).toEqual([
      ['tent', { d1: 2, d2: 0 }],
      ['ü "quoted" 😀', { 'd,3': 1, __proto__x: 0 }],
    ]);
    expect(await datasets.get(namespaceId, [dataset.id, 'no uuid'])).toEqual([dataset]);
    expect(await datasets.get(await createNamespace(db), [dataset.id])).toEqual([]);
  });

  test('get versions, of which the old ones stay as they were', async () => {
    const { dataset: first } = await create({ queries: [judged('tent', { d1: 1 }), judged('lamp', { d2: 1 })] });
    const { dataset: second } = await create({ datasetId: first.id, queries: [judged('rope', { d3: 1 })] });
    const { dataset: third } = await create({
      datasetId: first.id,
      keepPrevious: true,
      queries: [judged('rope', { d3: 0, d4: 1 }), judged('tent', { d9: 1 })],
    });
    expect([second.version, third.version]).toEqual([2, 3]);
    expect(await contentOf(first)).toEqual([
      ['tent', { d1: 1 }],
      ['lamp', { d2: 1 }],
    ]);
    expect(await contentOf(second)).toEqual([['rope', { d3: 1 }]]);
    expect(await contentOf(third)).toEqual([
      ['rope', { d3: 0, d4: 1 }],
      ['tent', { d9: 1 }],
    ]);
    expect(await datasets.get(namespaceId, [first.id])).toEqual([third]);
    expect(await datasets.version(namespaceId, first.id, 2)).toEqual(second);
    expect(await datasets.version(namespaceId, first.id, 4)).toBeNull();
  });

  test('do not lose a version to another that is written at the same time', async () => {
    const { dataset } = await create({ queries: [judged('tent', { d1: 1 })] });
    const next = { source: 'MANUAL' as const, origin: null, queries: await datasets.queries(dataset.id, 1) };
    await datasets.addVersion(dataset, next);
    await expect(datasets.addVersion(dataset, next)).rejects.toMatchObject({ code: 'DATASET_CHANGED' });
  });

  test('come from CSV and JSONL, with the rows that were left out', async () => {
    const csv = 'query,document_id,relevance\ntent,d1,2\ntent,d2,0\nlamp,,1\n';
    const fromCsv = await create({ csv });
    expect(await contentOf(fromCsv.dataset)).toEqual([['tent', { d1: 2, d2: 0 }]]);
    expect(fromCsv.rejected).toMatchObject([{ line: 4 }]);
    const fromJsonl = await create({ jsonl: '{"query":"tent","documentId":"d1"}\nnonsense' });
    expect(await contentOf(fromJsonl.dataset)).toEqual([['tent', { d1: 1 }]]);
    expect(fromJsonl.rejected).toMatchObject([{ line: 2 }]);
  });

  test('are listed newest first, page by page', async () => {
    const own = await createNamespace(db);
    const names = ['one', 'two', 'three'];
    for (const name of names) await create({ name, queries: [judged('tent', { d1: 1 })] }, own);
    const first = await datasets.list(own, { limit: 2, after: null });
    expect(first.items.map(({ name }) => name)).toEqual(['three', 'two']);
    const rest = await datasets.list(own, { limit: 2, after: first.items[1]!.id });
    expect(rest.items.map(({ name }) => name)).toEqual(['one']);
    expect([first.hasNextPage, rest.hasNextPage]).toEqual([true, false]);
  });

  test('show their queries page by page', async () => {
    const { dataset } = await create({ queries: ['a', 'b', 'c'].map((query) => judged(query, { d: 1 })) });
    const first = await datasets.queryPage(dataset.id, 1, { limit: 2, after: null });
    const rest = await datasets.queryPage(dataset.id, 1, { limit: 2, after: first.items[1]!.id });
    expect([...first.items, ...rest.items].map(({ inputs }) => inputs['query'])).toEqual(['a', 'b', 'c']);
    expect([first.hasNextPage, rest.hasNextPage]).toEqual([true, false]);
  });

  test.each<[string, Partial<CreateDatasetInput>, string, string[]]>([
    ['without a judged query', { queries: [] }, 'NO_JUDGED_QUERY', ['input', 'queries']],
    ['without a judgment', { queries: [judged('a', {})] }, 'NO_JUDGED_QUERY', ['input', 'queries']],
    ['without a sound row', { csv: 'query,document_id\na,' }, 'NO_JUDGED_QUERY', ['input', 'csv']],
    ['without a relevant document', { queries: [judged('a', { d: 0 })] }, 'NO_RELEVANT_JUDGMENT', ['input', 'queries']],
    ['without a name', { name: ' ', queries: [judged('a', { d: 1 })] }, 'INVALID_NAME', ['input', 'name']],
    ['in no way', {}, 'INVALID_DATASET', ['input']],
    ['in two ways', { csv: 'a', jsonl: 'b' }, 'INVALID_DATASET', ['input']],
    [
      'with a grade that is none',
      { queries: [judged('a', { d: 1, e: 101 })] },
      'INVALID_DATASET',
      ['input', 'queries', '0', 'judgments', '1', 'relevance'],
    ],
    [
      'with inputs that are no object',
      { queries: [{ queryId: null, inputs: 'tent', judgments: [] }] },
      'INVALID_DATASET',
      ['input', 'queries', '0', 'inputs'],
    ],
    [
      'with what cannot be stored',
      { queries: [{ queryId: null, inputs: { query: '\0' }, judgments: [{ documentId: 'd', relevance: 1 }] }] },
      'INVALID_DATASET',
      ['input', 'queries', '0', 'judgments', '0'],
    ],
    [
      'of an unknown dataset',
      { datasetId: uuidv7(), csv: 'query,document_id\na,d' },
      'DATASET_NOT_FOUND',
      ['input', 'datasetId'],
    ],
  ])('%s are refused', async (_what, input, code, path) => {
    await expect(create(input)).rejects.toMatchObject({ code, path });
  });

  test('of a name that is taken are refused, and nothing of them is left', async () => {
    const queries = [judged('tent', { d1: 1 })];
    await create({ name: 'taken', queries });
    await expect(create({ name: 'taken', queries })).rejects.toMatchObject({
      code: 'DATASET_NAME_TAKEN',
      path: ['input', 'name'],
    });
    const rows = await db.query(`select 1 from evaluation_datasets where name = 'taken'`);
    expect(rows).toHaveLength(1);
  });
});
