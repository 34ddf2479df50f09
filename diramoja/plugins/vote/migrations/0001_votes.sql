-- Votes, who may vote and who did, objections, counts and disputes.
CREATE TABLE vote (
    id text PRIMARY KEY,
    phase text NOT NULL,
    title text NOT NULL,
    terms jsonb NOT NULL,
    topic text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    terms_hash text NOT NULL,
    frozen_at timestamptz,
    roll_size integer NOT NULL,
    roll_hash text NOT NULL,
    ballot_key text NOT NULL,
    stations integer NOT NULL,
    opens_at timestamptz,
    closes_at timestamptz,
    votes_cast integer NOT NULL,
    counts integer[] NOT NULL,
    extended_s integer NOT NULL,
    is_effective boolean NOT NULL,
    disputes_open integer NOT NULL,
    tallied jsonb,
    count_number integer NOT NULL,
    outcome text,
    winners integer[] NOT NULL,
    published_at timestamptz,
    effective_at timestamptz,
    cancel_reason text NOT NULL
);
CREATE INDEX vote_by_time ON vote (created_at, id);
CREATE INDEX vote_by_topic ON vote (topic, created_at, id) WHERE topic <> '';
CREATE INDEX vote_by_phase ON vote (phase, created_at, id);

CREATE TABLE vote_text (
    vote text PRIMARY KEY,
    description text NOT NULL,
    options jsonb NOT NULL
);

-- Written by a job: the marker first, so that the roll is written once; then the roll, which only an objection changes.
CREATE TABLE vote_roll_frozen (
    vote text PRIMARY KEY
);
CREATE TABLE vote_roll (
    vote text NOT NULL,
    member text COLLATE "C" NOT NULL,
    PRIMARY KEY (vote, member)
);
CREATE INDEX vote_roll_member ON vote_roll (member, vote);

CREATE TABLE vote_objection (
    id text PRIMARY KEY,
    vote text NOT NULL,
    kind text NOT NULL,
    member text NOT NULL,
    text text NOT NULL,
    filed_by text NOT NULL,
    filed_at timestamptz NOT NULL,
    decision text,
    reason text NOT NULL,
    decided_at timestamptz
);
CREATE INDEX vote_objection_vote ON vote_objection (vote, filed_at, id);

CREATE TABLE vote_audit (
    vote text NOT NULL,
    id text NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    what text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (vote, id)
);

-- Written by the job that counts: how it counted, step by step.
CREATE TABLE vote_count (
    vote text NOT NULL,
    number integer NOT NULL,
    count jsonb NOT NULL,
    PRIMARY KEY (vote, number)
);

-- When the platform last ran while a vote was open, by the clock of the database; written by a job.
CREATE TABLE vote_pulse (
    vote text PRIMARY KEY,
    at timestamptz NOT NULL
);

CREATE TABLE vote_dispute (
    id text PRIMARY KEY,
    vote text NOT NULL,
    text text NOT NULL,
    filed_by text NOT NULL,
    filed_at timestamptz NOT NULL,
    decide_by timestamptz NOT NULL,
    decision text,
    decided_at timestamptz
);
CREATE INDEX vote_dispute_vote ON vote_dispute (vote, filed_at, id);

CREATE TABLE vote_dispute_opinion (
    dispute text NOT NULL,
    member text NOT NULL,
    decision text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (dispute, member)
);
