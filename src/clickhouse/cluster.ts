import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { OperatorError } from '../shared/errors.ts';

/** Below the time-out of a request: an insert that waits for replicas ends with what it waits for, and is sent again. */
const QUORUM_TIMEOUT_MS = 8_000;

/**
 * What every request of a cluster carries, so that exactly once holds there too.
 *
 * - insert_quorum: an insert is acknowledged once most replicas have it. The outbox forgets a batch then, and no loss of a
 *   single replica may take it back.
 * - insert_quorum_parallel = 0: one such insert into a table at a time, without which reads cannot be sequential. Servers that
 *   meet try again.
 * - select_sequential_consistency: a replica that lacks what a quorum has refuses to answer. What is read decides what is
 *   written: a replayed batch leaves out what the log has, reconcile sends again what it has not, a rebuild learns from all of
 *   it, an erasure must see every row, and a subscriber is sent the version that it was told of.
 *
 * Tokens need nothing: replicas keep them in common, and a retry that reaches another replica is known there.
 */
export const CLUSTER_SETTINGS: ClickHouseSettings = {
  insert_quorum: 'auto',
  insert_quorum_parallel: 0,
  insert_quorum_timeout: QUORUM_TIMEOUT_MS,
  select_sequential_consistency: '1',
};

export interface ClusterFacts {
  /** Of all clusters that the server knows. */
  clusters: readonly string[];
  /** Of the cluster that is meant. */
  shards: number;
  macros: readonly string[];
}

/** @throws OperatorError with the remedy, where the cluster cannot hold Attune's tables */
export async function checkCluster(client: ClickHouseClient, cluster: string): Promise<void> {
  const found = await client.query({
    query: `SELECT (SELECT groupUniqArray(cluster) FROM system.clusters) AS clusters,
      (SELECT toUInt32(uniqExact(shard_num)) FROM system.clusters WHERE cluster = {cluster:String}) AS shards,
      (SELECT groupArray(macro) FROM system.macros) AS macros`,
    query_params: { cluster },
    format: 'JSONEachRow',
  });
  const [facts] = await found.json<ClusterFacts>();
  if (facts !== undefined) assertUsable(facts, cluster);
}

/** @throws OperatorError with the remedy */
export function assertUsable({ clusters, shards, macros }: ClusterFacts, cluster: string): void {
  if (!clusters.includes(cluster)) {
    const known = clusters.length === 0 ? 'none' : [...clusters].sort().join(', ');
    throw new OperatorError(
      `ATTUNE_CLICKHOUSE_CLUSTER names the cluster ${cluster}, which this ClickHouse does not know (it knows ${known}): name one of those, or describe it in remote_servers.`,
    );
  }
  if (shards > 1) {
    throw new OperatorError(
      `The cluster ${cluster} has ${shards} shards: Attune needs one of a single shard, since a batch counts once only within a shard; replicas may be as many as you like.`,
    );
  }
  const missing = ['shard', 'replica'].filter((macro) => !macros.includes(macro));
  if (missing.length > 0) {
    throw new OperatorError(
      `This ClickHouse has no macro ${missing.join(' and no macro ')}: define shard and replica in the macros of every server of the cluster ${cluster}.`,
    );
  }
}
