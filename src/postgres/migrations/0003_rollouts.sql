-- Up Migration

-- Counts the changes of rollouts. A change takes its row first, so that revisions are committed in their order and
-- whoever has seen one has seen all below it.
create table rollout_clock (
  is_it boolean primary key default true check (is_it),
  revision bigint not null
);
insert into rollout_clock (revision) values (0);

-- No row: untouched
create table rollouts (
  retriever_id uuid primary key references retrievers on delete cascade,
  -- what people set, as RolloutSettings
  settings jsonb not null,
  -- { at, actor, reason } while the learned fusion is switched off
  killed jsonb,
  held boolean not null default false,
  -- ids of the guardrails that are breached now
  breached text[] not null default '{}',
  -- the revision that people made last
  compared_from bigint not null,
  -- when the guardrails were last looked at
  checked_at timestamptz,
  revision bigint not null
);
create index rollouts_changed on rollouts (revision);

create table rollout_opt_outs (
  retriever_id uuid not null references retrievers on delete cascade,
  user_id text not null,
  -- false: opted in again
  opted_out boolean not null,
  changed_at timestamptz not null,
  revision bigint not null,
  primary key (retriever_id, user_id)
);
create index rollout_opt_outs_changed on rollout_opt_outs (revision);

create table rollout_events (
  revision bigint primary key,
  id uuid not null unique default gen_random_uuid(),
  retriever_id uuid not null references retrievers on delete cascade,
  kind text not null,
  -- the id of an API key, or 'guardrail'
  actor text not null,
  reason text,
  details jsonb not null,
  at timestamptz not null
);
create index rollout_events_of_retriever on rollout_events (retriever_id, revision desc);

-- 'personal': trains nobody's own weights any more, since its user has reset theirs
alter table executions add column forgotten text check (forgotten in ('personal'));

-- Users whose preferences are being reset, or whose data is being deleted, until both stores are free of them
create table erasures (
  id uuid primary key,
  kind text not null check (kind in ('preferences', 'everything')),
  namespace_id uuid not null references namespaces on delete cascade,
  -- null: every retriever of the namespace
  retriever_id uuid,
  -- nothing is kept of a user once it is done: the row is deleted
  user_id text not null,
  requested_at timestamptz not null,
  -- batches of the outbox up to here may still bring data of the user
  last_batch bigint not null,
  -- when whoever works on it is taken for dead
  due_at timestamptz not null
);
