import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { startCommand } from '../fixtures/attune-process.ts';
import { evaluationShop, shopQueries, type EvaluationShop } from '../fixtures/evaluation-shop.ts';

const own = 'shop://brought@v1/vector';

describe('attune export', { timeout: 120_000 }, () => {
  let attune: RunningAttune;
  let shop: EvaluationShop;
  let folder: string;

  beforeAll(async () => {
    attune = await startAttune();
    shop = evaluationShop(attune);
    folder = await mkdtemp(path.join(tmpdir(), 'attune-export-'));
  });
  afterAll(async () => {
    await attune.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(...args: string[]) {
    const env = { ATTUNE_URL: attune.url, ATTUNE_KEY: attune.adminKey };
    const child = startCommand(args, { dataDir: folder, env });
    const { code, stderr } = await child.ended;
    return { code, stderr, lines: [...child.lines] };
  }
  const rowsOf = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const linesOf = async (file: string) => (await readFile(file, 'utf8')).trimEnd().split('\n');

  /** A collection of 230 documents, some with a vector of their own, some with odd content. */
  async function createCollection(name: string): Promise<string> {
    const { collection } = await shop.mutate<{ collection: { id: string } }>(
      'createCollection',
      { name, features: [{ featureUri: 'attune://lexical@v1/bm25' }, { featureUri: own, dimensions: 2 }] },
      '{ collection { id } }',
    );
    const documents = Array.from({ length: 230 }, (_, n) => ({
      documentId: `p${String(n).padStart(3, '0')}`,
      content: n % 3 === 0 ? null : `product ${n},\n"quoted"`,
      metadata: { price: n / 4, tags: ['a', 'b'], ...(n === 229 && { onlyHere: true, content: 'mine' }) },
      vectors: n % 2 === 0 ? [{ featureUri: own, values: [3, 4] }] : null,
    }));
    await shop.mutate('upsertDocuments', { collectionId: collection.id, documents }, '{ upserted }');
    return collection.id;
  }

  test('gives back what import takes: a copy has the same documents', async () => {
    const collectionId = await createCollection('original');
    const file = path.join(folder, 'original.jsonl');
    const exported = await run('export', 'documents', 'original', '--output', file);
    expect(exported).toEqual({ code: 0, lines: [], stderr: '230 documents exported.\n' });
    const rows = rowsOf(await linesOf(file));
    expect(rows[0]).toEqual({
      documentId: 'p000',
      metadata: { price: 0, tags: ['a', 'b'] },
      vectors: [{ featureUri: own, values: [expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)] }],
    });
    expect(rows[1]).toEqual({
      documentId: 'p001',
      content: 'product 1,\n"quoted"',
      metadata: { price: 0.25, tags: ['a', 'b'] },
    });
    expect(existsSync(`${file}.export.json`) || existsSync(`${file}.part`)).toBe(false);

    await createCollection('copy');
    await shop.mutate(
      'deleteDocuments',
      { collectionId: await idOf('copy'), documentIds: rows.map(({ documentId }) => documentId) },
      '{ deleted }',
    );
    expect(await run('import', file, '--collection', 'copy')).toMatchObject({ code: 0, stderr: '' });
    const copied = await run('export', 'documents', await idOf('copy'));
    expect(rowsOf(copied.lines)).toEqual(rows);
    expect(collectionId).not.toBe(await idOf('copy'));
  });

  async function idOf(name: string): Promise<string> {
    const { collections } = await shop.ask<{ collections: { nodes: { id: string; name: string }[] } }>(
      '{ collections(first: 100) { nodes { id name } } }',
    );
    return collections.nodes.find((collection) => collection.name === name)!.id;
  }

  test('goes on behind the last page that was written whole, and replaces no file unasked', async () => {
    const collectionId = await createCollection('resumed');
    const file = path.join(folder, 'resumed.jsonl');
    await run('export', 'documents', collectionId, '--output', file);
    const whole = await readFile(file, 'utf8');
    expect(await run('export', 'documents', collectionId, '--output', file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/resumed\.jsonl is there already: .*--restart/) as string,
    });

    // as a run leaves it that was killed within its second page
    const lines = whole.split('\n');
    const firstPage = `${lines.slice(0, 100).join('\n')}\n`;
    const state = {
      ...{ source: `documents of ${collectionId}`, format: 'jsonl', columns: null, units: 100 },
      ...{ cursor: Buffer.from('p099').toString('base64url'), bytes: Buffer.byteLength(firstPage) },
    };
    await writeFile(`${file}.part`, `${firstPage}{"documentId":"p1`);
    await writeFile(`${file}.export.json`, JSON.stringify(state));
    await rm(file);
    // what changes before that page is not read again
    await shop.mutate('deleteDocuments', { collectionId, documentIds: ['p000'] }, '{ deleted }');
    expect(await run('export', 'documents', collectionId, '--output', file)).toMatchObject({
      code: 0,
      stderr: '230 documents exported.\n',
    });
    expect(await readFile(file, 'utf8')).toBe(whole);
    await truncate(file);
    const again = await run('export', 'documents', collectionId, '--output', file, '--restart');
    expect(again).toMatchObject({ code: 0, stderr: '229 documents exported.\n' });
    expect(await linesOf(file)).toEqual(lines.slice(1, 230));
  });

  test('writes CSV whose columns are the fields of all documents', async () => {
    await createCollection('table');
    const file = path.join(folder, 'table.csv');
    expect(await run('export', 'documents', 'table', '--output', file)).toMatchObject({ code: 0 });
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^documentId,content,tags,price,metadata\.content,onlyHere\np000,,"\[""a"",""b""\]",0,,\n/);
    expect(text).toContain('\np001,"product 1,\n""quoted""","[""a"",""b""]",0.25,,\n');
    expect(text).toMatch(/mine,true\n$/);
  });

  test('writes judgments that an evaluation takes back, and what people did', async () => {
    const retrieverId = await shop.createRetriever(await shop.createCollection());
    const datasetId = await shop.createDataset();
    const judged = await run('export', 'judgments', datasetId, '--format', 'csv');
    expect(judged.lines).toHaveLength(1 + shopQueries.length);
    expect(judged.lines.slice(0, 2)).toEqual([
      'query_id,query,document_id,relevance',
      '"{""query"":""red lamp""}",red lamp,z-red-lamp,1',
    ]);
    const { dataset } = await shop.mutate<{ dataset: object }>(
      'createEvaluationDataset',
      { name: 'again', jsonl: (await run('export', 'judgments', datasetId)).lines.join('\n') },
      '{ dataset { queryCount judgmentCount } rejectedCount }',
      'EvaluationDataset',
    );
    expect(dataset).toEqual({ queryCount: shopQueries.length, judgmentCount: shopQueries.length });

    const [sought] = shopQueries;
    expect(await shop.shop(retrieverId, sought!, { userId: 'ana' })).toBe(true);
    const clicks = await run('export', 'interactions', '--retriever', retrieverId);
    expect(clicks.stderr).toBe('1 interactions exported.\n');
    expect(rowsOf(clicks.lines)).toMatchObject([
      { retrieverId, documentId: sought!.documentId, interactionTypes: ['CLICK', 'PURCHASE'], userId: 'ana' },
    ]);
    const table = await run('export', 'interactions', '--format', 'csv');
    expect(table.lines[0]).toMatch(/^id,occurredAt,.*interactionTypes,userId/);
    expect(table.lines[1]).toContain(',CLICK PURCHASE,ana,');
  });

  test.each([
    [['documents', 'nowhere'], /^attune: There is no collection "nowhere" there: give its id, or its name\.\n$/],
    [['judgments', '0190f1a0-0000-7000-8000-000000000001'], /^attune: There is no evaluation dataset "0190/],
    [['interactions', '--restart'], /^attune: --restart is for an --output file/],
    [['documents', 'x', '--format', 'xml'], /^attune: option '--format.*jsonl, csv.*See --help\.\n$/],
    [['documents', 'x', '--key', 'wrong'], /^attune: .*key/],
  ])('says what is wrong with %j in one line', async (args, sentence) => {
    const { code, stderr } = await run('export', ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });
});
