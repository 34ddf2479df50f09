-- Escalation, weight, sanctions, appeals, second reviews, moderators and the public log.
ALTER TABLE moderation_case
    ADD COLUMN place text NOT NULL DEFAULT 'topic',
    ADD COLUMN about text NOT NULL DEFAULT 'post',
    ADD COLUMN addressee text NOT NULL DEFAULT '',
    ADD COLUMN confidence_ratio double precision NOT NULL DEFAULT 1,
    ADD COLUMN severe boolean NOT NULL DEFAULT false,
    ADD COLUMN weight double precision NOT NULL DEFAULT 0,
    -- Ascending, so that the queue is read along an index from its cursor.
    ADD COLUMN rank double precision GENERATED ALWAYS AS (-weight) STORED,
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN authority text NOT NULL DEFAULT 'topic',
    ADD COLUMN escalation_reason text NOT NULL DEFAULT '',
    ADD COLUMN proposal jsonb,
    ADD COLUMN post_action text,
    ADD COLUMN took_part text[] NOT NULL DEFAULT '{}',
    ADD COLUMN review text NOT NULL DEFAULT '';
DROP INDEX moderation_case_queue, moderation_case_age;
CREATE INDEX moderation_case_all ON moderation_case (rank, id);
CREATE INDEX moderation_case_queue ON moderation_case (phase, rank, id);
CREATE INDEX moderation_case_overdue ON moderation_case (overdue, rank, id);
CREATE INDEX moderation_case_decided ON moderation_case (decided_at);
CREATE INDEX moderation_case_review ON moderation_case (decided_at, id) WHERE review = 'asked';

ALTER TABLE moderation_case_text ADD COLUMN revised text NOT NULL DEFAULT '';

CREATE TABLE moderation_sanction (
    id text PRIMARY KEY,
    "case" text NOT NULL,
    member text NOT NULL,
    action text NOT NULL,
    rule text NOT NULL,
    guidelines_version text NOT NULL,
    reason text NOT NULL,
    by text NOT NULL,
    post text NOT NULL,
    issued_at timestamptz NOT NULL,
    ends_at timestamptz,
    appeal_until timestamptz NOT NULL,
    state text NOT NULL
);
CREATE INDEX moderation_sanction_member ON moderation_sanction (member, issued_at, id);

CREATE TABLE moderation_appeal (
    id text PRIMARY KEY,
    "case" text NOT NULL,
    sanction text NOT NULL,
    member text NOT NULL,
    text text NOT NULL,
    filed_at timestamptz NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    decided_at timestamptz
);
CREATE INDEX moderation_appeal_queue ON moderation_appeal (state, filed_at, id);
CREATE INDEX moderation_appeal_sanction ON moderation_appeal (sanction);

-- Public: a day, and nothing that leads to a person or a post.
CREATE TABLE moderation_log (
    partition integer NOT NULL,
    seq bigint NOT NULL,
    day date NOT NULL,
    action text NOT NULL,
    rule text NOT NULL,
    guidelines_version text NOT NULL,
    by text NOT NULL,
    PRIMARY KEY (partition, seq)
);
CREATE INDEX moderation_log_day ON moderation_log (day, partition, seq);

CREATE TABLE moderation_moderator (
    id text PRIMARY KEY,
    phase text NOT NULL,
    moderator_type text NOT NULL,
    authority_level text NOT NULL,
    topics text[] NOT NULL,
    regions text[] NOT NULL,
    active_cases integer NOT NULL,
    decided integer NOT NULL,
    actions jsonb NOT NULL,
    response_s double precision NOT NULL,
    guidelines_version text NOT NULL,
    reviews_done integer NOT NULL,
    reviews_differed integer NOT NULL,
    appealed integer NOT NULL,
    appeals_decided integer NOT NULL,
    appeals_overturned integer NOT NULL
);
CREATE INDEX moderation_moderator_duty ON moderation_moderator (phase, id);
