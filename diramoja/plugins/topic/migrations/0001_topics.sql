-- Topics and their posts. Every list is read along an index, so that a deep page costs what the first one costs.
CREATE TABLE topic (
    id text PRIMARY KEY,
    phase text NOT NULL,
    title text NOT NULL,
    category text NOT NULL,
    tags text[] NOT NULL,
    policy_proposal boolean NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    last_post_at timestamptz,
    active_at timestamptz NOT NULL,
    post_count integer NOT NULL,
    participation_count integer NOT NULL,
    follower_count integer NOT NULL,
    close_reason text NOT NULL
);
CREATE INDEX topic_new ON topic (created_at, id);
CREATE INDEX topic_active ON topic (active_at, id);
CREATE INDEX topic_category_new ON topic (category, created_at, id);
CREATE INDEX topic_category_active ON topic (category, active_at, id);
CREATE INDEX topic_tags ON topic USING gin (tags);

CREATE TABLE topic_text (
    topic text PRIMARY KEY,
    description text NOT NULL
);

CREATE TABLE post (
    id text PRIMARY KEY,
    topic text NOT NULL,
    number integer NOT NULL,
    author text NOT NULL,
    body text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    reply_to text,
    reply_count integer NOT NULL,
    agree integer NOT NULL,
    disagree integer NOT NULL,
    passes integer NOT NULL,
    likes integer NOT NULL,
    top integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX post_order ON post (topic, number);
CREATE INDEX post_top ON post (topic, top, number);
