-- What is asked of the log often, summed up while it is written. Every statement can be run again.
--
-- The sums are exact: a batch carries one token, and every table that a view fills has a window of its own to know it by
-- (see 0001). None is partitioned: an insert is then one part in each, whatever times its rows have.

-- The parts of an execution's record that are summed up, so that no view has to parse it.
ALTER TABLE executions
    ADD COLUMN IF NOT EXISTS arm LowCardinality(String) DEFAULT '',
    ADD COLUMN IF NOT EXISTS rollout_reason LowCardinality(String) DEFAULT '',
    ADD COLUMN IF NOT EXISTS rollout_revision UInt64 DEFAULT 0,
    ADD COLUMN IF NOT EXISTS query String DEFAULT '' CODEC(ZSTD(3)),
    ADD COLUMN IF NOT EXISTS embedding_ms Float32 DEFAULT 0,
    ADD COLUMN IF NOT EXISTS fusion_ms Float32 DEFAULT 0,
    ADD COLUMN IF NOT EXISTS sampling_ms Float32 DEFAULT 0,
    -- one a searched feature, in one order
    ADD COLUMN IF NOT EXISTS features Array(LowCardinality(String)) DEFAULT [],
    ADD COLUMN IF NOT EXISTS feature_ms Array(Float32) DEFAULT [],
    ADD COLUMN IF NOT EXISTS feature_candidates Array(UInt32) DEFAULT [],
    -- hits it found, and its share of what all features contributed to the hits' scores
    ADD COLUMN IF NOT EXISTS feature_hits Array(UInt32) DEFAULT [],
    ADD COLUMN IF NOT EXISTS feature_shares Array(Float64) DEFAULT [],
    -- what was applied, and the mean of the posterior that it was drawn from, as weights that sum to 1
    ADD COLUMN IF NOT EXISTS feature_weights Array(Float64) DEFAULT [],
    ADD COLUMN IF NOT EXISTS feature_means Array(Float64) DEFAULT [],
    -- overlap at 1, 3, 5 and 10 with the learned ranking beside it; empty where there was none
    ADD COLUMN IF NOT EXISTS shadow_overlaps Array(Float64) DEFAULT [],
    ADD COLUMN IF NOT EXISTS shadow_correlation Nullable(Float64) DEFAULT NULL;

CREATE TABLE IF NOT EXISTS search_minutes
(
    retriever_id UUID,
    minute DateTime('UTC'),
    arm LowCardinality(String),
    reason LowCardinality(String),
    revision UInt64,
    segment LowCardinality(String),
    searches SimpleAggregateFunction(sum, UInt64),
    zero_results SimpleAggregateFunction(sum, UInt64),
    -- position → searches that showed it
    shown_at SimpleAggregateFunction(sumMap, Tuple(Array(UInt16), Array(Int64))),
    -- bucket of the duration (see analytics/latency-histogram.ts) → searches
    total_ms SimpleAggregateFunction(sumMap, Tuple(Array(Int16), Array(UInt64))),
    shadows SimpleAggregateFunction(sum, UInt64),
    overlap_at_1 SimpleAggregateFunction(sum, Float64),
    overlap_at_3 SimpleAggregateFunction(sum, Float64),
    overlap_at_5 SimpleAggregateFunction(sum, Float64),
    overlap_at_10 SimpleAggregateFunction(sum, Float64),
    correlations SimpleAggregateFunction(sum, UInt64),
    correlation SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, minute, arm, reason, revision, segment)
TTL minute + INTERVAL 3 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS search_minutes_of_executions TO search_minutes AS
SELECT
    retriever_id,
    toStartOfMinute(executed_at) AS minute,
    arm,
    rollout_reason AS reason,
    rollout_revision AS revision,
    segment,
    count() AS searches,
    countIf(hit_count = 0) AS zero_results,
    sumMap(arrayMap(p -> toUInt16(p), range(least(hit_count, 20))), arrayMap(p -> toInt64(1), range(least(hit_count, 20)))) AS shown_at,
    sumMap([toInt16(round(32 * log2(greatest(executions.total_ms, 0.001))))], [toUInt64(1)]) AS total_ms,
    countIf(notEmpty(shadow_overlaps)) AS shadows,
    sum(shadow_overlaps[1]) AS overlap_at_1,
    sum(shadow_overlaps[2]) AS overlap_at_3,
    sum(shadow_overlaps[3]) AS overlap_at_5,
    sum(shadow_overlaps[4]) AS overlap_at_10,
    count(shadow_correlation) AS correlations,
    sum(ifNull(shadow_correlation, 0)) AS correlation
FROM executions
GROUP BY retriever_id, minute, arm, reason, revision, segment;

CREATE TABLE IF NOT EXISTS search_hours
(
    retriever_id UUID,
    hour DateTime('UTC'),
    arm LowCardinality(String),
    reason LowCardinality(String),
    segment LowCardinality(String),
    searches SimpleAggregateFunction(sum, UInt64),
    zero_results SimpleAggregateFunction(sum, UInt64),
    shown_at SimpleAggregateFunction(sumMap, Tuple(Array(UInt16), Array(Int64))),
    shadows SimpleAggregateFunction(sum, UInt64),
    overlap_at_1 SimpleAggregateFunction(sum, Float64),
    overlap_at_3 SimpleAggregateFunction(sum, Float64),
    overlap_at_5 SimpleAggregateFunction(sum, Float64),
    overlap_at_10 SimpleAggregateFunction(sum, Float64),
    correlations SimpleAggregateFunction(sum, UInt64),
    correlation SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, hour, arm, reason, segment)
TTL hour + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS search_hours_of_minutes TO search_hours AS
SELECT
    retriever_id, toStartOfHour(minute) AS hour, arm, reason, segment, searches, zero_results, shown_at, shadows,
    overlap_at_1, overlap_at_3, overlap_at_5, overlap_at_10, correlations, correlation
FROM search_minutes;

-- What came of searches, as differences to what was told before: filled by the relay, from all the signals of an
-- execution, at the time of the execution.
CREATE TABLE IF NOT EXISTS outcome_minutes
(
    retriever_id UUID,
    minute DateTime('UTC'),
    arm LowCardinality(String),
    reason LowCardinality(String),
    revision UInt64,
    segment LowCardinality(String),
    -- searches with a click, with a rewarded interaction, with a penalised one
    clicked SimpleAggregateFunction(sum, Int64),
    interacted SimpleAggregateFunction(sum, Int64),
    penalised SimpleAggregateFunction(sum, Int64),
    -- Σ 1 / rank of the best click
    reciprocal_ranks SimpleAggregateFunction(sum, Float64),
    clicks SimpleAggregateFunction(sum, Int64),
    -- position → clicked documents there
    clicks_at SimpleAggregateFunction(sumMap, Tuple(Array(UInt16), Array(Int64))),
    -- clicks on searches that had a shadow; of them, those on documents that the shadow has as well
    shadow_clicks SimpleAggregateFunction(sum, Int64),
    shadow_found SimpleAggregateFunction(sum, Int64),
    served_positions SimpleAggregateFunction(sum, Int64),
    shadow_positions SimpleAggregateFunction(sum, Int64),
    shadow_higher SimpleAggregateFunction(sum, Int64),
    shadow_lower SimpleAggregateFunction(sum, Int64)
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, minute, arm, reason, revision, segment)
TTL minute + INTERVAL 10 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS outcome_hours
(
    retriever_id UUID,
    hour DateTime('UTC'),
    arm LowCardinality(String),
    reason LowCardinality(String),
    segment LowCardinality(String),
    clicked SimpleAggregateFunction(sum, Int64),
    interacted SimpleAggregateFunction(sum, Int64),
    penalised SimpleAggregateFunction(sum, Int64),
    reciprocal_ranks SimpleAggregateFunction(sum, Float64),
    clicks SimpleAggregateFunction(sum, Int64),
    clicks_at SimpleAggregateFunction(sumMap, Tuple(Array(UInt16), Array(Int64))),
    shadow_clicks SimpleAggregateFunction(sum, Int64),
    shadow_found SimpleAggregateFunction(sum, Int64),
    served_positions SimpleAggregateFunction(sum, Int64),
    shadow_positions SimpleAggregateFunction(sum, Int64),
    shadow_higher SimpleAggregateFunction(sum, Int64),
    shadow_lower SimpleAggregateFunction(sum, Int64)
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, hour, arm, reason, segment)
TTL hour + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS outcome_hours_of_minutes TO outcome_hours AS
SELECT
    retriever_id, toStartOfHour(minute) AS hour, arm, reason, segment, clicked, interacted, penalised, reciprocal_ranks,
    clicks, clicks_at, shadow_clicks, shadow_found, served_positions, shadow_positions, shadow_higher, shadow_lower
FROM outcome_minutes;

-- Who was assigned to which arm, by a hash: the sample-ratio check counts people, not searches.
CREATE TABLE IF NOT EXISTS rollout_units
(
    retriever_id UUID,
    revision UInt64,
    arm LowCardinality(String),
    unit UInt64,
    last_at SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, revision, arm, unit)
TTL last_at + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollout_units_of_executions TO rollout_units AS
SELECT
    retriever_id,
    rollout_revision AS revision,
    arm,
    cityHash64(if(user_id != '', 'user', if(session_id != '', 'session', 'search')), if(user_id != '', user_id, if(session_id != '', session_id, toString(execution_id)))) AS unit,
    toDateTime(executed_at) AS last_at
FROM executions
-- who has never had a rollout need not be counted
WHERE rollout_revision > 0 AND rollout_reason IN ('ROLLED_OUT', 'NOT_ROLLED_OUT', 'CONTROL_GROUP');

-- stage: total, embedding, fusion, sampling, or the feature URI of a search
CREATE TABLE IF NOT EXISTS latency_hours
(
    retriever_id UUID,
    hour DateTime('UTC'),
    segment LowCardinality(String),
    stage LowCardinality(String),
    -- bucket of the duration → searches
    ms SimpleAggregateFunction(sumMap, Tuple(Array(Int16), Array(UInt64)))
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, hour, segment, stage)
TTL hour + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS latency_hours_of_executions TO latency_hours AS
SELECT
    retriever_id,
    toStartOfHour(executed_at) AS hour,
    segment,
    part.1 AS stage,
    sumMap([toInt16(round(32 * log2(greatest(part.2, 0.001))))], [toUInt64(1)]) AS ms
FROM executions
ARRAY JOIN arrayConcat(
    [('total', total_ms), ('embedding', embedding_ms), ('fusion', fusion_ms), ('sampling', sampling_ms)],
    arrayMap((f, t) -> (CAST(f, 'String'), t), features, feature_ms)
) AS part
GROUP BY retriever_id, hour, segment, stage;

-- level: '' where the fusion was static
CREATE TABLE IF NOT EXISTS feature_hours
(
    retriever_id UUID,
    hour DateTime('UTC'),
    level LowCardinality(String),
    segment LowCardinality(String),
    feature_uri LowCardinality(String),
    searches SimpleAggregateFunction(sum, UInt64),
    -- searches in which it found nothing
    empty SimpleAggregateFunction(sum, UInt64),
    candidates SimpleAggregateFunction(sum, UInt64),
    hits_found SimpleAggregateFunction(sum, UInt64),
    hits_shown SimpleAggregateFunction(sum, UInt64),
    share SimpleAggregateFunction(sum, Float64),
    -- Σ of the weights applied, Σ and Σ² of the means they were drawn about, Σ of the squared distances from them
    weight SimpleAggregateFunction(sum, Float64),
    mean SimpleAggregateFunction(sum, Float64),
    mean_squared SimpleAggregateFunction(sum, Float64),
    draw_squared SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, hour, level, segment, feature_uri)
TTL hour + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS feature_hours_of_executions TO feature_hours AS
SELECT
    retriever_id,
    toStartOfHour(executed_at) AS hour,
    context_level AS level,
    segment,
    feature AS feature_uri,
    count() AS searches,
    countIf(found = 0) AS empty,
    sum(found) AS candidates,
    sum(hits) AS hits_found,
    sum(hit_count) AS hits_shown,
    sum(part) AS share,
    sum(w) AS weight,
    sum(m) AS mean,
    sum(m * m) AS mean_squared,
    sum((w - m) * (w - m)) AS draw_squared
FROM executions
ARRAY JOIN
    features AS feature, feature_candidates AS found, feature_hits AS hits, feature_shares AS part,
    feature_weights AS w, feature_means AS m
GROUP BY retriever_id, hour, level, segment, feature_uri;

-- The same of a user, where the weights were learned.
CREATE TABLE IF NOT EXISTS feature_hours_of_users
(
    retriever_id UUID,
    user_id String,
    hour DateTime('UTC'),
    level LowCardinality(String),
    feature_uri LowCardinality(String),
    searches SimpleAggregateFunction(sum, UInt64),
    weight SimpleAggregateFunction(sum, Float64),
    mean SimpleAggregateFunction(sum, Float64),
    mean_squared SimpleAggregateFunction(sum, Float64),
    draw_squared SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, user_id, hour, level, feature_uri)
TTL hour + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS feature_hours_of_users_of_executions TO feature_hours_of_users AS
SELECT
    retriever_id,
    user_id,
    toStartOfHour(executed_at) AS hour,
    context_level AS level,
    feature AS feature_uri,
    1 AS searches,
    w AS weight,
    m AS mean,
    m * m AS mean_squared,
    (w - m) * (w - m) AS draw_squared
FROM executions
ARRAY JOIN features AS feature, feature_weights AS w, feature_means AS m
WHERE user_id != '' AND context_level != '';

CREATE TABLE IF NOT EXISTS zero_result_queries
(
    retriever_id UUID,
    hour DateTime('UTC'),
    segment LowCardinality(String),
    query String,
    searches SimpleAggregateFunction(sum, UInt64),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, hour, segment, query)
TTL hour + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS zero_result_queries_of_executions TO zero_result_queries AS
SELECT retriever_id, toStartOfHour(executed_at) AS hour, segment, query, 1 AS searches, executed_at AS last_at
FROM executions
WHERE hit_count = 0;

-- Events by the time they were received, as they were sent: a repeated one with anything new is there twice.
CREATE TABLE IF NOT EXISTS interaction_hours
(
    retriever_id UUID,
    hour DateTime('UTC'),
    segment LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    -- type → events
    types SimpleAggregateFunction(sumMap, Tuple(Array(String), Array(UInt64)))
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, hour, segment)
TTL hour + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS interaction_hours_of_interactions TO interaction_hours AS
SELECT
    assumeNotNull(interactions.retriever_id) AS retriever_id,
    toStartOfHour(received_at) AS hour,
    segment,
    count() AS events,
    sumMap(arrayMap(t -> CAST(t, 'String'), interactions.types), arrayMap(t -> toUInt64(1), interactions.types)) AS types
FROM interactions
WHERE isNotNull(interactions.retriever_id)
GROUP BY retriever_id, hour, segment;

CREATE TABLE IF NOT EXISTS interaction_hours_of_users
(
    retriever_id UUID,
    user_id String,
    hour DateTime('UTC'),
    events SimpleAggregateFunction(sum, UInt64),
    types SimpleAggregateFunction(sumMap, Tuple(Array(String), Array(UInt64)))
)
ENGINE = AggregatingMergeTree
ORDER BY (retriever_id, user_id, hour)
TTL hour + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS interaction_hours_of_users_of_interactions TO interaction_hours_of_users AS
SELECT
    assumeNotNull(interactions.retriever_id) AS retriever_id,
    user_id,
    toStartOfHour(received_at) AS hour,
    count() AS events,
    sumMap(arrayMap(t -> CAST(t, 'String'), interactions.types), arrayMap(t -> toUInt64(1), interactions.types)) AS types
FROM interactions
WHERE isNotNull(interactions.retriever_id) AND user_id != ''
GROUP BY retriever_id, user_id, hour;
