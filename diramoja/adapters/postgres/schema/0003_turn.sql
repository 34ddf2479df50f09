-- Turns committed: a turn of reminders alone moves no cursor, and must still not be committed twice.
ALTER TABLE partition ADD COLUMN turn bigint NOT NULL DEFAULT 0;
