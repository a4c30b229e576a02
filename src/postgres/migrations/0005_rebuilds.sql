-- Up Migration

-- What a retriever has learned is kept in generations: a rebuild fills the next one while searches still read the last.
-- No row: generation 0, never rebuilt.
create table posterior_generations (
  retriever_id uuid primary key references retrievers on delete cascade,
  -- what is written from now on goes into this one
  generation integer not null,
  -- executions of an earlier version are attributed by this one's learning config
  ruled_by integer not null,
  -- how far the rebuild is, as RebuildProgress; null: it is done, and searches read this generation
  progress jsonb,
  -- what was attributed again
  executions bigint not null default 0,
  interactions bigint not null default 0,
  started_at timestamptz not null,
  -- when whoever works on it is taken for dead
  due_at timestamptz not null
);

-- Users whose own weights begin anew from then on, also where they are rebuilt
create table preference_resets (
  retriever_id uuid not null references retrievers on delete cascade,
  user_id text not null,
  reset_at timestamptz not null,
  primary key (retriever_id, user_id)
);

create index executions_credited on executions (retriever_id, id) where credited is not null;

create index interactions_of_execution on interactions (execution_id, id desc) where execution_id is not null;

-- of a repeated signal the greatest duration and depth hold
alter table interaction_signals
  -- of a list: how far down it was scrolled, 0 to 1
  add column depth double precision,
  -- of the event that brought it; null: unknown
  add column occurred_at timestamptz;
