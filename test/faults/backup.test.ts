import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createWarehouseClient } from '../../src/clickhouse/warehouse-client.ts';
import { asking, processAdminKey, startCommand, urlOf } from '../fixtures/attune-process.ts';
import type { Child } from '../fixtures/child-process.ts';
import { createDemoShop, type DemoShop } from '../fixtures/operations-shop.ts';
import { hasPostgresPackages, runPostgresProgram } from '../fixtures/own-postgres.ts';
import { dropStores, realStoresOf } from '../fixtures/store-pair.ts';

const WEIGHTS = `query ($id: ID!) { learnedWeights(retrieverId: $id) {
  contextLevel interactions weights { featureUri weight alpha beta } } }`;
const hasRealStores = hasPostgresPackages && process.env.ATTUNE_TEST_DATABASE_URL !== undefined;

interface Learned {
  interactions: number;
}

describe('a backup', { timeout: 180_000 }, () => {
  let folder: string;
  let running: Child[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'attune-backup-'));
  });
  afterEach(async () => {
    await Promise.all(running.map((child) => child.kill()));
    running = [];
    await dropStores();
    await rm(folder, { recursive: true, force: true });
  });

  const dataDir = (name: string) => path.join(folder, name);

  function command(args: readonly string[], name: string, env: Record<string, string> = {}): Child {
    const child = startCommand(args, { dataDir: dataDir(name), env });
    running.push(child);
    return child;
  }

  async function startServer(name: string, env: Record<string, string> = {}) {
    const server = command(['start'], name, env);
    await server.says(/Ready/);
    const url = await urlOf(server);
    const ask = asking(url);
    return {
      ask,
      shop: () => createDemoShop({ ask, url, adminKey: processAdminKey }),
      async learned(retrieverId: string): Promise<Learned> {
        const { data } = await ask<{ learnedWeights: Learned }>(WEIGHTS, { id: retrieverId });
        return rounded(data.learnedWeights);
      },
      /** Events that are on their way to ClickHouse. */
      async waiting(): Promise<number> {
        const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${processAdminKey}` } });
        return Number(/^attune_outbox_rows (\d+)$/m.exec(await response.text())?.[1]);
      },
      async stop() {
        server.signal('SIGTERM');
        expect((await server.ended).code).toBe(0);
      },
    };
  }
  type Server = Awaited<ReturnType<typeof startServer>>;

  async function click(shop: DemoShop, times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) await shop.click(`user-${time % 3}`);
  }
  const hasLearned = (server: Server, retrieverId: string, interactions: number) =>
    expect.poll(() => server.learned(retrieverId), { timeout: 30_000 }).toMatchObject({ interactions });

  test('of the embedded engines is a copy of the data directory: a whole Attune as it was then', async () => {
    const original = await startServer('original');
    const shop = await original.shop();
    await click(shop, 4);
    await hasLearned(original, shop.retrieverId, 4);
    const then = await original.learned(shop.retrieverId);
    await original.stop();
    await cp(dataDir('original'), dataDir('copy'), { recursive: true });

    const copy = await startServer('copy');
    await hasLearned(copy, shop.retrieverId, 4);
    expect(await copy.learned(shop.retrieverId)).toEqual(then);
    await copy.stop();
    expect(await command(['reconcile'], 'copy').ended).toEqual({ code: 0, stderr: '' });
  });

  test.skipIf(!hasRealStores)(
    'of the servers, with a ClickHouse older than its Postgres, is made whole by reconcile and a rebuild',
    async () => {
      const stores = await realStoresOf(dataDir('original'));
      const original = await startServer('original', stores);
      const shop = await original.shop();
      await click(shop, 4);
      await hasLearned(original, shop.retrieverId, 4);
      await expect.poll(original.waiting).toBe(0);
      const backup = await realStoresOf(dataDir('backup'));
      await copyClickHouse(stores.CLICKHOUSE_URL, backup.CLICKHOUSE_URL);
      await click(shop, 5);
      await hasLearned(original, shop.retrieverId, 9);
      await expect.poll(original.waiting).toBe(0);
      const then = await original.learned(shop.retrieverId);

      const dump = await runPostgresProgram(['pg_dump', '--format=custom', stores.DATABASE_URL]);
      await click(shop, 3);
      await original.stop();
      await runPostgresProgram(['pg_restore', '--no-owner', `--dbname=${backup.DATABASE_URL}`], dump);

      const compared = command(['reconcile', '--repair'], 'backup', backup);
      expect((await compared.ended).code).toBe(1);
      expect(compared.lines).toContain('10 put into the outbox again.');
      const restored = await startServer('backup', backup);
      expect(await rebuild(restored, shop.retrieverId)).toMatchObject({
        executions: 9,
        interactions: 9,
        complete: true,
      });
      await hasLearned(restored, shop.retrieverId, 9);
      expect(await restored.learned(shop.retrieverId)).toEqual(then);
      await restored.stop();
      const again = command(['reconcile'], 'backup', backup);
      expect(await again.ended).toEqual({ code: 0, stderr: '' });
      expect(again.lines.at(-1)).toBe('The stores agree.');
    },
  );
});

/** The sums of a feature's rewards are added up in another order when they are rebuilt. */
function rounded<Value>(value: Value): Value {
  const digits = (_key: string, part: unknown) => (typeof part === 'number' ? Number(part.toFixed(9)) : part);
  return JSON.parse(JSON.stringify(value, digits)) as Value;
}

async function rebuild({ ask }: { ask: ReturnType<typeof asking> }, retrieverId: string): Promise<object> {
  const { data } = await ask<{ rebuildLearnedWeights: object }>(
    `mutation ($id: ID!) { rebuildLearnedWeights(input: { retrieverId: $id }) {
       ... on RebuildLearnedWeightsPayload { executions interactions complete } ... on Error { message } } }`,
    { id: retrieverId },
  );
  return data.rebuildLearnedWeights;
}

/** What BACKUP DATABASE and RESTORE do where a disk for them is configured. */
async function copyClickHouse(from: string, to: string): Promise<void> {
  const [source, target] = [from, to].map((url) => new URL(url).pathname.slice(1));
  const client = createWarehouseClient({ url: from, database: 'system' });
  const tables = await client.query({
    query: `SELECT name, engine, create_table_query AS ddl FROM tables WHERE database = '${source}' ORDER BY engine`,
    format: 'JSONEachRow',
  });
  await client.command({ query: `CREATE DATABASE ${target}` });
  const rows = await tables.json<{ name: string; engine: string; ddl: string }>();
  const isView = ({ engine }: { engine: string }) => engine === 'MaterializedView';
  for (const { name } of rows.filter((table) => !isView(table))) {
    await client.command({ query: `CREATE TABLE ${target}.${name} AS ${source}.${name}` });
    await client.command({ query: `INSERT INTO ${target}.${name} SELECT * FROM ${source}.${name}` });
  }
  for (const { ddl } of rows.filter(isView)) await client.command({ query: ddl.replaceAll(source!, target!) });
  await client.close();
}
