import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asking, startCommand, urlOf } from '../fixtures/attune-process.ts';
import type { Child } from '../fixtures/child-process.ts';

describe('attune demo', { timeout: 180_000 }, () => {
  let folder: string;
  let child: Child | null;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'attune-demo-'));
    child = null;
  });
  afterEach(async () => {
    await child?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const dataDir = () => path.join(folder, 'demo');
  /** No database of its visitor's is touched, and none of their keys replaced. */
  const env = { ATTUNE_ADMIN_KEY: '', DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing' };
  const start = (...args: string[]) => (child = startCommand(['demo', ...args], { dataDir: folder, env }));

  /** Signs in as the printed address of the console does. */
  async function visit(demo: Child) {
    const url = await urlOf(demo);
    const [, key = ''] = /#key=(\S+)/.exec(await demo.says(/Console/))!;
    const ask = asking(url);
    return <Data>(query: string, variables = {}) => ask<Data>(query, variables, { authorization: `Bearer ${key}` });
  }

  test('signs in, has something to search and shoppers who do, and the next start finds it again', async () => {
    const demo = start('--data-dir', dataDir(), '--shoppers', '20');
    await demo.says(/Shoppers +20 searches a second/);
    const ask = await visit(demo);
    const { data } = await ask<{ retrievers: { nodes: { id: string; retrieverName: string }[] } }>(
      '{ retrievers { nodes { id retrieverName } } }',
    );
    expect(data.retrievers.nodes).toMatchObject([{ retrieverName: 'demo-search' }]);
    const learned = async () => {
      const query = 'query ($id: ID!) { learnedWeights(retrieverId: $id) { interactions } }';
      const answer = await ask<{ learnedWeights: { interactions: number } }>(query, {
        id: data.retrievers.nodes[0]!.id,
      });
      return answer.data.learnedWeights.interactions;
    };
    await expect.poll(learned, { timeout: 60_000 }).toBeGreaterThan(20);
    await demo.says(/Ready\. Ctrl-C stops it\./);
    demo.signal('SIGINT');
    expect(await demo.ended).toEqual({ code: 0, stderr: '' });

    const again = start('--data-dir', dataDir(), '--no-shoppers');
    await again.says(/Ready\./);
    const { data: found } = await (
      await visit(again)
    )<{ collections: { nodes: { documentCount: number }[] } }>('{ collections { nodes { documentCount } } }');
    expect(found.collections.nodes).toEqual([{ documentCount: 312 }]);
    expect(again.lines.join('\n')).not.toMatch(/Shoppers|Demo catalogue/);
  });
});
