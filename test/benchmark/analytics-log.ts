import type { Warehouse } from '../../src/clickhouse/warehouse.ts';

/** What a made log is like, however long it is. */
export const logShape = {
  ...{ days: 30, retrievers: 20, segments: 5, users: 100_000, features: 4 },
  insertRows: 50_000,
};

export interface LogSize {
  interactions: number;
  searches: number;
}

/** Through the same tables and views as the relay's batches, made by the engine itself. @returns how long it took, in ms */
export async function fillLog(
  warehouse: Warehouse,
  retrieverIds: readonly string[],
  { interactions, searches }: LogSize,
  say: (line: string) => void,
): Promise<number> {
  const startedAt = performance.now();
  const { insertRows } = logShape;
  const now = Math.floor(Date.now() / 1_000);
  for (let from = 0; from < interactions; from += insertRows) {
    const common = { from, retrievers: retrieverIds, now };
    const count = (total: number) => Math.max(0, Math.min(insertRows, total - from));
    await insert(warehouse, SEARCHES, { ...common, total: searches, rows: count(searches) });
    await insert(warehouse, OUTCOMES, { ...common, total: searches, rows: count(searches) });
    await insert(warehouse, INTERACTIONS, { ...common, total: interactions, rows: count(interactions) });
    if ((from / insertRows) % 20 === 19) say(`  ${from + insertRows} interactions`);
  }
  return performance.now() - startedAt;
}

interface Filling extends Record<string, unknown> {
  rows: number;
}

async function insert(warehouse: Warehouse, query: string, params: Filling): Promise<void> {
  if (params.rows === 0) return;
  await warehouse.client.command({
    query,
    query_params: params,
    clickhouse_settings: {
      ...{ insert_deduplicate: 0, wait_end_of_query: 1, max_insert_threads: '1' },
      min_insert_block_size_rows: String(logShape.insertRows),
    },
  });
}

/** Everything of a row follows from its number, by hashes that have nothing to do with each other. */
const dice = (name: string, sides: number) => `cityHash64(number, '${name}') % ${sides}`;
const RETRIEVER = `{retrievers:Array(UUID)}[${dice('retriever', logShape.retrievers)} + 1]`;
/** Rows come in the order of their time, as they do in life. */
const SECONDS_AGO = `intDiv(({total:UInt64} - number) * ${logShape.days * 86_400}, {total:UInt64} + 1)`;
const AT = `fromUnixTimestamp64Milli((toInt64({now:UInt32}) - ${SECONDS_AGO}) * 1000)`;
const SEGMENT = `concat('segment-', toString(${dice('segment', logShape.segments)}))`;
const USER = `concat('user-', toString(${dice('user', logShape.users)}))`;
const NUMBERS = 'FROM numbers({from:UInt64}, {rows:UInt64})';
const ARM = `['LEARNED', 'LEARNED', 'STATIC', 'CONTROL'][${dice('arm', 4)} + 1]`;
const REASON = `['ROLLED_OUT', 'ROLLED_OUT', 'NOT_ROLLED_OUT', 'CONTROL_GROUP'][${dice('arm', 4)} + 1]`;
const FEATURE_NUMBERS = Array.from({ length: logShape.features }, (_, n) => n);
const URIS = `[${FEATURE_NUMBERS.map((n) => `'bench://feature@v1/${n}'`).join(', ')}]`;
const eachFeature = (value: (n: number) => string) => `[${FEATURE_NUMBERS.map(value).join(', ')}]`;
const MS = `(5 + ${dice('ms', 10_000)} / 200)`;

const SEARCHES = `
  INSERT INTO executions (execution_id, namespace_id, retriever_id, retriever_version, user_id, session_id, segment,
    fusion, context_level, weight_version, seed, executed_at, hit_count, total_ms, record, arm, rollout_reason,
    rollout_revision, query, embedding_ms, fusion_ms, sampling_ms, features, feature_ms, feature_candidates,
    feature_hits, feature_shares, feature_weights, feature_means, shadow_overlaps, shadow_correlation)
  SELECT toUUID(concat(leftPad(hex(number), 8, '0'), '-0000-7000-8000-000000000000')), generateUUIDv4(0), ${RETRIEVER},
    1, ${USER}, '', ${SEGMENT}, 'LEARNED', if(${ARM} = 'LEARNED', ['PERSONAL', 'DEMOGRAPHIC', 'GLOBAL'][${dice('level', 3)} + 1], ''),
    1, '', ${AT}, if(${dice('empty', 50)} = 0, 0, 25), ${MS}, '', ${ARM}, ${REASON}, 1,
    concat('query ', toString(${dice('query', 20_000)})), 2, 0.4, 0.1, ${URIS}, ${eachFeature((n) => `${MS} / ${n + 2}`)},
    ${eachFeature(() => '100')}, ${eachFeature((n) => String(20 - 4 * n))}, ${eachFeature(() => '0.25')},
    ${eachFeature((n) => `${dice(`w${n}`, 100)} / 200`)}, ${eachFeature(() => '0.25')}, [1, 0.7, 0.6, 0.6], 0.5
  ${NUMBERS}`;

const OUTCOMES = `
  INSERT INTO outcome_minutes (retriever_id, minute, arm, reason, revision, segment, clicked, interacted, penalised,
    reciprocal_ranks, clicks, clicks_at, shadow_clicks, shadow_found, served_positions, shadow_positions,
    shadow_higher, shadow_lower)
  SELECT ${RETRIEVER}, toStartOfMinute(${AT}), ${ARM}, ${REASON}, 1, ${SEGMENT}, 1, 1, 0,
    1 / (${dice('position', 20)} + 1), 1, (CAST([${dice('position', 20)}], 'Array(UInt16)'), CAST([1], 'Array(Int64)')),
    1, 1, 1, 1, 0, 0
  ${NUMBERS} WHERE ${dice('clicked', 3)} = 0`;

const INTERACTIONS = `
  INSERT INTO interactions (interaction_id, namespace_id, retriever_id, execution_id, document_id, position, types,
    metadata, user_id, session_id, segment, occurred_at, received_at)
  SELECT generateUUIDv4(1), generateUUIDv4(0), ${RETRIEVER}, generateUUIDv4(2), toString(${dice('document', 50_000)}),
    ${dice('position', 20)}, [['CLICK', 'PURCHASE', 'VIEW', 'SKIP'][${dice('type', 4)} + 1]], '{}', ${USER}, '',
    ${SEGMENT}, ${AT}, ${AT}
  ${NUMBERS}`;
