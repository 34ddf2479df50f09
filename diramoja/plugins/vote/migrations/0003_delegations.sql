-- Who lets whom vote; kept for a while after it ended, since a count asks what was in force at the close.
CREATE TABLE vote_delegation (
    id text PRIMARY KEY,
    member text COLLATE "C" NOT NULL,
    delegate text COLLATE "C" NOT NULL,
    scope text NOT NULL,
    scope_kind text NOT NULL,
    within text[] NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    shows_name boolean NOT NULL
);
CREATE INDEX vote_delegation_member ON vote_delegation (member, scope);
CREATE INDEX vote_delegation_delegate ON vote_delegation (delegate, scope);
CREATE INDEX vote_delegation_scope ON vote_delegation (scope, member);

-- What became of the ballots of delegators who did not vote themselves, written with the count: by whom it was cast, or
-- why by nobody.
CREATE TABLE vote_delegated (
    vote text NOT NULL,
    member text COLLATE "C" NOT NULL,
    caster text COLLATE "C" NOT NULL,
    uncast text NOT NULL,
    PRIMARY KEY (vote, member)
);

-- The category of each topic: the widest scope of a delegation.
CREATE TABLE vote_topic_category (
    id text PRIMARY KEY,
    category text NOT NULL
);
