-- What was published for the lot that decides a tie.
CREATE TABLE vote_lot (
    vote text PRIMARY KEY,
    secrets jsonb NOT NULL,
    seed text NOT NULL,
    "order" integer[] NOT NULL,
    minutes text NOT NULL,
    drawn_by text NOT NULL,
    drawn_at timestamptz
);
