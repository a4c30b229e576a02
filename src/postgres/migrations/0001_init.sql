-- Up Migration
create extension if not exists vector;

create table settings (
  name text primary key,
  value text not null
);

create table namespaces (
  id uuid primary key,
  name text not null unique,
  created_at timestamptz not null default now()
);

create table api_keys (
  id uuid primary key,
  -- null: every namespace (the admin key of the store)
  namespace_id uuid references namespaces on delete cascade,
  name text not null,
  prefix text not null unique,
  salt bytea not null,
  hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

create table collections (
  id uuid primary key,
  namespace_id uuid not null references namespaces on delete cascade,
  name text not null,
  created_at timestamptz not null default now(),
  unique (namespace_id, name)
);
create index collections_newest on collections (namespace_id, id desc);

-- A feature's index lives in tables of its own, named by its id:
-- vector:  feature_<id> (doc bigint primary key, embedding vector(n)) with an HNSW index
-- lexical: feature_<id> (lexeme, doc, tf, dl) with a covering index, and feature_<id>_lexemes (lexeme, df)
create table collection_features (
  id integer generated always as identity primary key,
  collection_id uuid not null references collections on delete cascade,
  position integer not null,
  feature_uri text not null,
  kind text not null check (kind in ('vector', 'lexical')),
  extractor text,
  model text not null,
  precision text not null,
  dimensions integer,
  fields text[] not null,
  -- lexical indexes: BM25 needs the number of documents and their summed length
  document_count bigint not null default 0,
  total_length bigint not null default 0,
  unique (collection_id, feature_uri)
);

create table documents (
  doc bigint generated always as identity primary key,
  collection_id uuid not null references collections on delete cascade,
  document_id text not null,
  content text,
  metadata jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (collection_id, document_id)
);
create index documents_metadata on documents using gin (metadata jsonb_path_ops);

create table retrievers (
  id uuid primary key,
  namespace_id uuid not null references namespaces on delete cascade,
  name text not null,
  version integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
create unique index retrievers_name on retrievers (namespace_id, name) where deleted_at is null;
create index retrievers_newest on retrievers (namespace_id, id desc) where deleted_at is null;

create table retriever_versions (
  retriever_id uuid not null references retrievers on delete cascade,
  version integer not null,
  definition jsonb not null,
  created_at timestamptz not null default now(),
  primary key (retriever_id, version)
);

create table executions (
  id uuid primary key,
  namespace_id uuid not null,
  retriever_id uuid not null,
  user_id text,
  session_id text,
  executed_at timestamptz not null,
  -- as shown, position 0 first
  document_ids text[] not null,
  record jsonb not null,
  -- what the arms have been credited with so far, as sent to ClickHouse: { interactions, arms: { uri: [rewards, failures] } }
  credited jsonb
);
create index executions_of_user on executions (namespace_id, user_id, executed_at desc) where user_id is not null;
create index executions_of_session on executions (namespace_id, session_id, executed_at desc) where session_id is not null;
create index executions_age on executions (executed_at);

create table interactions (
  id uuid primary key,
  namespace_id uuid not null,
  retriever_id uuid,
  execution_id uuid,
  document_id text,
  position integer,
  types text[] not null,
  metadata jsonb not null,
  user_id text,
  session_id text,
  segment text,
  idempotency_key text,
  occurred_at timestamptz not null,
  received_at timestamptz not null
);
create unique index interactions_idempotency on interactions (namespace_id, idempotency_key) where idempotency_key is not null;
create index interactions_newest on interactions (namespace_id, id desc);
create index interactions_of_retriever on interactions (retriever_id, id desc);
create index interactions_of_user on interactions (namespace_id, user_id, id desc) where user_id is not null;

-- one (execution, document, type) counts once; document_id is '' for events about the list as a whole
create table interaction_signals (
  execution_id uuid not null,
  document_id text not null,
  type text not null,
  duration_ms double precision,
  interaction_id uuid not null,
  primary key (execution_id, document_id, type)
);

-- events not yet in a batch
create table outbox (
  id bigint generated always as identity,
  kind text not null check (kind in ('execution', 'interaction')),
  ref uuid not null,
  primary key (kind, id)
);

create table outbox_batches (
  id uuid primary key,
  seq bigint generated always as identity,
  -- what is sent, so that a retry sends the same: { executionIds, interactionIds, deltas }
  payload jsonb not null,
  -- events in it, and when the oldest was made
  depth integer not null,
  oldest_at timestamptz not null,
  attempts integer not null default 0,
  -- when the relay that holds it is taken for dead
  due_at timestamptz not null,
  last_error text
);
create index outbox_batches_due on outbox_batches (due_at);

create table outbox_dead (
  id uuid primary key,
  -- the whole batch: { executions, interactions, deltas }
  payload jsonb not null,
  attempts integer not null,
  error text not null,
  buried_at timestamptz not null default now()
);
