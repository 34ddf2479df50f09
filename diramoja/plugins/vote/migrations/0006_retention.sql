-- What is kept no longer of a roll that was frozen: its rows, and who of them voted.
ALTER TABLE vote_roll_frozen
    ADD COLUMN rows_dropped boolean NOT NULL DEFAULT false,
    ADD COLUMN voters_dropped boolean NOT NULL DEFAULT false;
