import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAttune, type RunningAttune } from '../fixtures/attune.ts';
import { startCommand } from '../fixtures/attune-process.ts';
import { evaluationShop, shopFeatures, shopQueries, type EvaluationShop } from '../fixtures/evaluation-shop.ts';

describe('attune eval', { timeout: 120_000 }, () => {
  let attune: RunningAttune;
  let shop: EvaluationShop;
  let folder: string;
  let judged: string;
  let datasetId: string;
  /** One searches titles, which tell the truth, the other descriptions, which do not. */
  let honest: string;
  let misleading: string;

  beforeAll(async () => {
    attune = await startAttune();
    shop = evaluationShop(attune);
    folder = await mkdtemp(path.join(tmpdir(), 'attune-eval-'));
    const collectionId = await shop.createCollection();
    const weights = (one: string, other: string) => ({ [one]: 1, [other]: 0 });
    honest = await shop.createRetriever(
      collectionId,
      'WEIGHTED',
      weights(shopFeatures.honest, shopFeatures.misleading),
    );
    misleading = await shop.createRetriever(
      collectionId,
      'WEIGHTED',
      weights(shopFeatures.misleading, shopFeatures.honest),
    );
    datasetId = await shop.createDataset();
    judged = path.join(folder, 'judged.csv');
    const rows = shopQueries.map(({ query, documentId }) => `${query},${documentId},1`);
    await writeFile(judged, ['query,document_id,relevance', ...rows, 'lamp,,1', ''].join('\n'));
  });
  afterAll(async () => {
    await attune.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(...args: string[]) {
    const env = { ATTUNE_URL: attune.url, ATTUNE_KEY: attune.adminKey };
    const child = startCommand(['eval', ...args], { dataDir: folder, env });
    const { code, stderr } = await child.ended;
    return { code, stderr, stdout: child.lines.join('\n') };
  }

  /** Of the datasets that were made of a file: their newest versions. */
  async function versionsOf(file: string): Promise<number[]> {
    type Answer = { evaluationDatasets: { nodes: { name: string; version: number }[] } };
    const { evaluationDatasets } = await shop.ask<Answer>('{ evaluationDatasets { nodes { name version } } }');
    return evaluationDatasets.nodes.filter(({ name }) => name.startsWith(file)).map(({ version }) => version);
  }

  test('prints what a retriever is worth on a file of judgments, which is one dataset however often it comes', async () => {
    const { code, stdout, stderr } = await run(honest, '--dataset', judged, '--k', '10,1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${judged}: Line 35 was left out: it names no document.\n` });
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^judged\.csv [0-9a-f]{12}: 33 queries, 33 judgments$/);
    expect(lines[2]).toMatch(/^ +k {3}nDCG +MRR +MAP +precision +recall +F1 +judged$/);
    expect(lines[3]).toMatch(/^shop-\d+ +1 +1\.000 +1\.000 +1\.000 +1\.000 +1\.000 +1\.000 +1\.000$/);
    expect(lines[4]).toMatch(/^shop-\d+ +10 +1\.000 +1\.000 +1\.000 +0\.100/);

    await run(honest, '--dataset', judged);
    expect(await versionsOf('judged.csv')).toEqual([1]);
  });

  test('sends a large file in parts', async () => {
    const large = path.join(folder, 'large.jsonl');
    const line = (n: number) => ({
      query: `red lamp ${n % 3} ${'x'.repeat(300)}`,
      documentId: `d${n}`,
      relevance: n % 2,
    });
    const rows = Array.from({ length: 6_000 }, (_, n) => JSON.stringify(line(n)));
    await writeFile(large, rows.join('\n'));
    const { code, stdout } = await run(honest, '--dataset', large, '--k', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^large\.jsonl [0-9a-f]{12}: 3 queries, 6000 judgments\n/);
    expect(await versionsOf('large.jsonl')).toEqual([2]);
  });

  test('compares with another retriever or fusion, and says in words and by its exit code what came of it', async () => {
    const lost = await run(misleading, '--dataset', datasetId, '--compare', honest);
    expect(lost.code).toBe(2);
    expect(lost.stdout).toMatch(/^shop-\d+ against shop-\d+: The candidate is worse: −1\.000 nDCG@10 over 33 queries/m);
    expect(lost.stdout).toContain('Not passed: It is worse than what it is compared with.');

    const won = await run(honest, '--dataset', datasetId, '--compare', misleading, '--must-win', '--json');
    expect(won).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(won.stdout)).toMatchObject({
      passed: true,
      failures: [],
      dataset: { id: datasetId, version: 1, queryCount: 33 },
      candidate: { retrieverId: honest, queries: 33, refusedQueries: 0, metrics: [{ k: 1, ndcg: 1 }, {}, {}, {}] },
      baseline: { retrieverId: misleading },
      comparison: { verdict: 'BETTER', metric: 'NDCG', k: 10, wins: 33 },
    });

    const same = await run(honest, '--dataset', datasetId, '--compare', 'weighted', '--must-win');
    expect(same.code).toBe(2);
    expect(same.stdout).toMatch(/shop-\d+ against shop-\d+ WEIGHTED: No difference is shown/);
    expect(same.stdout).toMatch(/Not passed: It must be better/);
  });

  test('holds it against what must be reached', async () => {
    const passed = await run(honest, '--dataset', datasetId, '--min', 'ndcg@3=0.9', '--min', 'precision@10=.1');
    expect(passed).toMatchObject({ code: 0, stderr: '' });
    const failed = await run(honest, '--dataset', datasetId, '--min', 'precision@10=0.5', '--json');
    expect(failed.code).toBe(2);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      passed: false,
      failures: ['precision@10 is 0.1000, and must be 0.5 or more.'],
    });
  });

  test('keeps the key to itself when it helps', async () => {
    const { stdout } = await run('--help');
    expect(stdout).toContain(attune.url);
    expect(stdout).not.toContain(attune.adminKey);
  });

  test.each([
    [['nowhere', '--dataset', 'x'], /^attune: There is no retriever "nowhere" there: give its id, or its name\.\n$/],
    [['RETRIEVER', '--dataset', 'nowhere.csv'], /^attune: There is no file nowhere\.csv\.\n$/],
    [['RETRIEVER', '--dataset', 'x', '--min', 'ndcg=1'], /^attune: option '--min.*ndcg@10=0\.7.*See --help\.\n$/],
    [['RETRIEVER', '--dataset', 'x', '--fusion', 'SUM'], /^attune: option '--fusion.*It takes RRF, DBSF/],
    [['RETRIEVER', '--dataset', 'x', '--must-win'], /^attune: --must-win needs --compare/],
    [['RETRIEVER'], /^attune: required option '--dataset/],
  ])('says what is wrong with %j in one line', async ([retriever, ...args], sentence) => {
    const { code, stderr } = await run(retriever === 'RETRIEVER' ? honest : retriever!, ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });
});
