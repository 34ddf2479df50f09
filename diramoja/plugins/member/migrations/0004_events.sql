-- Events attended: how many, the days of the last ones, and the last day on which one was open to the member.
ALTER TABLE member
    ADD COLUMN events integer NOT NULL DEFAULT 0,
    ADD COLUMN event_days integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN event_open_on integer NOT NULL DEFAULT 0;
