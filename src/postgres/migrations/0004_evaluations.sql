-- Up Migration
create table evaluation_datasets (
  id uuid primary key,
  namespace_id uuid not null references namespaces on delete cascade,
  name text not null,
  -- the newest
  version integer not null,
  created_at timestamptz not null default now(),
  unique (namespace_id, name)
);
create index evaluation_datasets_newest on evaluation_datasets (namespace_id, id desc);

-- a version never changes once it is written, but that the queries of a forgotten user go from it
create table evaluation_dataset_versions (
  dataset_id uuid not null references evaluation_datasets on delete cascade,
  version integer not null,
  source text not null check (source in ('MANUAL', 'INTERACTIONS', 'SESSIONS')),
  -- what a generated version was made from; null where people judged
  origin jsonb,
  query_count integer not null,
  judgment_count integer not null,
  created_at timestamptz not null default now(),
  primary key (dataset_id, version)
);

create table evaluation_queries (
  dataset_id uuid not null,
  version integer not null,
  -- from 0
  position integer not null,
  id uuid not null unique,
  query_id text not null,
  inputs jsonb not null,
  -- document id → grade
  judgments jsonb not null,
  -- queries that are not independent of each other, such as those of one session; null: it stands alone
  cluster text,
  -- judged by what happened after the split of a generated version
  held_out boolean not null,
  primary key (dataset_id, version, position),
  foreign key (dataset_id, version) references evaluation_dataset_versions on delete cascade
);

create table evaluations (
  id uuid primary key,
  namespace_id uuid not null references namespaces on delete cascade,
  dataset_id uuid not null,
  dataset_version integer not null,
  retriever_id uuid not null,
  retriever_version integer not null,
  -- null: the retriever's own
  fusion text,
  k_values integer[] not null,
  hit_limit integer not null,
  -- only queries judged after the split
  held_out_only boolean not null,
  status text not null check (status in ('QUEUED', 'RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED')),
  -- the learned weights of each context as they were at the start; null until then, and under a static fusion
  frozen_weights jsonb,
  weight_version text,
  query_count integer not null,
  done_count integer not null default 0,
  failed_count integer not null default 0,
  took_ms double precision not null default 0,
  -- means over the queries, once it is completed
  metrics jsonb,
  error text,
  -- who runs it, and when that one is taken for dead
  runner uuid,
  lease_until timestamptz,
  -- times in a row that it broke off for a reason of ours
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  foreign key (dataset_id, dataset_version) references evaluation_dataset_versions on delete cascade
);
create index evaluations_newest on evaluations (namespace_id, id desc);
create index evaluations_open on evaluations (id) where status in ('QUEUED', 'RUNNING');

create table evaluation_results (
  evaluation_id uuid not null references evaluations on delete cascade,
  -- of the query in its dataset version
  position integer not null,
  -- document ids, best first
  ranking text[] not null,
  metrics jsonb not null,
  -- why the query could not be run; null: it was
  error text,
  took_ms double precision not null,
  -- what the judgments teach, for retrievers that begin with it; null where they say nothing
  lesson jsonb,
  primary key (evaluation_id, position)
);

-- several evaluations over the same replayed sessions
create table benchmarks (
  id uuid primary key,
  namespace_id uuid not null references namespaces on delete cascade,
  dataset_id uuid not null references evaluation_datasets on delete cascade,
  session_count integer not null,
  baseline_id uuid not null references evaluations on delete cascade,
  -- in the order in which the candidates were named
  candidate_ids uuid[] not null,
  created_at timestamptz not null default now()
);
create index benchmarks_newest on benchmarks (namespace_id, id desc);

create table interleavings (
  id uuid primary key,
  namespace_id uuid not null references namespaces on delete cascade,
  baseline_id uuid not null,
  candidate_id uuid not null,
  traffic_pct double precision not null,
  -- chance of a wrong verdict, however often one looks
  alpha double precision not null,
  -- the smallest seen so far
  p_value double precision not null default 1,
  status text not null check (status in ('RUNNING', 'DECIDED', 'STOPPED')),
  created_at timestamptz not null default now(),
  ended_at timestamptz
);
create index interleavings_newest on interleavings (namespace_id, id desc);
-- a retriever is the baseline of one at a time
create unique index interleavings_running on interleavings (baseline_id) where status = 'RUNNING';

create table interleaved_searches (
  execution_id uuid primary key,
  interleaving_id uuid not null references interleavings on delete cascade,
  -- one a position
  teams text[] not null,
  -- what the teams' documents had earned when the first reward was seen, which is final; null: none was
  baseline_credit double precision,
  candidate_credit double precision
);
create index interleaved_searches_of on interleaved_searches (interleaving_id);
