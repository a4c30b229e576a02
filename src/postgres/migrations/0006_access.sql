-- Up Migration

alter table api_keys
  -- web origins that may use it; empty: not bound to any
  add column allowed_origins text[] not null default '{}',
  -- operations a minute; null: as many as any key
  add column rate_limit_per_minute integer;

create index api_keys_newest on api_keys (namespace_id, id desc);
