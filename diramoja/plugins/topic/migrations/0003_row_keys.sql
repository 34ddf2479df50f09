-- Rows go with the agent's own rows, so their keys are those of the own rows.
ALTER TABLE post_revision ADD COLUMN id text;
UPDATE post_revision SET id = post || ':' || number;
ALTER TABLE post_revision DROP CONSTRAINT post_revision_pkey, ADD PRIMARY KEY (id);
CREATE INDEX post_revision_order ON post_revision (post, number);

ALTER TABLE post_mention ADD COLUMN id text;
UPDATE post_mention SET id = post || ':' || member;
ALTER TABLE post_mention DROP CONSTRAINT post_mention_pkey, ADD PRIMARY KEY (id);
