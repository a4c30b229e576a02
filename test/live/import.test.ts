import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { startCommand } from '../fixtures/attune-process.ts';

describe('attune import', { timeout: 120_000 }, () => {
  let attune: RunningAttune;
  let folder: string;
  let collectionId: string;

  beforeAll(async () => {
    attune = await startAttune();
    folder = await mkdtemp(path.join(tmpdir(), 'attune-import-'));
    const { data } = await attune.ask<{ createCollection: { collection: { id: string } } }>(
      `mutation { createCollection(input: { name: "imported", features: [{ featureUri: "attune://lexical@v1/bm25" }] }) {
        ... on CreateCollectionPayload { collection { id } } } }`,
    );
    collectionId = data.createCollection.collection.id;
  });
  afterAll(async () => {
    await attune.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(...args: string[]) {
    const env = { ATTUNE_URL: attune.url, ATTUNE_KEY: attune.adminKey };
    const child = startCommand(['import', ...args], { dataDir: folder, env });
    const { code, stderr } = await child.ended;
    return { code, stderr, stdout: child.lines.join('\n') };
  }
  async function file(name: string, text: string): Promise<string> {
    const at = path.join(folder, name);
    await writeFile(at, text);
    return at;
  }
  async function documentCount(): Promise<number> {
    const { data } = await attune.ask<{ collection: { documentCount: number } }>(
      'query ($id: ID!) { collection(id: $id) { documentCount } }',
      { id: collectionId },
    );
    return data.collection.documentCount;
  }

  test('stores the rows of JSONL, and sets those aside that are none, with the reason', async () => {
    const rows = Array.from({ length: 250 }, (_, n) => JSON.stringify({ id: `p${n}`, text: `product ${n}`, price: n }));
    rows.splice(3, 0, '{ "id": ', '', '{"title":"no id"}');
    rows.push(JSON.stringify({ id: 'x'.repeat(10_000), text: 'a long name' }));
    const at = await file('products.jsonl', rows.join('\n'));
    const done = await run(at, '--collection', collectionId);
    expect(done).toMatchObject({ code: 2, stderr: '' });
    expect(done.stdout).toContain('250 documents stored, 3 rows set aside.');
    expect(await documentCount()).toBe(250);
    const aside = (await readFile(`${at}.rejected.jsonl`, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(aside).toMatchObject([
      { row: 4, value: null, reason: expect.stringMatching(/^It is not JSON/) as string },
      { row: 5, value: { title: 'no id' } },
      { row: 253, value: { text: 'a long name' } },
    ]);
    expect(existsSync(`${at}.import.json`)).toBe(false);
  });

  test('stores the lines of a CSV under the names of its columns', async () => {
    const before = await documentCount();
    const at = await file(
      'shelf.csv',
      '\uFEFFsku,name,price\nc1,"a, ""quoted"" lamp",9.5\nc2,two\nlines,\n'.replace('two\nlines', '"two\nlines"'),
    );
    const done = await run(at, '--collection', collectionId, '--id-field', 'sku', '--content-field', 'name');
    expect(done).toMatchObject({ code: 0, stderr: '', stdout: '2 documents stored, 0 rows set aside.' });
    expect(await documentCount()).toBe(before + 2);
  });

  test('goes on where an earlier run stopped, unless the file is another', async () => {
    const rows = Array.from({ length: 30 }, (_, n) => JSON.stringify({ id: `r${n}`, text: 'again' }));
    const at = await file('resumed.jsonl', rows.join('\n'));
    const { mtimeMs: modifiedAt, size } = await import('node:fs').then(({ statSync }) => statSync(at));
    const state = { collectionId, size, modifiedAt, rows: 20, stored: 20, rejected: 0 };
    await writeFile(`${at}.import.json`, JSON.stringify(state));
    const before = await documentCount();
    expect(await run(at, '--collection', collectionId)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('30 documents stored') as string,
    });
    expect(await documentCount()).toBe(before + 10);
    await writeFile(`${at}.import.json`, JSON.stringify({ ...state, size: size + 1 }));
    await run(at, '--collection', collectionId);
    expect(await documentCount()).toBe(before + 30);
  });

  test.each([
    [['nowhere.jsonl'], /^attune: There is no file nowhere\.jsonl\.\n$/],
    [['torn.csv'], /^attune: \S+torn\.csv is no whole CSV \(Quote Not Closed.*\): .+\.\n$/],
    [['products.txt'], /cannot be told what products\.txt holds: say --format jsonl or --format csv/],
    [['products.jsonl', '--key', 'wrong'], /^attune: .*key/],
    [['products.jsonl', '--url', 'http://127.0.0.1:9'], /^attune: .+\n$/],
  ])('says what is wrong with %j in one line', async ([name = '', ...more], sentence) => {
    const texts: Record<string, string> = { 'products.jsonl': '{"id":"a","text":"b"}', 'torn.csv': 'id,text\na,"b\n' };
    const text = texts[name];
    const at = text === undefined ? name : await file(`short.${name}`, text);
    const { code, stderr } = await run(at, '--collection', collectionId, ...more);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });

  test('says that a collection is not there, and stores nothing', async () => {
    const at = await file('lost.jsonl', '{"id":"a","text":"b"}');
    const { code, stderr } = await run(at, '--collection', '0190f1a0-0000-7000-8000-000000000001');
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^attune: .*collection/i) as string,
    });
  });
});
