-- Up Migration

-- What clients have fed into the weights of everyone, by window: users, sessions, addresses and keys, each as a keyed hash
create table learning_counts (
  window_start timestamptz not null,
  retriever_id uuid not null,
  subject text not null,
  -- in fifths of a click
  spent bigint not null,
  primary key (window_start, retriever_id, subject)
);

-- false: beyond a cap of its client; the event teaches the person's own weights and nobody else's
alter table interactions add column trains boolean not null default true;
alter table interaction_signals add column trains boolean not null default true;
