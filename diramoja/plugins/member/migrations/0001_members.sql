CREATE TABLE member (
    id text PRIMARY KEY,
    username text NOT NULL,
    membership_level text NOT NULL,
    standing text NOT NULL,
    region text NOT NULL,
    interests text[] NOT NULL,
    age_group text,
    member_since timestamptz NOT NULL,
    posts integer NOT NULL,
    comments integer NOT NULL
);
CREATE INDEX member_interests ON member USING gin (interests);

CREATE TABLE member_following (
    follower text NOT NULL,
    member text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (follower, member)
);
CREATE INDEX member_following_since ON member_following (follower, since DESC, member);
