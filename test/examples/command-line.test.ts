import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { startCommand } from '../fixtures/attune-process.ts';
import { root } from '../fixtures/source-tree.ts';
import { operation } from './operations.ts';

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/^npm run attune -- (\w.*)$/gm)].map(([, command = '']) => command);
const scripts = [...readme.matchAll(/^npm (?:run )?([\w:-]+)(?= |$)/gm)].map(([, script = '']) => script);

/** On the shop of the tutorial, in the order of the README. */
describe('the commands of the README', { timeout: 120_000 }, () => {
  let attune: RunningAttune;
  let folder: string;
  beforeAll(async () => {
    attune = await startAttune();
    folder = await mkdtemp(path.join(tmpdir(), 'attune-readme-'));
    const { data } = await attune.ask<{ createCollection: { collection: { id: string } } }>(
      operation('01-create-collection'),
    );
    await attune.ask(operation('03-create-retriever'), { collectionId: data.createCollection.collection.id });
    await writeFile(path.join(folder, 'products.jsonl'), '{"id":"lid","text":"A silicone lid","title":"Kettle Lid"}\n');
    await writeFile(path.join(folder, 'judged.csv'), 'query,document_id\nkettle,lid\n');
  });
  afterAll(async () => {
    await attune.close();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (word: string) => (/\.(csv|jsonl)$/.test(word) ? path.join(folder, word) : word);

  test.each(commands)('do what it says: %s', async (command) => {
    const env = { ATTUNE_URL: attune.url, ATTUNE_KEY: attune.adminKey };
    const child = startCommand(command.split(' ').map(at), { dataDir: folder, env });
    const { code, stderr } = await child.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
  });

  test('leave what they promise', async () => {
    expect(commands.map((command) => command.split(' ')[0])).toEqual(['import', 'export', 'export', 'eval']);
    const copy = await readFile(path.join(folder, 'copy.jsonl'), 'utf8');
    expect(JSON.parse(copy)).toEqual({
      documentId: 'lid',
      content: 'A silicone lid',
      metadata: { title: 'Kettle Lid' },
    });
    expect(await readFile(path.join(folder, 'clicks.csv'), 'utf8')).toMatch(/^id,occurredAt,/);
  });

  test('are there: every script that it names', () => {
    const { scripts: own } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: object };
    const builtIn = ['ci', 'cit'];
    expect(scripts.length).toBeGreaterThan(4);
    expect(scripts.filter((script) => !(script in own) && !builtIn.includes(script))).toEqual([]);
  });
});
