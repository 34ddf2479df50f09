-- The vote about a topic.
ALTER TABLE topic ADD COLUMN voting_attached text;
