-- Every statement can be run again: a migration that broke off is repeated from its start.
--
-- Every insert carries an insert_deduplication_token, which plain MergeTree tables forget unless they have a window: it
-- is counted in inserts, and must hold more of them than are made while one batch waits for its next try. It is needed
-- on the target of the materialised view too. Replicated engines have a window of their own.

CREATE TABLE IF NOT EXISTS executions
(
    execution_id UUID,
    namespace_id UUID,
    retriever_id UUID,
    retriever_version UInt32,
    user_id String,
    session_id String,
    segment LowCardinality(String),
    fusion LowCardinality(String),
    -- '' where the fusion was static
    context_level LowCardinality(String),
    weight_version UInt64,
    seed String,
    executed_at DateTime64(3, 'UTC'),
    hit_count UInt16,
    total_ms Float32,
    -- the whole record as JSON: weights, hits with their features, timing
    record String CODEC(ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(executed_at)
ORDER BY (retriever_id, executed_at, execution_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS interactions
(
    interaction_id UUID,
    namespace_id UUID,
    retriever_id Nullable(UUID),
    execution_id Nullable(UUID),
    document_id String,
    position Nullable(UInt32),
    types Array(LowCardinality(String)),
    metadata String CODEC(ZSTD(3)),
    user_id String,
    session_id String,
    segment LowCardinality(String),
    occurred_at DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (namespace_id, received_at, interaction_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- What each batch adds to each context, the history of what was learned. feature_uri is '' in the row that counts the
-- context's interactions and batches; in the GLOBAL context, '!' makes a generation the one that is read. Not partitioned: one insert is then one part, which appears at once or not at
-- all, and a retry cannot fall into another partition, where its token is unknown.
CREATE TABLE IF NOT EXISTS posterior_deltas
(
    retriever_id UUID,
    level LowCardinality(String),
    context_key String,
    feature_uri LowCardinality(String),
    rewards Float64,
    failures Float64,
    interactions Int64,
    batches UInt64,
    half_life_hours Float64,
    epoch UInt32,
    -- a rebuild fills the next one while searches still read the last
    generation UInt32 DEFAULT 0,
    -- of feature_uri '#…', sums over the weights of a set of features; needed here only until the view has added it up
    evidence Array(Float64) DEFAULT [] TTL toDateTime(at) + INTERVAL 7 DAY,
    batch_id UUID,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (retriever_id, level, context_key, feature_uri, at)
SETTINGS non_replicated_deduplication_window = 10000;

-- The same summed up. Rows of one key are merged some time: readers sum over them. Small granules, because contexts are
-- looked up one by one.
CREATE TABLE IF NOT EXISTS posteriors
(
    retriever_id UUID,
    level LowCardinality(String),
    context_key String,
    feature_uri LowCardinality(String),
    rewards SimpleAggregateFunction(sum, Float64),
    failures SimpleAggregateFunction(sum, Float64),
    interactions SimpleAggregateFunction(sum, Int64),
    batches SimpleAggregateFunction(sum, UInt64),
    half_life_hours Float64,
    epoch UInt32,
    generation UInt32,
    evidence AggregateFunction(sumForEach, Array(Float64)),
    changed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, level, context_key, feature_uri, half_life_hours, epoch, generation)
-- contexts that lie idle: a person who comes back begins with what their segment has learned
TTL toDateTime(changed_at) + INTERVAL 180 DAY DELETE WHERE level = 'PERSONAL',
    toDateTime(changed_at) + INTERVAL 2 DAY DELETE WHERE level = 'SESSION'
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 512;

CREATE MATERIALIZED VIEW IF NOT EXISTS posteriors_of_deltas TO posteriors AS
SELECT retriever_id, level, context_key, feature_uri, half_life_hours, epoch, generation, sum(rewards) AS rewards,
    sum(failures) AS failures, sum(interactions) AS interactions, sum(batches) AS batches,
    sumForEachState(evidence) AS evidence, max(at) AS changed_at
FROM posterior_deltas
GROUP BY retriever_id, level, context_key, feature_uri, half_life_hours, epoch, generation;
