-- Out of which event a topic came.
ALTER TABLE topic ADD COLUMN event_id text NOT NULL DEFAULT '';
