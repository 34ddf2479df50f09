-- Who came, what they asked and how it was; what calendars need. Every list is read along an index.
ALTER TABLE event
    DROP COLUMN feedback_count,
    DROP COLUMN feedback_sum,
    ADD COLUMN ratings integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN topics text[] NOT NULL DEFAULT '{}',
    ADD COLUMN topic_titles text[] NOT NULL DEFAULT '{}',
    ADD COLUMN sequence integer NOT NULL DEFAULT 0,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z';
CREATE INDEX event_guest_seat ON event_guest (event, seat) WHERE state = 'confirmed';

CREATE TABLE event_check_in (
    event text NOT NULL,
    member text NOT NULL,
    way text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (event, member)
);

CREATE TABLE event_question (
    id text PRIMARY KEY,
    event text NOT NULL,
    author text NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    status text NOT NULL,
    state text NOT NULL,
    upvotes integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX event_question_new ON event_question (event, number);
CREATE INDEX event_question_top ON event_question (event, upvotes DESC, number);

CREATE TABLE event_voice (
    event text NOT NULL,
    member text NOT NULL,
    PRIMARY KEY (event, member)
);

CREATE TABLE event_comment (
    id text PRIMARY KEY,
    event text NOT NULL,
    text text NOT NULL,
    five integer NOT NULL
);
CREATE INDEX event_comment_order ON event_comment (event, id);

-- Written by the gateway: the tokens of calendar feeds.
CREATE TABLE event_feed (
    member text PRIMARY KEY,
    salt bytea NOT NULL,
    token_hash bytea NOT NULL UNIQUE
);
