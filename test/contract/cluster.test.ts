import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onCluster, withReplicatedEngine } from '../../src/clickhouse/cluster-ddl.ts';
import { assertUsable, type ClusterFacts } from '../../src/clickhouse/cluster.ts';
import { openWarehouse } from '../../src/clickhouse/open-warehouse.ts';
import { sqlStatements } from '../../src/clickhouse/sql-statements.ts';
import { createWarehouseClient } from '../../src/clickhouse/warehouse-client.ts';
import type { Warehouse } from '../../src/clickhouse/warehouse.ts';
import { createClickHouseEventLog } from '../../src/interactions/event-log.clickhouse.ts';
import { freshDatabaseUrl, openTestWarehouse, serverUrl, silentLogger } from '../fixtures/clickhouse.ts';
import { startKeeperClickHouse } from '../fixtures/keeper-clickhouse.ts';
import { executionOf } from '../fixtures/interaction.ts';
import { batchOf } from '../fixtures/outbox-batch.ts';

const folder = path.join(import.meta.dirname, '../../src/clickhouse/migrations');
const statements = readdirSync(folder)
  .sort()
  .flatMap((file) => sqlStatements(readFileSync(path.join(folder, file), 'utf8')).map((sql) => ({ file, sql })));

describe('a statement of the schema for a cluster', () => {
  const REPLICA = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";

  test.each([
    [
      'CREATE TABLE IF NOT EXISTS t (a Int8) ENGINE = MergeTree ORDER BY a',
      `CREATE TABLE IF NOT EXISTS t ON CLUSTER 'c' (a Int8) ENGINE = ReplicatedMergeTree(${REPLICA}) ORDER BY a`,
    ],
    [
      'CREATE TABLE t(a Int8) ENGINE=SummingMergeTree((a, b)) ORDER BY a',
      `CREATE TABLE t ON CLUSTER 'c'(a Int8) ENGINE = ReplicatedSummingMergeTree(${REPLICA}, (a, b)) ORDER BY a`,
    ],
    [
      'CREATE TABLE t (a Int8) ENGINE = ReplacingMergeTree(a) ORDER BY a SETTINGS non_replicated_deduplication_window = 7, index_granularity = 512',
      `CREATE TABLE t ON CLUSTER 'c' (a Int8) ENGINE = ReplicatedReplacingMergeTree(${REPLICA}, a) ORDER BY a SETTINGS replicated_deduplication_window = 7, replicated_deduplication_window_seconds = 604800, index_granularity = 512`,
    ],
    [
      'CREATE MATERIALIZED VIEW IF NOT EXISTS v TO t AS SELECT a FROM s',
      "CREATE MATERIALIZED VIEW IF NOT EXISTS v ON CLUSTER 'c' TO t AS SELECT a FROM s",
    ],
    ['ALTER TABLE t\n  ADD COLUMN b Int8', "ALTER TABLE t ON CLUSTER 'c'\n  ADD COLUMN b Int8"],
    ['DROP TABLE IF EXISTS d.t SYNC', "DROP TABLE IF EXISTS d.t ON CLUSTER 'c' SYNC"],
    ['CREATE DATABASE IF NOT EXISTS `a-b`', "CREATE DATABASE IF NOT EXISTS `a-b` ON CLUSTER 'c'"],
    // a row that one replica takes the others get by themselves, and a text is no engine
    ["INSERT INTO t VALUES ('ENGINE = MergeTree')", "INSERT INTO t VALUES ('ENGINE = MergeTree')"],
  ])('%s', (statement, expected) => {
    expect(onCluster(statement, 'c')).toBe(expected);
  });

  test('of a kind that nobody has thought of is refused, rather than carried out on one replica', () => {
    expect(() => onCluster('EXCHANGE TABLES a AND b', 'c')).toThrow(/says what it changes: EXCHANGE TABLES/);
  });
});

describe('the migrations for a cluster', () => {
  let warehouse: Warehouse;
  beforeAll(async () => {
    warehouse = await openTestWarehouse();
  });
  afterAll(() => warehouse.close());

  test.each(statements)('$file is well-formed there: $sql', async ({ sql }) => {
    const rewritten = onCluster(sql, 'main');
    expect(rewritten).toContain(" ON CLUSTER 'main'");
    expect(rewritten).not.toMatch(/ENGINE = (?!Replicated)|non_replicated/);
    const parsed = await warehouse.client.query({
      query: 'SELECT formatQuery({sql:String}) AS text',
      query_params: { sql: rewritten },
      format: 'JSONEachRow',
    });
    expect(await parsed.json()).toEqual([{ text: expect.stringContaining(' ON CLUSTER main') as string }]);
  });
});

describe('opening a cluster', () => {
  const facts: ClusterFacts = { clusters: ['main', 'other'], shards: 1, macros: ['replica', 'shard'] };

  test.each<[Partial<ClusterFacts>, RegExp]>([
    [
      { clusters: ['other', 'another'] },
      /names the cluster main, which .* \(it knows another, other\): name one of those/,
    ],
    [{ clusters: [] }, /\(it knows none\)/],
    [{ shards: 2 }, /The cluster main has 2 shards: Attune needs one of a single shard/],
    [{ macros: ['shard'] }, /has no macro replica: define shard and replica/],
    [{ macros: [] }, /has no macro shard and no macro replica/],
  ])('with %o is refused with the remedy', (fault, message) => {
    expect(() => assertUsable({ ...facts, ...fault }, 'main')).toThrow(message);
  });

  test('that has all it takes is fine', () => {
    expect(() => assertUsable(facts, 'main')).not.toThrow();
  });

  test('asks the server, which says here that it belongs to none of that name', async () => {
    const url = freshDatabaseUrl(await serverUrl());
    await expect(openWarehouse({ url, cluster: 'main', directory: '', logger: silentLogger })).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringMatching(/^ATTUNE_CLICKHOUSE_CLUSTER names the cluster main, which/) as string,
    });
  });
});

describe('requests to a cluster', () => {
  test('wait for most replicas when they write, and for what those have when they read', async () => {
    const client = createWarehouseClient({ url: await serverUrl(), database: 'system', replicated: true });
    const names = ['insert_quorum', 'insert_quorum_parallel', 'insert_quorum_timeout', 'select_sequential_consistency'];
    const query = `SELECT name, toString(value) AS value FROM settings WHERE name IN {names:Array(String)} ORDER BY name`;
    const found = await client.query({ query, query_params: { names }, format: 'JSONEachRow' });
    expect(await found.json()).toEqual([
      { name: 'insert_quorum', value: 'auto' },
      { name: 'insert_quorum_parallel', value: '0' },
      { name: 'insert_quorum_timeout', value: '8000' },
      { name: 'select_sequential_consistency', value: '1' },
    ]);
    await client.close();
  });

  test('append one batch after another', async () => {
    const warehouse = await openTestWarehouse();
    let underWay = 0;
    let most = 0;
    const client = new Proxy(warehouse.client, {
      get(target, name) {
        if (name !== 'insert') return Reflect.get(target, name) as unknown;
        return async (...args: Parameters<typeof target.insert>) => {
          most = Math.max(most, (underWay += 1));
          return target.insert(...args).finally(() => (underWay -= 1));
        };
      },
    });
    const batches = Array.from({ length: 5 }, () => batchOf({ executions: [executionOf(['a'])] }));
    const log = createClickHouseEventLog({ ...warehouse, client, cluster: 'main' });
    await Promise.all(batches.map((batch) => log.append(batch)));
    expect(most).toBe(1);
    await createClickHouseEventLog({ ...warehouse, client }).append(batches[0]!);
    const found = await warehouse.client.query({ query: 'SELECT execution_id FROM executions', format: 'JSONEachRow' });
    expect(await found.json()).toHaveLength(batches.length);
    await warehouse.close();
  });
});

describe('on an engine with a keeper', () => {
  let keeper: Awaited<ReturnType<typeof startKeeperClickHouse>>;
  beforeAll(async () => {
    keeper = await startKeeperClickHouse();
  });
  afterAll(() => keeper.stop());

  test('every table can be made, with its arguments, settings and macros', async () => {
    const client = createWarehouseClient({ url: keeper.url, database: 'default' });
    const tables = statements.filter(({ sql }) => sql.startsWith('CREATE TABLE'));
    for (const { sql } of tables) await client.command({ query: withReplicatedEngine(sql) });
    const found = await client.query({
      query: "SELECT count() AS n FROM system.tables WHERE database = 'default' AND engine LIKE 'Replicated%'",
      format: 'JSONEachRow',
    });
    expect(await found.json()).toEqual([{ n: String(tables.length) }]);
    await client.close();
  });
});
