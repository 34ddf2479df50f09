-- From when a vote opens nobody changes its roll.
ALTER TABLE vote_roll_frozen ADD COLUMN is_final boolean NOT NULL DEFAULT false;

-- What each officer says was drawn in public.
ALTER TABLE vote_lot
    ADD COLUMN draws jsonb NOT NULL DEFAULT '[]',
    DROP COLUMN minutes,
    DROP COLUMN drawn_by;
