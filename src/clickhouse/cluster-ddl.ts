import { invariant } from '../shared/invariant.ts';

/** A quoted text or identifier, which is left alone; an engine up to its first argument; the window of deduplication. */
const PARTS =
  /'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|\bENGINE\s*=\s*(\w*MergeTree)\b(\s*\((?:\s*\))?)?|\bnon_replicated_deduplication_window\s*=\s*(\d+)/gi;

/** Where ON CLUSTER belongs: behind the name of what a statement makes, changes or drops. */
const SUBJECT =
  /^((?:CREATE\s+(?:TABLE|VIEW|MATERIALIZED\s+VIEW|DATABASE)(?:\s+IF\s+NOT\s+EXISTS)?|ALTER\s+TABLE|(?:DROP|TRUNCATE)\s+(?:TABLE|VIEW|DATABASE)(?:\s+IF\s+EXISTS)?|OPTIMIZE\s+TABLE)\s+(?:`[^`]+`|[\w.]+))(?=\s|\(|$)/i;

/** What changes rows and no schema: Replicated engines carry that to the other replicas by themselves. */
const OF_ROWS = /^(?:INSERT|SELECT|WITH|DELETE\s+FROM)\b/i;

/**
 * Where a table keeps what its replicas agree on. By name and not by UUID: a replica that joins later, and makes its tables
 * by the same statements, finds the others there. `{shard}` and `{replica}` are macros of each server.
 */
const PATH = '/clickhouse/tables/{shard}/{database}/{table}';

/** As long as Postgres keeps what a batch consists of; newer servers forget after an hour. */
const WINDOW_SECONDS = 7 * 24 * 3_600;

/**
 * A statement of the schema, without comments, as a cluster takes it: carried out on every replica, with tables that are
 * Replicated and know insert tokens for as long as the plain ones do. Pure.
 */
export function onCluster(statement: string, cluster: string): string {
  return withCluster(withReplicatedEngine(statement), cluster);
}

/** ENGINE = AggregatingMergeTree becomes ReplicatedAggregatingMergeTree(path, replica), its arguments behind these. */
export function withReplicatedEngine(statement: string): string {
  return statement.replace(PARTS, (part: string, engine?: string, opening = '', window?: string) => {
    if (engine !== undefined) {
      const hasArguments = opening.trim() === '(';
      return `ENGINE = Replicated${engine}('${PATH}', '{replica}'${hasArguments ? ', ' : ')'}`;
    }
    if (window === undefined) return part;
    return `replicated_deduplication_window = ${window}, replicated_deduplication_window_seconds = ${WINDOW_SECONDS}`;
  });
}

function withCluster(statement: string, cluster: string): string {
  if (OF_ROWS.test(statement)) return statement;
  const placed = statement.replace(SUBJECT, (subject) => `${subject} ON CLUSTER '${cluster}'`);
  invariant(placed !== statement, `a statement of the schema says what it changes: ${statement.slice(0, 80)}`);
  return placed;
}
