-- Up Migration

alter table executions
  -- feedback is checked against what was shown and to whom, without reading the record
  add column segment text,
  -- what working out takes that feedback has earned, as AttributionRecord; null: it is in the record alone
  add column attribution json;
update executions set segment = record->>'segment' where record->>'segment' is not null;
