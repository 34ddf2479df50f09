-- Scores, supporters, revisions, shares and flags; who follows, is named, supports; drafts with their amendments.
ALTER TABLE topic
    ADD COLUMN moderation_level text NOT NULL DEFAULT 'open',
    ADD COLUMN quality_score integer NOT NULL DEFAULT 0,
    ADD COLUMN trending_score integer NOT NULL DEFAULT 0,
    ADD COLUMN sentiment_score integer,
    ADD COLUMN pinned_posts text[] NOT NULL DEFAULT '{}',
    ADD COLUMN supporters integer NOT NULL DEFAULT 0,
    ADD COLUMN support_needed integer NOT NULL DEFAULT 0,
    ADD COLUMN support_reached_at timestamptz,
    ADD COLUMN support_decide_by timestamptz,
    ADD COLUMN support_decision text,
    ADD COLUMN support_reason text NOT NULL DEFAULT '';
-- The row of a topic is written with every post, and each index with it: so none of topics that do not trend, and who
-- opened a topic is found by the text, which is written once.
CREATE INDEX topic_trending ON topic (trending_score, active_at, id) WHERE trending_score > 0;
ALTER TABLE topic_text
    ADD COLUMN created_by text NOT NULL DEFAULT '',
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z';
CREATE INDEX topic_text_creator ON topic_text (created_by, created_at);

ALTER TABLE post
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN edited_at timestamptz,
    ADD COLUMN edit_body text NOT NULL DEFAULT '',
    ADD COLUMN edit_status text,
    ADD COLUMN edit_reason text NOT NULL DEFAULT '',
    ADD COLUMN shared_post text,
    ADD COLUMN shared_topic text,
    ADD COLUMN share_count integer NOT NULL DEFAULT 0,
    ADD COLUMN flag_reason text NOT NULL DEFAULT '';
CREATE INDEX post_author ON post (author, created_at);

CREATE TABLE post_revision (
    post text NOT NULL,
    number integer NOT NULL,
    author text NOT NULL,
    body text NOT NULL,
    agree integer NOT NULL,
    disagree integer NOT NULL,
    passes integer NOT NULL,
    likes integer NOT NULL,
    written_at timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL,
    PRIMARY KEY (post, number)
);

CREATE TABLE topic_term (
    topic text NOT NULL,
    term text NOT NULL,
    weight double precision NOT NULL,
    PRIMARY KEY (topic, term)
);
CREATE INDEX topic_term_topics ON topic_term (term, topic);

CREATE TABLE topic_contribution (
    topic text NOT NULL,
    member text NOT NULL,
    answered integer NOT NULL,
    sourced integer NOT NULL,
    PRIMARY KEY (topic, member)
);

CREATE TABLE topic_follower (
    topic text NOT NULL,
    member text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (topic, member)
);
CREATE INDEX topic_follower_member ON topic_follower (member, topic);

CREATE TABLE post_mention (
    post text NOT NULL,
    member text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (post, member)
);
CREATE INDEX post_mention_member ON post_mention (member, at);

CREATE TABLE topic_draft (
    id text PRIMARY KEY,
    topic text NOT NULL,
    title text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    version integer NOT NULL,
    open_amendments integer NOT NULL
);
CREATE INDEX topic_draft_topic ON topic_draft (topic, created_at, id);

CREATE TABLE draft_version (
    draft text NOT NULL,
    number integer NOT NULL,
    text text NOT NULL,
    sha256 text NOT NULL,
    diff text NOT NULL,
    author text NOT NULL,
    amendment text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (draft, number)
);

CREATE TABLE draft_amendment (
    id text PRIMARY KEY,
    draft text NOT NULL,
    author text NOT NULL,
    version integer NOT NULL,
    from_line integer NOT NULL,
    to_line integer NOT NULL,
    text text NOT NULL,
    reason text NOT NULL,
    diff text NOT NULL,
    status text NOT NULL,
    decision_reason text NOT NULL,
    decided_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX draft_amendment_draft ON draft_amendment (draft, created_at, id);
