-- Sources that people rated; looked up by domain for every post that names one.
CREATE TABLE information_source (
    id text PRIMARY KEY,
    domain text NOT NULL,
    phase text NOT NULL,
    rating text NOT NULL,
    reason text NOT NULL,
    evidence_url text NOT NULL,
    proposed_by text NOT NULL,
    confirmed_by text NOT NULL,
    objected_by text NOT NULL,
    objection text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX information_source_domain ON information_source (domain);
