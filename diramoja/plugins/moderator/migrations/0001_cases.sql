-- Cases about posts, the posts' text as it was, and the reports in them.
CREATE TABLE moderation_case (
    id text PRIMARY KEY,
    phase text NOT NULL,
    origin text NOT NULL,
    topic text NOT NULL,
    post text NOT NULL,
    author text NOT NULL,
    reason text NOT NULL,
    toxicity_ratio double precision NOT NULL,
    report_count integer NOT NULL,
    claimed_by text NOT NULL,
    opened_at timestamptz NOT NULL,
    overdue boolean NOT NULL,
    action text,
    rule text NOT NULL,
    guidelines_version text NOT NULL,
    decision_reason text NOT NULL,
    decided_at timestamptz
);
-- The queue, oldest first.
CREATE INDEX moderation_case_queue ON moderation_case (phase, opened_at, id);
CREATE INDEX moderation_case_age ON moderation_case (opened_at, id);

CREATE TABLE moderation_case_text (
    "case" text NOT NULL,
    post text NOT NULL,
    body text NOT NULL,
    PRIMARY KEY ("case", post)
);

CREATE TABLE moderation_case_report (
    "case" text NOT NULL,
    reporter text NOT NULL,
    reason text NOT NULL,
    text text NOT NULL,
    PRIMARY KEY ("case", reporter)
);
