import { selectRows } from '../clickhouse/select-rows.ts';
import type { Warehouse } from '../clickhouse/warehouse.ts';
import { explainFailure } from '../clickhouse/warehouse-error.ts';
import type { ContextRef } from '../learning/context.ts';
import type { Erasure, UserLogStore, UserRows } from './erasure.ts';

/** The mutation that hides the rows is done when the statement returns; merges take them off the disk. */
const DELETE_SETTINGS = { lightweight_deletes_sync: '2' } as const;

/**
 * A context of several features is named by a JSON array of their values, of which the user's id is one. An array that
 * holds it as another feature's value is forgotten with it: better one context too many than one too few.
 */
const OF_USER = `level = 'PERSONAL' AND retriever_id IN {retrievers:Array(UUID)} AND (context_key = {user:String}
  OR (startsWith(context_key, '[') AND has(JSONExtract(context_key, 'Array(String)'), {user:String})))`;
/** The end of time, as far as ClickHouse's calendar goes: 2299. */
const NEVER = Date.UTC(2299, 0);
/** Up to the wish: what the user does from then on is new. Times are cut to what the columns hold. */
const LOGGED = 'namespace_id = {namespace:UUID} AND user_id = {user:String}';
const UNTIL = 'fromUnixTimestamp64Milli({until:Int64})';

export function createClickHouseUserLogStore(warehouse: Warehouse): UserLogStore {
  return {
    async forget(erasure, retrieverIds) {
      const params = paramsOf(erasure, retrieverIds);
      const contexts = await personalContexts(warehouse, params);
      const { now, ...removed } = await count(warehouse, erasure, params, NEVER);
      await deleteWhere(warehouse, 'posterior_deltas', OF_USER, params);
      await deleteWhere(warehouse, 'posteriors', OF_USER, params);
      if (erasure.kind === 'everything') await deleteRecords(warehouse, params);
      await makeNewVersions(warehouse, erasure, retrieverIds);
      const { interactions, executions, posteriors } = await count(warehouse, erasure, params, now);
      return { removed, remaining: { interactions, executions, posteriors }, contexts };
    },
  };
}

type Params = Record<string, unknown>;

function paramsOf({ namespaceId, userId, requestedAt }: Erasure, retrieverIds: readonly string[]): Params {
  return { namespace: namespaceId, user: userId, until: requestedAt, retrievers: retrieverIds };
}

async function personalContexts(
  warehouse: Warehouse,
  params: Params,
): Promise<{ retrieverId: string; context: ContextRef }[]> {
  const rows = await selectRows<{ retriever_id: string; context_key: string }>(
    warehouse,
    `SELECT DISTINCT retriever_id, context_key FROM posteriors WHERE ${OF_USER}`,
    params,
  );
  return rows.map((row) => ({
    retrieverId: row.retriever_id,
    context: { level: 'PERSONAL', key: row.context_key },
  }));
}

/** @param before milliseconds by ClickHouse's clock: what has been learned since is of new searches */
async function count(
  warehouse: Warehouse,
  { kind }: Erasure,
  params: Params,
  before: number,
): Promise<UserRows & { now: number }> {
  const posteriors = `(SELECT uniqExact(retriever_id, context_key) FROM posteriors
    WHERE ${OF_USER} AND changed_at <= fromUnixTimestamp64Milli({before:Int64}))`;
  const logged = (table: string, time: string) =>
    kind === 'everything' ? `(SELECT count() FROM ${table} WHERE ${LOGGED} AND ${time} <= ${UNTIL})` : '0';
  const [row] = await selectRows<Record<keyof UserRows | 'now', string>>(
    warehouse,
    `SELECT ${posteriors} AS posteriors, ${logged('interactions', 'received_at')} AS interactions,
       ${logged('executions', 'executed_at')} AS executions,
       toUnixTimestamp64Milli(now64(3)) AS now`,
    { ...params, before },
  );
  return {
    interactions: Number(row?.interactions ?? 0),
    executions: Number(row?.executions ?? 0),
    posteriors: Number(row?.posteriors ?? 0),
    now: Number(row?.now ?? before),
  };
}

async function deleteRecords(warehouse: Warehouse, params: Params): Promise<void> {
  await deleteWhere(warehouse, 'interactions', `${LOGGED} AND received_at <= ${UNTIL}`, params);
  await deleteWhere(warehouse, 'executions', `${LOGGED} AND executed_at <= ${UNTIL}`, params);
  const ofUser = 'retriever_id IN {retrievers:Array(UUID)} AND user_id = {user:String}';
  await deleteWhere(warehouse, 'feature_hours_of_users', ofUser, params);
  await deleteWhere(warehouse, 'interaction_hours_of_users', ofUser, params);
  await deleteWhere(
    warehouse,
    'rollout_units',
    `retriever_id IN {retrievers:Array(UUID)} AND unit = cityHash64('user', {user:String})`,
    params,
  );
}

/** A version names a state, and this is another one: it counts as a batch that taught nobody anything. */
async function makeNewVersions(warehouse: Warehouse, { id }: Erasure, retrieverIds: readonly string[]): Promise<void> {
  if (retrieverIds.length === 0) return;
  try {
    await warehouse.client.insert({
      table: 'posterior_deltas',
      format: 'JSONEachRow',
      values: retrieverIds.map((retrieverId) => ({
        retriever_id: retrieverId,
        level: 'GLOBAL',
        context_key: '',
        feature_uri: '',
        rewards: 0,
        failures: 0,
        interactions: 0,
        batches: 1,
        batch_id: id,
      })),
      clickhouse_settings: {
        insert_deduplicate: 1,
        deduplicate_blocks_in_dependent_materialized_views: 1,
        async_insert: 0,
        wait_end_of_query: 1,
        insert_deduplication_token: `${id}:forgotten`,
      },
    });
  } catch (error) {
    throw explainFailure(error);
  }
}

async function deleteWhere(warehouse: Warehouse, table: string, condition: string, params: Params): Promise<void> {
  try {
    await warehouse.client.command({
      query: `DELETE FROM ${table} WHERE ${condition}`,
      query_params: params,
      clickhouse_settings: { ...DELETE_SETTINGS, wait_end_of_query: 1 },
    });
  } catch (error) {
    throw explainFailure(error);
  }
}
