-- Addresses are sealed, passwords hashed, tokens stored as hashes.
CREATE TABLE account (
    member text PRIMARY KEY,
    username text NOT NULL,
    level text NOT NULL,
    roles text[] NOT NULL
);

CREATE TABLE account_credentials (
    member text NOT NULL,
    username_key text NOT NULL,
    email_key text NOT NULL,
    email_sealed text NOT NULL,
    password_hash text NOT NULL,
    PRIMARY KEY (member, username_key)
);
CREATE INDEX account_credentials_username ON account_credentials (username_key);
CREATE INDEX account_credentials_email ON account_credentials (email_key);

CREATE TABLE account_session (
    id text PRIMARY KEY,
    member text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX account_session_expiry ON account_session (expires_at);

CREATE TABLE account_refresh (
    token bytea PRIMARY KEY,
    session text NOT NULL REFERENCES account_session ON DELETE CASCADE,
    issued_at timestamptz NOT NULL DEFAULT now(),
    rotated_at timestamptz
);
CREATE INDEX account_refresh_session ON account_refresh (session);
