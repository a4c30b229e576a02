-- false: beyond a cap of its client; the event teaches nobody but the person who did it
ALTER TABLE interactions ADD COLUMN IF NOT EXISTS trains Bool DEFAULT true;
