-- From when a vote opens nobody changes its roll.
ALTER TABLE vote_roll_frozen ADD COLUMN is_final boolean NOT NULL DEFAULT false;
UPDATE vote_roll_frozen AS f SET is_final = true
FROM vote AS v WHERE v.id = f.vote AND v.phase NOT IN ('draft', 'scheduled');

-- What each officer says was drawn in public; until now one said it.
ALTER TABLE vote_lot ADD COLUMN draws jsonb NOT NULL DEFAULT '[]';
UPDATE vote_lot SET draws = jsonb_build_array(jsonb_build_object(
    'member', drawn_by, 'order', to_jsonb("order"), 'minutes', minutes, 'at', to_jsonb(drawn_at)
)) WHERE drawn_by <> '';
ALTER TABLE vote_lot
    DROP COLUMN minutes,
    DROP COLUMN drawn_by;
