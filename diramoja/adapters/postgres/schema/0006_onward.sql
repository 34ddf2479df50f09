-- For each target partition the out_seq of the last tell that went to it over the stream: a tell that finds all of them
-- met can be decided in the turn that makes it. Of the time before nothing is known: anything may be under way.
ALTER TABLE partition ADD COLUMN sent bigint[] NOT NULL DEFAULT array_fill(0::bigint, ARRAY[64]) CHECK (cardinality(sent) = 64);
UPDATE partition SET sent = array_fill(out_seq, ARRAY[64]);
