import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startAttune } from '../fixtures/attune.ts';
import { startChild } from '../fixtures/child-process.ts';
import { evaluationShop, shopQueries } from '../fixtures/evaluation-shop.ts';

test(
  'an evaluation whose server is killed with -9 goes on at the next start, and ends with the same figures',
  { timeout: 90_000 },
  async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'attune-evaluation-'));
    const child = startChild('evaluation-process.ts', [directory]);
    await child.printed(1);
    await child.ended;
    const { id, retrieverId, datasetId } = JSON.parse(child.lines[0]!) as Record<string, string>;

    const attune = await startAttune({ ATTUNE_DATA_DIR: directory });
    const shop = evaluationShop(attune);
    const resumed = await shop.finished(id!);
    const again = await shop.finished(await shop.runEvaluation({ retrieverId, datasetId }));
    expect(resumed.progress).toMatchObject({ done: shopQueries.length, total: shopQueries.length, failed: 0 });
    expect(resumed.metrics).toEqual(again.metrics);
    expect(resumed.weightVersion).toBe(again.weightVersion);
    await attune.close();
    await rm(directory, { recursive: true, force: true });
  },
);
