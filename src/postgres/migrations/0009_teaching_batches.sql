-- Up Migration

-- false: nothing in it is still to be learned, be it that it was taught before or that it teaches nothing
alter table outbox_batches add column teaches boolean not null default true;
