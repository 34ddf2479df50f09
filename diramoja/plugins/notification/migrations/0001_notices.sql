-- What members were told, on which channels, and how they want to be told.
CREATE TABLE notice (
    member text NOT NULL,
    id text NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    notice_class text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    text text NOT NULL,
    "values" jsonb NOT NULL,
    channels text[] NOT NULL,
    held text NOT NULL,
    about text NOT NULL,
    created_at timestamptz NOT NULL,
    valid_until timestamptz,
    read_at timestamptz,
    PRIMARY KEY (member, id)
);
CREATE INDEX notice_newest ON notice (member, seq DESC);

CREATE TABLE notice_delivery (
    member text NOT NULL,
    key text NOT NULL,
    notice text NOT NULL,
    channel text NOT NULL,
    state text NOT NULL,
    at timestamptz NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (member, key)
);
-- For mail that comes back.
CREATE INDEX notice_delivery_letter ON notice_delivery (notice) WHERE channel = 'email';

-- All up to this one were read then; the newest few calls of each member.
CREATE TABLE notice_mark (
    member text NOT NULL,
    place text NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (member, place)
);

CREATE TABLE notice_wall (
    member text NOT NULL,
    other text NOT NULL,
    PRIMARY KEY (member, other)
);

CREATE TABLE notice_dropped (
    member text NOT NULL,
    reason text NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (member, reason)
);

CREATE TABLE notice_preferences (
    member text NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    time_zone text NOT NULL,
    quiet_start text,
    quiet_end text,
    digest_at text,
    channels jsonb NOT NULL,
    email_suspended boolean NOT NULL,
    PRIMARY KEY (member, name)
);
