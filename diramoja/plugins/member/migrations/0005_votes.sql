-- Votes that count for the engagement, by the days on which they were closed.
ALTER TABLE member
    ADD COLUMN vote_days integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN voted_days integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN votes integer NOT NULL DEFAULT 0;
