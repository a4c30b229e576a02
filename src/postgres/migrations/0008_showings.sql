-- Up Migration

-- Feedback is checked against what a search showed and to whom, without reading its record
alter table executions add column segment text;
update executions set segment = record->>'segment' where record->>'segment' is not null;
