-- Who took part, as figures that are shown; written once, by a job, when the vote is closed.
CREATE TABLE vote_participation (
    vote text PRIMARY KEY,
    report jsonb NOT NULL
);
