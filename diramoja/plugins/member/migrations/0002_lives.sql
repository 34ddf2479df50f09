-- What members are beside a profile: phase, scores, walls, consents, history; and the bodies they are in.
ALTER TABLE member
    ADD COLUMN phase text NOT NULL DEFAULT 'active',
    ADD COLUMN verified boolean NOT NULL DEFAULT false,
    ADD COLUMN promotion text NOT NULL DEFAULT 'none',
    ADD COLUMN bodies text[] NOT NULL DEFAULT '{}',
    ADD COLUMN body_roles text[] NOT NULL DEFAULT '{}',
    ADD COLUMN flags integer NOT NULL DEFAULT 0,
    ADD COLUMN warnings integer NOT NULL DEFAULT 0,
    ADD COLUMN region_seen_by text NOT NULL DEFAULT 'members',
    ADD COLUMN interests_seen_by text NOT NULL DEFAULT 'members',
    ADD COLUMN contributions_seen_by text NOT NULL DEFAULT 'everyone',
    ADD COLUMN activity_seen_by text NOT NULL DEFAULT 'nobody',
    ADD COLUMN engagement double precision NOT NULL DEFAULT 0,
    ADD COLUMN post_days integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN post_thirds integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN good double precision NOT NULL DEFAULT 0,
    ADD COLUMN bad double precision NOT NULL DEFAULT 0,
    ADD COLUMN weighed_at timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',
    ADD COLUMN report_outcomes text NOT NULL DEFAULT '';

CREATE INDEX member_following_of ON member_following (member);

-- A block in both directions; see not_walled in contracts.py.
CREATE TABLE member_wall (
    member text NOT NULL,
    other text NOT NULL,
    is_own boolean NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (member, other)
);

CREATE TABLE member_mute (
    member text NOT NULL,
    other text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (member, other)
);

CREATE TABLE member_consent (
    member text NOT NULL,
    kind text NOT NULL,
    is_given boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (member, kind)
);

CREATE TABLE member_history (
    id text PRIMARY KEY,
    member text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    level text NOT NULL,
    standing text NOT NULL,
    verified boolean NOT NULL,
    reason text NOT NULL
);
CREATE INDEX member_history_of ON member_history (member, at DESC, id DESC);

-- Topics as members heard of them, to ask those back who stayed away.
CREATE TABLE member_topic (
    id text PRIMARY KEY,
    title text NOT NULL,
    category text NOT NULL,
    created_at timestamptz NOT NULL,
    is_closed boolean NOT NULL
);
CREATE INDEX member_topic_category ON member_topic (category, created_at DESC, id DESC);

CREATE TABLE body (
    id text PRIMARY KEY,
    name text NOT NULL,
    region text NOT NULL,
    parent text,
    member_count integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX body_name ON body (name, id);

CREATE TABLE body_seat (
    body text NOT NULL,
    member text NOT NULL,
    role text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (body, member)
);
CREATE INDEX body_seat_member ON body_seat (member);
